-- Reference table: what flights are enriched from.
CREATE TABLE airports (
  iata text PRIMARY KEY,
  name text NOT NULL,
  city text NOT NULL,
  state text NOT NULL,
  country text NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL
);

-- One row per flight. Times are local to the airport of departure, as airlines publish them.
CREATE TABLE flights (
  flight_id text COLLATE "C" PRIMARY KEY,
  departed_at timestamp NOT NULL,
  origin text NOT NULL,
  origin_city text NOT NULL,
  origin_state text NOT NULL,
  destination text NOT NULL,
  destination_city text NOT NULL,
  destination_state text NOT NULL,
  delay integer NOT NULL,
  distance integer NOT NULL
);

-- One row per airport and day. Rows are updated in place over and over: room on the page keeps that cheap.
CREATE TABLE airport_days (
  airport text NOT NULL,
  day date NOT NULL,
  flights bigint NOT NULL,
  delayed_flights bigint NOT NULL,
  -- Minutes lost: a flight that left early does not make up for one that left late.
  delay_minutes bigint NOT NULL,
  PRIMARY KEY (airport, day)
) WITH (fillfactor = 70);

-- The latest departure per airport; of two in the same minute the one with the greater id.
CREATE TABLE latest_departures (
  airport text PRIMARY KEY,
  departed_at timestamp NOT NULL,
  flight_id text COLLATE "C" NOT NULL,
  destination text NOT NULL,
  delay integer NOT NULL
) WITH (fillfactor = 70);
