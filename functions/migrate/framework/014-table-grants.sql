-- What the migrations step has granted a processor's role on the tables of its projection. What two releases in a row do not
-- declare is revoked: one alone may be followed by a rollback. Grants of migrations and of owners are not here, and stay.
CREATE TABLE event_processor.table_grant (
  role_name text COLLATE "C" NOT NULL,
  -- TABLE or SEQUENCE.
  kind text NOT NULL,
  -- With its schema, quoted where that is needed.
  object_name text COLLATE "C" NOT NULL,
  privilege text NOT NULL,
  -- Releases since the last one that declared it.
  undeclared_releases integer NOT NULL DEFAULT 0,
  PRIMARY KEY (role_name, kind, object_name, privilege)
);
