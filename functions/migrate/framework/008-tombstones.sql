-- What a removed row leaves behind, so that an older event that comes late does not bring it back. A row that is created
-- leaves a trace as well, for an hour: two lanes that create and remove one row at the same moment meet here, as neither of
-- them sees the other's row.
CREATE TABLE event_processor.tombstone (
  function_name text COLLATE "C" NOT NULL,
  -- Name of the table as the projection declares it.
  table_name text COLLATE "C" NOT NULL,
  -- Values of the key columns, as a JSON array.
  key text COLLATE "C" NOT NULL,
  -- Version of the removal, as a JSON array; null where the row was only created.
  version jsonb,
  -- Grows whenever the row of this key is created or removed.
  touches bigint NOT NULL DEFAULT 1,
  committed_at timestamptz NOT NULL DEFAULT now(),
  -- The key first: it alone tells most tombstones apart, so that few comparisons look at the names, which are mostly the same.
  PRIMARY KEY (key, table_name, function_name)
);

CREATE INDEX tombstone_committed_at ON event_processor.tombstone USING brin (committed_at);

-- Fails the statement that calls it, with an SQLSTATE that says what is to become of it.
CREATE FUNCTION event_processor.fail(sql_state text, message text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = sql_state, MESSAGE = message;
END $$;
