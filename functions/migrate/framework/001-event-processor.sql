-- The framework's own tables. The schema itself is created by the migration runner, which keeps its list there.

-- Events in effect. Text compares bytewise (COLLATE "C"): event ids are identities, not words.
CREATE TABLE event_processor.ledger (
  function_name text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (function_name, event_id)
);

-- Pruning goes by age; rows arrive in that order, so a block range index is enough and costs almost nothing.
CREATE INDEX ledger_committed_at ON event_processor.ledger USING brin (committed_at);

-- Events set aside. The unique key makes a redelivered rejection one row.
CREATE TABLE event_processor.quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  function_name text COLLATE "C" NOT NULL,
  shard_id text COLLATE "C" NOT NULL,
  sequence_number numeric NOT NULL,
  -- Place inside an aggregated record; 0 for a plain one.
  sub_sequence_number integer NOT NULL,
  partition_key text NOT NULL,
  arrived_at timestamptz NOT NULL,
  -- The bytes as they were on the stream, of the sub-record where the record was an aggregate.
  payload bytea NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  sql_state text,
  code_version text NOT NULL,
  attempts integer NOT NULL,
  -- Null where the payload could not be decoded so far.
  event_id text COLLATE "C",
  quarantined_at timestamptz NOT NULL DEFAULT now(),
  -- When the payload was last put back on the stream.
  redriven_at timestamptz,
  -- When the event came into effect after all; an entry without it is open.
  applied_at timestamptz,
  UNIQUE (function_name, shard_id, sequence_number, sub_sequence_number)
);

-- Found by every write whose events are new; small, because what is in effect has left it.
CREATE INDEX quarantine_open_event ON event_processor.quarantine (function_name, event_id)
  WHERE event_id IS NOT NULL AND applied_at IS NULL;

CREATE INDEX quarantine_reason ON event_processor.quarantine (function_name, reason, quarantined_at);

-- What was committed, when and by which build. Append-only: no row that parallel lanes would queue for.
CREATE TABLE event_processor.batch_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  function_name text COLLATE "C" NOT NULL,
  shard_id text COLLATE "C" NOT NULL,
  first_sequence_number numeric NOT NULL,
  last_sequence_number numeric NOT NULL,
  oldest_arrival_at timestamptz NOT NULL,
  newest_arrival_at timestamptz NOT NULL,
  records integer NOT NULL,
  events integer NOT NULL,
  written integer NOT NULL,
  duplicates integer NOT NULL,
  quarantined integer NOT NULL,
  code_version text NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX batch_log_position ON event_processor.batch_log (function_name, shard_id, last_sequence_number DESC);
CREATE INDEX batch_log_committed_at ON event_processor.batch_log USING brin (committed_at);
