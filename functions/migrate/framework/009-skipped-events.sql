-- Events that the projection does not want: how many, and how many for which reason; null where there are none. They are
-- not among the events of the row.
ALTER TABLE event_processor.batch_log
  ADD COLUMN skipped integer NOT NULL DEFAULT 0,
  ADD COLUMN skipped_by_reason jsonb;
