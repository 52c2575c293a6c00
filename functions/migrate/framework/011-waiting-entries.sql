-- Entries that may heal: a reference row or a parent row may still come. Until heal_until the processor tries them again by
-- itself, next at retry_at, and nobody is called; after that they are entries like any other.
ALTER TABLE event_processor.quarantine
  ADD COLUMN retry_at timestamptz,
  ADD COLUMN heal_until timestamptz;

-- Every write asks whether one of them is due.
CREATE INDEX quarantine_due ON event_processor.quarantine (function_name, retry_at)
  WHERE retry_at IS NOT NULL AND applied_at IS NULL AND redriven_at IS NULL;

-- Events set aside to be tried again; they are neither among the quarantined ones of the row nor part of the fuse.
ALTER TABLE event_processor.batch_log ADD COLUMN waiting integer NOT NULL DEFAULT 0;

-- Tries that began and were not settled: the process died of an entry that was tried with it, or the database went away.
-- Such entries are tried again in smaller groups, in the end one by one.
ALTER TABLE event_processor.quarantine ADD COLUMN unsettled_tries integer NOT NULL DEFAULT 0;

-- Tells the events apart whose parent row is missing, in one call. The statement is the compiled write, with its parameters
-- in one JSON object; it is run once per event and undone each time, so that no event holds its locks while another takes
-- some: lanes would meet in a deadlock.
CREATE FUNCTION event_processor.missing_parents(statement text, events jsonb) RETURNS TABLE (n integer, message text)
LANGUAGE plpgsql AS $$
DECLARE
  summary text;
  detail text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  FOR i IN 0 .. jsonb_array_length(events) - 1 LOOP
    BEGIN
      EXECUTE statement USING events -> i;
      RAISE SQLSTATE 'KTA00';
    EXCEPTION
      WHEN SQLSTATE 'KTA00' THEN NULL;
      WHEN foreign_key_violation THEN
        GET STACKED DIAGNOSTICS summary = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        n = i;
        message = summary || '; Detail: ' || detail;
        RETURN NEXT;
    END;
  END LOOP;
END $$;
