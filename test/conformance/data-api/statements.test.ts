import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { long, openDataApi, refusalOf, string, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi({ statementTimeoutMs: 1_000 });
  await world.execute('CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL, age int CHECK (age >= 0))');
  await world.execute('CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent)');
  await world.execute("INSERT INTO parent VALUES (1, 'first', 1)");
});
afterAll(() => world.close());

const ERRORS: readonly (readonly [string, string])[] = [
  [
    'SELECT * FROM no_such_table_xyz',
    'ERROR: relation "no_such_table_xyz" does not exist; Position: 15; SQLState: 42P01',
  ],
  [
    "SELECT * FROM parent WHERE parent.id = 'a'::text",
    'ERROR: operator does not exist: integer = text; Hint: No operator matches the given name and argument types. You might need to add explicit type casts.; Position: 38; SQLState: 42883',
  ],
  [
    'INSERT INTO parent (id) VALUES (2)',
    'ERROR: null value in column "name" of relation "parent" violates not-null constraint; SQLState: 23502',
  ],
  ['SELEKT 1', 'ERROR: syntax error at or near "SELEKT"; Position: 1; SQLState: 42601'],
  [
    "INSERT INTO parent VALUES (1, 'again', 1)",
    'ERROR: duplicate key value violates unique constraint "parent_pkey"; SQLState: 23505',
  ],
  [
    'INSERT INTO child VALUES (1, 99)',
    'ERROR: insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"; SQLState: 23503',
  ],
  [
    "INSERT INTO parent VALUES (3, 'x', -1)",
    'ERROR: new row for relation "parent" violates check constraint "parent_age_check"; SQLState: 23514',
  ],
  ['SELECT 1/0', 'ERROR: division by zero; SQLState: 22012'],
  ["SELECT 'x'::int", 'ERROR: invalid input syntax for type integer: "x"; Position: 8; SQLState: 22P02'],
  ['SELECT zzzzzz FROM parent', 'ERROR: column "zzzzzz" does not exist; Position: 8; SQLState: 42703'],
];

describe('errors of the database', () => {
  it.each(ERRORS)('%s', async (sql, message) => {
    expect(await refusalOf(world.execute(sql))).toEqual({ name: 'DatabaseErrorException', status: 400, message });
  });

  it('a database that does not exist', async () => {
    expect(await refusalOf(world.execute('SELECT 1', {}, { database: 'nope' }))).toEqual({
      name: 'DatabaseErrorException',
      status: 400,
      message: 'FATAL: database "nope" does not exist; SQLState: 3D000',
    });
  });
});

describe('one statement per call', () => {
  it('several are refused before any runs', async () => {
    const refusal = await refusalOf(world.execute("INSERT INTO parent VALUES (50, 'x', 1); SELECT 1"));
    expect(refusal).toEqual({ name: 'ValidationException', status: 400, message: "Multistatements aren't supported." });
    expect(await world.firstRow('SELECT count(*) FROM parent WHERE id = 50')).toEqual([long(0)]);
  });

  it('one may end with a semicolon', async () => {
    expect(await world.firstRow('SELECT 1;')).toEqual([long(1)]);
  });

  it('one with semicolons inside runs', async () => {
    await world.execute('DO $$ BEGIN PERFORM 1; PERFORM 2; END $$');
    expect(await world.firstRow("SELECT ';' -- ;")).toEqual([string(';')]);
  });

  it('COPY to and from the client is refused', async () => {
    expect((await refusalOf(world.execute('COPY parent TO STDOUT'))).message).toBe(
      'execute: unexpected message: CopyOutResponse',
    );
    expect((await refusalOf(world.execute('COPY parent FROM STDIN'))).message).toContain('CopyInResponse');
  });
});

describe('the database session', () => {
  it('forgets a SET outside a transaction', async () => {
    await world.execute("SET search_path = 'pg_catalog'");
    for (let call = 0; call < 5; call++) {
      expect(await world.firstRow('SHOW search_path')).toEqual([string('"$user", public')]);
    }
  });

  it('forgets temporary tables and prepared statements outside a transaction', async () => {
    await world.execute('CREATE TEMP TABLE gone (id int)');
    await world.execute('PREPARE gone_too AS SELECT 1');
    expect((await refusalOf(world.execute('SELECT * FROM gone'))).message).toMatch(/SQLState: 42P01$/);
    expect((await refusalOf(world.execute('EXECUTE gone_too'))).message).toMatch(/SQLState: 26000$/);
  });

  it('does not stay in a transaction that SQL began', async () => {
    await world.execute('BEGIN');
    await world.execute("INSERT INTO parent VALUES (60, 'kept', 1)");
    await world.execute('ROLLBACK');
    expect(await world.firstRow('SELECT count(*) FROM parent WHERE id = 60')).toEqual([long(1)]);
  });

  it('releases advisory locks', async () => {
    await world.execute('SELECT 1 FROM (SELECT pg_advisory_lock(7)) AS l');
    await expect
      .poll(() => world.firstRow("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
      .toEqual([long(0)]);
  });

  it('runs in UTC', async () => {
    expect(await world.firstRow('SHOW TimeZone')).toEqual([string('UTC')]);
  });
});

describe('the statement timeout', () => {
  it('cancels the statement and names the session', async () => {
    const call = world.execute('SELECT 1 FROM (SELECT pg_sleep(60)) AS s');
    await expect(call).rejects.toMatchObject({
      name: 'StatementTimeoutException',
      message: 'canceling statement due to statement timeout',
      dbConnectionId: expect.any(Number) as number,
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('is a setting of the session, also in a transaction', async () => {
    const transactionId = await world.begin();
    expect(await world.firstRow('SHOW statement_timeout')).toEqual([string('1s')]);
    expect(await world.firstRow('SHOW statement_timeout', {}, { transactionId })).toEqual([string('1s')]);
    await world.rollback(transactionId);
  });
});
