-- Events whose every row lost to a newer version: committed, and without effect.
ALTER TABLE event_processor.batch_log ADD COLUMN superseded integer NOT NULL DEFAULT 0;

-- The fuse judges a batch by what the same build did last.
CREATE INDEX batch_log_recent ON event_processor.batch_log (function_name, code_version, id DESC);

-- A build whose rejections are held back instead of quarantined. The row outlives batches, environments and restarts; a
-- new build has none, which closes the fuse.
CREATE TABLE event_processor.fuse (
  function_name text COLLATE "C" NOT NULL,
  code_version text COLLATE "C" NOT NULL,
  held_since timestamptz NOT NULL DEFAULT now(),
  -- Null while too few events have been seen: the build is held then until there are more.
  blown_at timestamptz,
  -- Where an event would have been quarantined.
  shard_id text NOT NULL,
  sequence_number numeric NOT NULL,
  -- What the fuse saw: so many of so many events would have been quarantined.
  rejected integer NOT NULL,
  events integer NOT NULL,
  -- One of them, as an example.
  reason text NOT NULL,
  detail text NOT NULL,
  sql_state text,
  -- An operator's word: records that arrived until then may be quarantined by this build.
  allowed_at timestamptz,
  PRIMARY KEY (function_name, code_version)
);

-- Records that are being worked on. A process notes them before it runs any of the user's code, and takes the note away
-- when it is done; a note that its process never took away tells the next one that the records may have killed it.
CREATE TABLE event_processor.in_flight (
  function_name text COLLATE "C" NOT NULL,
  -- What one build does to a process says nothing about the next build.
  code_version text COLLATE "C" NOT NULL,
  shard_id text COLLATE "C" NOT NULL,
  first_sequence_number numeric NOT NULL,
  last_sequence_number numeric NOT NULL,
  -- Processes known to have died while they worked on these records, or on more records with these among them.
  crashes integer NOT NULL,
  -- A single record that the process works on by itself: should it die, nothing else is to blame.
  alone boolean NOT NULL,
  -- Of a single record that could be decoded.
  event_id text COLLATE "C",
  -- Why a record must not run again; kept until the record is in the quarantine.
  verdict text,
  -- Who works on the records. Null where nobody does: the last one who did has died, and is counted.
  process_id text,
  request_id text,
  -- When Lambda ends the invocation: after that its process is not at work any more, whatever the note says.
  deadline_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (function_name, code_version, shard_id, first_sequence_number, last_sequence_number)
);
