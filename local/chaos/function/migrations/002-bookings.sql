-- Written by the projection, which looks its rows up as well.
CREATE TABLE carriers (carrier text PRIMARY KEY, revision integer NOT NULL, alliance text NOT NULL CHECK (alliance <> ''));

-- Filled in by others, in part while a run lasts.
CREATE TABLE tariffs (alliance text, cabin text, cents integer NOT NULL, PRIMARY KEY (alliance, cabin));

CREATE TABLE bookings (
  booking text PRIMARY KEY,
  carrier text NOT NULL,
  revision integer NOT NULL,
  alliance text NOT NULL,
  cents integer NOT NULL CHECK (cents >= 0)
);

CREATE TABLE boardings (boarding integer NOT NULL CHECK (boarding >= 0), booking text NOT NULL REFERENCES bookings);

CREATE TABLE carrier_cents (carrier text PRIMARY KEY, bookings bigint NOT NULL, cents bigint NOT NULL);
