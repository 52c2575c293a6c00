-- Reference data: filled by whoever runs the shops.
CREATE TABLE shops (
  id text PRIMARY KEY,
  currency text NOT NULL
);

-- Orders as they are now; what an event does not say about one stays as it was.
CREATE TABLE orders (
  id text COLLATE "C" PRIMARY KEY,
  -- Place in the stream of the newest event about it.
  seq numeric NOT NULL,
  shop text,
  customer text,
  cents integer,
  currency text,
  tags text[],
  state text NOT NULL
);

CREATE TABLE customers (
  id text COLLATE "C" PRIMARY KEY,
  seq numeric NOT NULL,
  country text,
  news boolean
);

CREATE TABLE shop_totals (
  shop text COLLATE "C" PRIMARY KEY,
  orders bigint NOT NULL,
  cents bigint NOT NULL
);
