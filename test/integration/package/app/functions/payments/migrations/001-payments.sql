CREATE TABLE payments (
  id text PRIMARY KEY,
  account text NOT NULL,
  cents integer NOT NULL,
  at timestamptz NOT NULL
);

CREATE TABLE account_totals (
  account text PRIMARY KEY,
  payments bigint NOT NULL DEFAULT 0,
  cents bigint NOT NULL DEFAULT 0
);
