-- Where an event stood first on the stream, for a redrive to keep: set where the projection depends on it.
ALTER TABLE event_processor.quarantine ADD COLUMN place text;
