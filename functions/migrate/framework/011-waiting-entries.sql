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

-- Runs a write once per event, in order, and goes on after an event whose parent row is missing: one call tells them all
-- apart. An event whose parent comes with a later one gets another chance. The statement is the compiled write, with its
-- parameters in one JSON object.
CREATE FUNCTION event_processor.try_each(statement text, events jsonb)
RETURNS TABLE (
  n integer, written integer, superseded integer, quarantined integer, unidentified boolean, due boolean, message text
)
LANGUAGE plpgsql AS $$
DECLARE
  untried integer[] = ARRAY(SELECT generate_series(0, jsonb_array_length(events) - 1));
  failed integer[];
  messages text[];
  summary text;
  detail text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  LOOP
    failed = '{}';
    messages = '{}';
    FOREACH n IN ARRAY untried LOOP
      BEGIN
        EXECUTE statement INTO written, superseded, quarantined, unidentified, due USING events -> n;
        message = NULL;
        RETURN NEXT;
      EXCEPTION WHEN foreign_key_violation THEN
        GET STACKED DIAGNOSTICS summary = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        failed = failed || n;
        messages = messages || (summary || '; Detail: ' || detail);
      END;
    END LOOP;
    EXIT WHEN cardinality(failed) = 0 OR cardinality(failed) = cardinality(untried);
    untried = failed;
  END LOOP;
  FOR i IN 1 .. cardinality(failed) LOOP
    n = failed[i];
    message = messages[i];
    written = 0; superseded = 0; quarantined = 0; unidentified = false; due = false;
    RETURN NEXT;
  END LOOP;
END $$;
