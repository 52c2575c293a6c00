-- First record of the batch that a write belongs to. A batch of which events are rejected takes several writes, the last of
-- which may have nothing but rejections; the fuse judges the batch as a whole.
ALTER TABLE event_processor.batch_log ADD COLUMN batch_sequence_number numeric;

CREATE INDEX batch_log_batch ON event_processor.batch_log (function_name, shard_id, batch_sequence_number);
