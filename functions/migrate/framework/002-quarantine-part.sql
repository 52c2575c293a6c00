-- Parts of rejected payloads that no request can hold. They are sent ahead; the write of their batch puts them together
-- as the payload of a quarantine entry and deletes them. What a batch that was never written left behind is pruned.
CREATE TABLE event_processor.quarantine_part (
  function_name text COLLATE "C" NOT NULL,
  shard_id text COLLATE "C" NOT NULL,
  sequence_number numeric NOT NULL,
  sub_sequence_number integer NOT NULL,
  -- In how many parts the payload was cut: parts of another number do not fit.
  parts integer NOT NULL,
  part integer NOT NULL,
  bytes bytea NOT NULL,
  -- When the part was last sent.
  committed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (function_name, shard_id, sequence_number, sub_sequence_number, parts, part)
);

-- What could not be decoded does not compress either.
ALTER TABLE event_processor.quarantine_part ALTER COLUMN bytes SET STORAGE EXTERNAL;
