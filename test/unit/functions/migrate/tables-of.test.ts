import { expect, test } from 'vitest';
import { tablesOf } from '../../../../functions/migrate/tables-of.ts';

test('names the tables and views that migrations make, also by another name later', () => {
  const sql = `
    CREATE TABLE IF NOT EXISTS a (id int);
    CREATE UNLOGGED TABLE sales . "B b" AS SELECT 1;
    CREATE OR REPLACE VIEW v AS SELECT 1;
    CREATE MATERIALIZED VIEW m AS SELECT 1;
    CREATE TABLE a (id int);
    CREATE INDEX i ON a (id);
    CREATE TYPE t AS ENUM ('x');
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER TABLE sales."B b" RENAME TO c;
    ALTER TABLE a RENAME COLUMN id TO number;
    ALTER VIEW v RENAME TO w;
    -- CREATE TABLE no (id int);
    INSERT INTO a VALUES (1);`;
  expect(tablesOf([{ set: 'flights', name: '001-a.sql', sql }])).toEqual([
    'a',
    'sales."B b"',
    'v',
    'm',
    'sales.c',
    'w',
  ]);
});
