CREATE TABLE flight_notes (
  flight_id text COLLATE "C" NOT NULL,
  note text NOT NULL,
  ticket bigint,
  details jsonb NOT NULL
);

CREATE TABLE "constructor" (v text COLLATE "C" NOT NULL);

-- What another program left behind has no version in some rows.
CREATE TABLE gates (
  airport text PRIMARY KEY,
  at timestamp,
  gate text CHECK (gate <> ''),
  serial bigint,
  report jsonb
);
CREATE TYPE stand_level AS ENUM ('ground', 'upper');
CREATE TABLE stands (airport text PRIMARY KEY, at timestamp NOT NULL, number bigint, stand text, crew text, level stand_level);

ALTER TABLE airport_days ALTER flights DROP NOT NULL, ALTER delayed_flights DROP NOT NULL, ALTER delay_minutes DROP NOT NULL;
ALTER TABLE latest_departures ALTER departed_at DROP NOT NULL, ALTER flight_id DROP NOT NULL;

-- A second effect must show: only the ledger may hold it back, no key of the tables in its place.
ALTER TABLE flights DROP CONSTRAINT flights_pkey;

-- What the code does not check the database must refuse.
ALTER TABLE flights ADD CONSTRAINT flights_distance CHECK (distance >= 0);

-- The first inserts into the quarantine fail, as many as a run sets. A sequence counts them, since it is not rolled back.
CREATE SEQUENCE quarantine_attempts;
CREATE TABLE run_settings (quarantine_failures bigint NOT NULL, row_delay_seconds double precision NOT NULL);

CREATE FUNCTION fail_quarantine() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF nextval('quarantine_attempts') <= (SELECT quarantine_failures FROM run_settings) THEN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER fail_quarantine BEFORE INSERT ON event_processor.quarantine
  FOR EACH ROW EXECUTE FUNCTION fail_quarantine();

-- Widens the moment in which two lanes can take the same locks in opposite order: on a quiet machine it is too short.
CREATE FUNCTION delay_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM pg_sleep(row_delay_seconds) FROM run_settings WHERE row_delay_seconds > 0;
  RETURN NEW;
END $$;

-- The table whose rows a write locks first.
CREATE TRIGGER delay_row BEFORE INSERT ON latest_departures FOR EACH ROW EXECUTE FUNCTION delay_row();

-- Refuses rows with SQLSTATEs that no list of PostgreSQL's has, or that mean something else there.
CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the trigger does not take this row' USING ERRCODE = TG_ARGV[NEW.distance % TG_NARGS];
END $$;

CREATE TRIGGER refuse_flight BEFORE INSERT ON flights FOR EACH ROW WHEN (NEW.distance >= 20000)
  EXECUTE FUNCTION refuse_row('AIR01', '0A000', '25P01', '38001', '42501', '45000', '55000', '72000', 'F0000', 'HV000');

CREATE FUNCTION refuse_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the trigger does not take this gate' USING ERRCODE = 'AIR02';
END $$;

CREATE TRIGGER refuse_gate BEFORE INSERT ON gates FOR EACH ROW WHEN (NEW.gate = 'refuse me') EXECUTE FUNCTION refuse_gate();
