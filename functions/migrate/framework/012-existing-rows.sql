-- Events whose rows were there already, in a table that keeps such rows as they are.
ALTER TABLE event_processor.batch_log ADD COLUMN existing integer NOT NULL DEFAULT 0;
