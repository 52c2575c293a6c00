import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compatibilityProblems } from '../../../../functions/migrate/check-compatibility.ts';
import { loadMigrations } from '../../../../functions/migrate/load-migrations.ts';
import type { Migration } from '../../../../functions/migrate/migration.ts';

const BEFORE = `
  CREATE TABLE flights (id text PRIMARY KEY, delay int, CONSTRAINT sane CHECK (delay < 9999), CONSTRAINT whole UNIQUE (id, delay));
  CREATE INDEX flights_delay ON flights (delay);
  CREATE UNIQUE INDEX flights_once ON flights (id, delay);
  CREATE TYPE state AS ENUM ('on', 'off');
  CREATE VIEW late AS SELECT * FROM flights;`;

const file = (name: string, sql: string): Migration => ({ set: 'flights', name, sql });

function problemsOf(...added: readonly string[]): readonly string[] {
  return compatibilityProblems({
    applied: [file('001-a.sql', BEFORE)],
    added: added.map((sql, index) => file(`00${index + 2}-b.sql`, sql)),
  });
}

describe('what the release before could not run with', () => {
  test.each([
    ['DROP TABLE flights', '`DROP TABLE flights`', 'still uses it'],
    ['drop table if exists public.flights cascade', '`DROP TABLE public.flights`', 'still uses it'],
    ['DROP MATERIALIZED VIEW late', '`DROP VIEW late`', 'still uses it'],
    ['DROP TYPE state', '`DROP TYPE state`', 'still uses it'],
    ['DROP SCHEMA IF EXISTS sales CASCADE', '`DROP SCHEMA sales`', 'still uses it'],
    ['DROP INDEX CONCURRENTLY IF EXISTS flights_once', '`DROP INDEX flights_once`', 'its unique key'],
    ['DROP INDEX somebodys', '`DROP INDEX somebodys`', 'its unique key'],
    ['ALTER TABLE flights DROP delay', '`ALTER TABLE flights DROP delay`', 'still uses it'],
    ['ALTER TABLE "flights" DROP COLUMN IF EXISTS delay', '`ALTER TABLE "flights" DROP COLUMN IF', 'still uses it'],
    ['ALTER TABLE ONLY flights RENAME delay TO late', '`ALTER TABLE flights RENAME delay TO late`', 'still uses it'],
    ['ALTER TABLE flights RENAME TO trips', '`ALTER TABLE flights RENAME TO trips`', 'the old name'],
    ['ALTER VIEW late RENAME TO later', '`ALTER VIEW late RENAME TO later`', 'the old name'],
    ['ALTER TABLE flights SET SCHEMA sales', '`ALTER TABLE flights SET SCHEMA sales`', 'the old name'],
    ['ALTER TABLE flights ALTER delay TYPE bigint', 'ALTER delay TYPE bigint`', 'the old type'],
    ['ALTER TABLE flights ALTER COLUMN "delay" SET DATA TYPE text', 'SET DATA TYPE text`', 'the old type'],
    ['ALTER TABLE flights ALTER delay SET NOT NULL', 'SET NOT NULL`', 'rows without it'],
    ['ALTER TABLE flights ALTER delay DROP DEFAULT', 'DROP DEFAULT`', 'may leave the column out'],
    ['ALTER TABLE flights ALTER id ADD GENERATED ALWAYS AS IDENTITY', 'ADD GENERATED ALWAYS', 'may write the column'],
    ['ALTER TABLE flights ADD gate text NOT NULL', '`ALTER TABLE flights ADD gate text NOT NULL`', 'give it a DEFAULT'],
    ["ALTER TABLE flights ADD gate text CHECK (gate <> 'DEFAULT') NOT NULL", 'ADD gate', 'give it a DEFAULT'],
    ['ALTER TABLE flights ADD gate text DEFAULT NULL NOT NULL', 'ADD gate', 'give it a DEFAULT'],
    ['ALTER DOMAIN minutes ADD CHECK (VALUE > 0)', '`ALTER DOMAIN minutes ADD CHECK', 'rows that it refuses'],
    ['ALTER TABLE flights ADD COLUMN number int PRIMARY KEY', 'PRIMARY KEY`', 'give it a DEFAULT'],
    ['ALTER TABLE flights ADD UNIQUE (delay)', '`ALTER TABLE flights ADD UNIQUE ( delay )`', 'rows that it refuses'],
    ['ALTER TABLE flights ADD CONSTRAINT c CHECK (delay > 0) NOT VALID', 'ADD CONSTRAINT c', 'rows that it refuses'],
    ['ALTER TABLE flights DROP CONSTRAINT flights_pkey', 'DROP CONSTRAINT flights_pkey`', 'its unique key'],
    ['ALTER TABLE flights DROP CONSTRAINT whole', 'DROP CONSTRAINT whole`', 'its unique key'],
    ['ALTER TABLE flights DETACH PARTITION old', 'DETACH PARTITION old`', 'rows of the partition'],
    ['ALTER TABLE flights ENABLE ROW LEVEL SECURITY', 'ROW LEVEL SECURITY`', 'no policy'],
    ['CREATE UNIQUE INDEX CONCURRENTLY ON flights (delay)', '`CREATE UNIQUE INDEX` on flights', 'rows that it refuses'],
    ["ALTER TYPE state RENAME VALUE 'on' TO 'up'", "RENAME VALUE 'on' TO 'up'`", 'still uses it'],
    [
      'ALTER TABLE event_processor.ledger DROP COLUMN committed_at',
      '`ALTER TABLE event_processor.ledger',
      'still uses it',
    ],
  ])('is refused: %s', (sql, statement, breaks) => {
    const problems = problemsOf(`SELECT 1;\n${sql};`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^functions\/flights\/migrations\/002-b\.sql:2: /);
    expect(problems[0]).toContain(statement);
    expect(problems[0]).toContain(breaks);
    expect(problems[0]).toContain('`-- not backward compatible: REASON` on a line of its own');
  });

  test.each([
    'CREATE TABLE gates (id int)',
    'ALTER TABLE flights ADD COLUMN gate text',
    "ALTER TABLE flights ADD COLUMN gate text NOT NULL DEFAULT 'none'",
    'ALTER TABLE flights ADD COLUMN number bigserial NOT NULL',
    'ALTER TABLE flights ADD COLUMN twice int NOT NULL GENERATED ALWAYS AS (2 * delay) STORED',
    "ALTER TABLE flights ADD COLUMN gate text CHECK ((gate <> '') IS NOT NULL OR gate IS NULL)",
    'ALTER DOMAIN minutes DROP CONSTRAINT positive',
    'DROP INDEX public.flights_delay, sales.flights_delay',
    'ALTER TABLE flights ALTER delay DROP NOT NULL, ALTER delay SET DEFAULT 0, ALTER delay SET STATISTICS 100',
    'ALTER TABLE flights ALTER type SET DEFAULT 0',
    'ALTER TABLE flights DROP CONSTRAINT sane',
    'ALTER TABLE flights DROP CONSTRAINT flights_delay_check',
    'ALTER TABLE flights RENAME CONSTRAINT sane TO sound',
    'CREATE INDEX ON flights (delay)',
    'DROP INDEX flights_delay',
    'ALTER INDEX flights_once RENAME TO flights_twice',
    "ALTER TYPE state ADD VALUE 'unknown'",
    'CREATE OR REPLACE VIEW late AS SELECT * FROM flights',
    "COMMENT ON TABLE flights IS 'DROP TABLE flights'",
    '-- DROP TABLE flights',
    "INSERT INTO flights VALUES ('ALTER TABLE flights DROP delay', 1)",
    'DO $$ BEGIN PERFORM 1; END $$',
    'DROP TRIGGER t ON flights',
  ])('is fine: %s', (sql) => {
    expect(problemsOf(sql)).toEqual([]);
  });

  test('is told in full: every statement of every file, and every action of a statement', () => {
    const problems = problemsOf(
      'ALTER TABLE flights DROP delay,\n  ADD gate text NOT NULL;\n\nDROP TABLE flights, late;',
      'ALTER TABLE flights ALTER id TYPE uuid',
    );
    expect(problems.map((problem) => problem.slice(0, problem.indexOf('`:')))).toEqual([
      'functions/flights/migrations/002-b.sql:1: `ALTER TABLE flights DROP delay',
      'functions/flights/migrations/002-b.sql:1: `ALTER TABLE flights ADD gate text NOT NULL',
      'functions/flights/migrations/002-b.sql:4: `DROP TABLE flights',
      'functions/flights/migrations/002-b.sql:4: `DROP TABLE late',
      'functions/flights/migrations/003-b.sql:1: `ALTER TABLE flights ALTER id TYPE uuid',
    ]);
  });
});

describe('what no release knows yet', () => {
  test.each([
    ['a table of the same files', 'CREATE TABLE Gates (id int); ALTER TABLE "gates" DROP id, ADD x int NOT NULL;'],
    [
      'one that is renamed',
      'CREATE TABLE a (id int); ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME id TO x; DROP TABLE b',
    ],
    ['an index of the same files', 'CREATE UNIQUE INDEX i ON gates (id); DROP INDEX i; CREATE TABLE x (y int)'],
    [
      'a column of the same files',
      'ALTER TABLE flights ADD a int; ALTER TABLE flights ALTER a TYPE text; ALTER TABLE flights DROP a',
    ],
    [
      'a column with a default',
      'ALTER TABLE flights ADD a int DEFAULT 0, ADD b int; ALTER TABLE flights ALTER a SET NOT NULL, ALTER b SET DEFAULT 1, ALTER b SET NOT NULL',
    ],
  ])('may be changed at will: %s', (_, sql) => {
    expect(problemsOf('CREATE TABLE gates (id int)', sql)).toEqual([]);
  });

  test.each([
    [
      'a column that is filled and then required',
      'ALTER TABLE flights ADD a int; ALTER TABLE flights ALTER a SET NOT NULL',
    ],
    [
      'a required column whose default goes',
      'ALTER TABLE flights ADD a int NOT NULL DEFAULT 0; ALTER TABLE flights ALTER a DROP DEFAULT',
    ],
    ['a table that was there already', 'CREATE TABLE IF NOT EXISTS flights (id text); ALTER TABLE flights DROP id'],
  ])('does not cover %s', (_, sql) => {
    expect(problemsOf(sql)).toHaveLength(1);
  });
});

describe('a file that says it is meant', () => {
  test('is left alone, and only that file', () => {
    const marked =
      '-- Not backward compatible: the release before no longer reads delay\nALTER TABLE flights DROP delay';
    expect(problemsOf(marked)).toEqual([]);
    expect(problemsOf(marked, 'DROP TABLE flights')).toEqual([
      expect.stringMatching(/^functions\/flights\/migrations\/003-b\.sql:1: `DROP TABLE flights`/),
    ]);
  });

  test('must say why', () => {
    expect(problemsOf('-- not backward compatible:\nDROP TABLE flights')).toEqual([
      'functions/flights/migrations/002-b.sql: `-- not backward compatible:` must be followed by the reason, got none',
    ]);
  });

  test.each([
    "SELECT '\n-- not backward compatible: no\n'; DROP TABLE flights",
    '/*\n-- not backward compatible: no\n*/ DROP TABLE flights',
    'DROP TABLE flights -- not backward compatible: no',
  ])('does so in a comment on a line of its own, unlike %j', (sql) => {
    expect(problemsOf(sql)).toHaveLength(1);
  });
});

test("the framework's own migrations suit the release before, file by file", async () => {
  const migrations = await loadMigrations(
    'event_processor',
    join(import.meta.dirname, '../../../../functions/migrate/framework'),
  );
  for (const index of migrations.keys()) {
    const [applied, added] = [migrations.slice(0, index), migrations.slice(index, index + 1)];
    expect(compatibilityProblems({ applied, added })).toEqual([]);
  }
});
