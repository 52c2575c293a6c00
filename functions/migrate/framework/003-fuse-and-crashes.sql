-- Events whose every row lost to a newer version: committed, and without effect.
ALTER TABLE event_processor.batch_log ADD COLUMN superseded integer NOT NULL DEFAULT 0;

-- The fuse judges a batch by what the same build did last.
CREATE INDEX batch_log_recent ON event_processor.batch_log (function_name, code_version, id DESC);

-- A blown fuse outlives batches, environments and restarts. A new build has no row here, which closes the fuse.
CREATE TABLE event_processor.fuse (
  function_name text COLLATE "C" NOT NULL,
  code_version text COLLATE "C" NOT NULL,
  blown_at timestamptz NOT NULL DEFAULT now(),
  -- Where the first held batch began.
  shard_id text NOT NULL,
  sequence_number numeric NOT NULL,
  -- What the fuse saw: so many of so many events would have been quarantined.
  rejected integer NOT NULL,
  events integer NOT NULL,
  -- One of them, as an example.
  reason text NOT NULL,
  detail text NOT NULL,
  -- An operator's word: from then on this build may quarantine what it rejects.
  allowed_at timestamptz,
  PRIMARY KEY (function_name, code_version)
);

-- Records that an invocation is working on, noted by the first invocation of an execution environment. A row that is
-- still there when the records are delivered again means that the process died while it held them.
CREATE TABLE event_processor.in_flight (
  function_name text COLLATE "C" NOT NULL,
  shard_id text COLLATE "C" NOT NULL,
  first_sequence_number numeric NOT NULL,
  last_sequence_number numeric NOT NULL,
  -- How many processes died with these records, or with records that these are a part of.
  crashes integer NOT NULL DEFAULT 0,
  code_version text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (function_name, shard_id, first_sequence_number)
);
