-- First record of the batch that a write belongs to. A batch of which events are rejected takes several writes, the last of
-- which may have nothing but rejections; the fuse judges the batch as a whole.
ALTER TABLE event_processor.batch_log ADD COLUMN batch_sequence_number numeric;

-- Partial, so that it is empty when it is made: nothing is sorted while the processor waits, however long the log is.
CREATE INDEX batch_log_batch ON event_processor.batch_log (function_name, shard_id, batch_sequence_number)
  WHERE batch_sequence_number IS NOT NULL;

-- The newest writes of a build are looked for before any of its events is set aside; of a build that is new there are none.
CREATE INDEX batch_log_build ON event_processor.batch_log (function_name, code_version, id)
  WHERE batch_sequence_number IS NOT NULL;
