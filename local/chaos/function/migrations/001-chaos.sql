CREATE TABLE flight_notes (
  flight_id text COLLATE "C" PRIMARY KEY,
  note text NOT NULL
);

-- What the code does not check the database must refuse.
ALTER TABLE flights ADD CONSTRAINT flights_distance CHECK (distance >= 0);

-- The first inserts into the quarantine fail, as many as a run sets. A sequence counts them, since it is not rolled back.
CREATE SEQUENCE quarantine_attempts;
CREATE TABLE quarantine_failures (remaining bigint NOT NULL);

CREATE FUNCTION fail_quarantine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('quarantine_attempts') <= (SELECT remaining FROM quarantine_failures) THEN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER fail_quarantine BEFORE INSERT ON event_processor.quarantine
  FOR EACH ROW EXECUTE FUNCTION fail_quarantine();
