-- Events whose rows were there already, in a table that keeps such rows as they are.
ALTER TABLE event_processor.batch_log ADD COLUMN existing integer NOT NULL DEFAULT 0;

-- As before, and tells those events. The release before calls it with a statement that does not count them.
DROP FUNCTION event_processor.try_each(text, jsonb);
CREATE FUNCTION event_processor.try_each(statement text, events jsonb)
RETURNS TABLE (
  n integer, written integer, superseded integer, quarantined integer, unidentified boolean, due boolean, message text,
  existing integer
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
        EXECUTE statement INTO written, superseded, quarantined, unidentified, due, existing USING events -> n;
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
    written = 0; superseded = 0; quarantined = 0; unidentified = false; due = false; existing = 0;
    RETURN NEXT;
  END LOOP;
END $$;
