-- Answers a question about the tables as they are now, while the statement that asks sees them as they were when it began.
-- The question is one of the compiled statement's, with what it knows of rows as its one parameter.
CREATE FUNCTION event_processor.ask_now(question text, rows jsonb) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  answer boolean;
BEGIN
  EXECUTE question INTO answer USING rows;
  RETURN answer;
END $$;
