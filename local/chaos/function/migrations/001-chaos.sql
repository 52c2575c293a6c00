CREATE TABLE flight_notes (
  flight_id text COLLATE "C" NOT NULL,
  note text NOT NULL
);

-- A second effect must show: only the ledger may hold it back, no key of the tables in its place.
ALTER TABLE flights DROP CONSTRAINT flights_pkey;

-- What the code does not check the database must refuse.
ALTER TABLE flights ADD CONSTRAINT flights_distance CHECK (distance >= 0);

-- The first inserts into the quarantine fail, as many as a run sets. A sequence counts them, since it is not rolled back.
CREATE SEQUENCE quarantine_attempts;
CREATE TABLE run_settings (quarantine_failures bigint NOT NULL, row_delay_seconds double precision NOT NULL);

CREATE FUNCTION fail_quarantine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('quarantine_attempts') <= (SELECT quarantine_failures FROM run_settings) THEN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER fail_quarantine BEFORE INSERT ON event_processor.quarantine
  FOR EACH ROW EXECUTE FUNCTION fail_quarantine();

-- Widens the moment in which two lanes can take the same locks in opposite order: on a quiet machine it is too short.
CREATE FUNCTION delay_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_sleep(row_delay_seconds) FROM run_settings WHERE row_delay_seconds > 0;
  RETURN NEW;
END $$;

-- The table whose rows a write locks first.
CREATE TRIGGER delay_row BEFORE INSERT ON latest_departures FOR EACH ROW EXECUTE FUNCTION delay_row();
