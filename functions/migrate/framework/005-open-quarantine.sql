-- Entries that wait for somebody, which are counted every minute; few, because what is settled has left it.
CREATE INDEX quarantine_open ON event_processor.quarantine (function_name, quarantined_at)
  WHERE applied_at IS NULL AND redriven_at IS NULL;
