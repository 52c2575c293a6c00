-- Tries of a waiting entry that began and were not settled: the process died of one of the entries that were tried with it,
-- or the database went away. Such entries are tried again in smaller groups, in the end one by one.
ALTER TABLE event_processor.quarantine ADD COLUMN unsettled_tries integer NOT NULL DEFAULT 0;
