-- Where the processor stopped and handed records back. With several lanes per shard nothing else tells of a lane that
-- stands still while the others commit. A row counts while its records are delivered again and again, and until they
-- are committed.
CREATE TABLE event_processor.held_position (
  function_name text COLLATE "C" NOT NULL,
  shard_id text COLLATE "C" NOT NULL,
  -- The first record that is not committed: its next delivery begins with it.
  sequence_number numeric NOT NULL,
  arrived_at timestamptz NOT NULL,
  -- Kind of the hold, and what happened in words.
  reason text NOT NULL,
  detail text NOT NULL,
  code_version text NOT NULL,
  held_since timestamptz NOT NULL DEFAULT now(),
  last_held_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (function_name, shard_id, sequence_number)
);

-- When the first record of the batch in question arrived. Releases before this one leave it empty.
ALTER TABLE event_processor.in_flight ADD COLUMN arrived_at timestamptz;
