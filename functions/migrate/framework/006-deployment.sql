-- Which deployment writes the rows of a function. A second one would take the first one's events for its own.
CREATE TABLE event_processor.deployment (
  function_name text COLLATE "C" PRIMARY KEY,
  deployment text COLLATE "C" NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now()
);
