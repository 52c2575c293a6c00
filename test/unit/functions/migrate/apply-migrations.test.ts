import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import { describe, expect, test } from 'vitest';
import { applyMigrations } from '../../../../functions/migrate/apply-migrations.ts';
import { migrationChecksum } from '../../../../functions/migrate/migration.ts';
import { fakeDataApiClient, ServiceError, type FakeCall } from '../../../support/fake-data-api-client.ts';

type Row = readonly [set: string, name: string, checksum: string];

/** A database that keeps the list of migrations and the order of calls, and fails when told. */
class FakeDatabase {
  readonly rows: Row[] = [];
  readonly calls: string[] = [];
  readonly #pending: Row[] = [];
  #lockedTimes = 0;
  readonly #failures: { readonly on: RegExp; readonly error: Error; readonly after: boolean }[] = [];

  failOnce(on: RegExp, error: Error, { after = false } = {}): this {
    this.#failures.push({ on, error, after });
    return this;
  }

  lockFor(times: number): this {
    this.#lockedTimes = times;
    return this;
  }

  get client(): RDSDataClient {
    return fakeDataApiClient((call) => this.#answer(call));
  }

  #answer(call: FakeCall): object {
    this.calls.push(call.label);
    const index = this.#failures.findIndex(({ on }) => on.test(call.label));
    const [failing] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failing !== undefined && !failing.after) throw failing.error;
    const answer = this.#perform(call);
    if (failing !== undefined) throw failing.error;
    return answer;
  }

  #perform({ label, parameters }: FakeCall): object {
    if (label === 'BEGIN') return { transactionId: 'tx' };
    if (label === 'COMMIT') this.rows.push(...this.#pending.splice(0));
    if (label === 'ROLLBACK') this.#pending.length = 0;
    if (label.includes('advisory')) return { records: [[{ booleanValue: this.#lockedTimes-- <= 0 }]] };
    if (label.includes('to_regclass')) return { records: [[{ booleanValue: true }]] };
    if (label.startsWith('INSERT INTO event_processor.migrations')) this.#pending.push(parameters as unknown as Row);
    if (label.startsWith('SELECT set_name')) {
      return { records: this.rows.map((row) => row.map((stringValue) => ({ stringValue }))) };
    }
    return { records: [] };
  }
}

const A = { set: 'flights', name: '001-a.sql', sql: 'CREATE TABLE a (id int); CREATE TABLE b (id int);' };
const B = { set: 'flights', name: '002-b.sql', sql: 'CREATE TABLE c (id int)' };

function run(
  database: FakeDatabase,
  migrations = [A, B],
  mustSuitReleaseBefore = true,
): ReturnType<typeof applyMigrations> {
  let clock = 0;
  return applyMigrations({
    client: database.client,
    clusterArn: 'arn:cluster',
    secretArn: 'arn:secret',
    database: 'db',
    migrations,
    mustSuitReleaseBefore,
    patience: {
      maxWaitMs: 60_000,
      now: () => clock,
      sleep: (ms) => {
        clock += ms;
        return Promise.resolve();
      },
    },
  });
}

const BOTH = ['flights/001-a.sql', 'flights/002-b.sql'];

describe('applyMigrations', () => {
  test('runs the statements of a file one by one in one transaction with its row', async () => {
    const database = new FakeDatabase();
    await expect(run(database)).resolves.toEqual({ applied: BOTH, alreadyApplied: [], newer: [] });
    const first = database.calls.slice(0, database.calls.indexOf('COMMIT') + 1);
    expect(first.map((call) => call.split(/\s+/).slice(0, 3).join(' '))).toEqual([
      'BEGIN',
      'SELECT pg_try_advisory_xact_lock(7162538094411)',
      "SELECT to_regclass('event_processor.migrations') IS",
      'SELECT set_name, file_name,',
      'CREATE SCHEMA IF',
      'CREATE TABLE IF',
      "SELECT set_config('event_processor.processor_role', coalesce(nullif(CAST(:role",
      'CREATE TABLE a',
      'CREATE TABLE b',
      'INSERT INTO event_processor.migrations',
      'COMMIT',
    ]);
    expect(database.rows).toEqual([A, B].map(({ set, name, sql }) => [set, name, migrationChecksum(sql)]));
  });

  test('finds nothing to do on the second run, and commits nothing', async () => {
    const database = new FakeDatabase();
    await run(database);
    database.calls.length = 0;
    await expect(run(database)).resolves.toEqual({ applied: [], alreadyApplied: BOTH, newer: [] });
    expect(database.calls).not.toContain('COMMIT');
    expect(database.calls.at(-1)).toBe('ROLLBACK');
  });

  test('rolls back and names file and line when a statement fails', async () => {
    const database = new FakeDatabase();
    database.failOnce(/TABLE b/, new ServiceError('DatabaseErrorException', 'ERROR: no; SQLState: 42P07'));
    await expect(run(database)).rejects.toThrow(
      '- functions/flights/migrations/001-a.sql:1: ERROR: no; SQLState: 42P07, in `CREATE TABLE b (id int)`',
    );
    expect(database.calls.at(-1)).toBe('ROLLBACK');
    expect(database.rows).toEqual([]);
  });

  test('names the line inside the statement that the database points at', async () => {
    const sql = "SELECT 'ü';\n\nCREATE TABLE c (\n  name text, -- 😀\nstate varchr\n)";
    // As PostgreSQL counts, in characters from 1: the smiley is one, and the line break before `state` another.
    const position = Array.from('CREATE TABLE c (\n  name text, -- 😀\ns').length;
    const error = new ServiceError('DatabaseErrorException', `ERROR: no type; Position: ${position}; SQLState: 42704`);
    const database = new FakeDatabase().failOnce(/TABLE c/, error);
    await expect(run(database, [{ ...A, sql }])).rejects.toThrow(
      /^- functions\/flights\/migrations\/001-a\.sql:5: ERROR: no type; .*, in `state varchr`$/m,
    );
  });

  test('says what to do about a statement that the Data API ended', async () => {
    const database = new FakeDatabase().failOnce(/TABLE b/, new ServiceError('StatementTimeoutException'));
    await expect(run(database)).rejects.toThrow('ran longer than the 45 s');
  });

  test.each<[string, RegExp, Error]>([
    ['a database that wakes up', /BEGIN/, new ServiceError('DatabaseResumingException')],
    ['a deadlock', /TABLE b/, new ServiceError('DatabaseErrorException', 'ERROR: deadlock; SQLState: 40P01')],
    ['a lost connection', /TABLE b/, Object.assign(new Error('socket'), { code: 'ECONNRESET' })],
  ])('begins again after %s', async (_, on, error) => {
    const database = new FakeDatabase().failOnce(on, error);
    await expect(run(database)).resolves.toEqual({ applied: BOTH, alreadyApplied: [], newer: [] });
    expect(database.rows).toHaveLength(2);
  });

  test('applies nothing twice when the answer to a commit was lost, and still calls it its own', async () => {
    const database = new FakeDatabase();
    database.failOnce(/COMMIT/, new ServiceError('InternalServerErrorException'), { after: true });
    await expect(run(database)).resolves.toEqual({ applied: BOTH, alreadyApplied: [], newer: [] });
    expect(database.calls.filter((call) => call.startsWith('CREATE TABLE a'))).toHaveLength(1);
  });

  test('waits while another run has the lock', async () => {
    const database = new FakeDatabase().lockFor(3);
    await expect(run(database)).resolves.toEqual({ applied: BOTH, alreadyApplied: [], newer: [] });
  });

  test('gives up when the lock does not come free in time', async () => {
    const database = new FakeDatabase().lockFor(1000);
    await expect(run(database)).rejects.toThrow(
      'the database was not ready within 60 s; last: another run of the migrations is at work',
    );
  });

  test('does not repeat what will not get better', async () => {
    const database = new FakeDatabase().failOnce(/BEGIN/, new ServiceError('AccessDeniedException', 'no'));
    await expect(run(database)).rejects.toThrow('no');
    expect(database.calls).toEqual(['BEGIN']);
  });

  test('executes no statement when a later file has problems, and tells them all', async () => {
    const database = new FakeDatabase();
    const bad = { ...B, sql: 'SELECT a[1:2];\nCOMMIT;' };
    const worse = { ...B, name: '003-c.sql', sql: "SELECT 'open" };
    const error = await run(database, [A, bad, worse]).catch((caught: unknown) => caught);
    expect(error).toHaveProperty('problems', [
      expect.stringContaining('functions/flights/migrations/002-b.sql:1: `:2` would be replaced'),
      expect.stringContaining('functions/flights/migrations/002-b.sql:2: `COMMIT` must not be used'),
      'functions/flights/migrations/003-c.sql:1: the string that opens on line 1 is never closed',
    ]);
    expect(database.calls.some((call) => call.startsWith('CREATE'))).toBe(false);
  });

  test('names what a later release has applied', async () => {
    const database = new FakeDatabase();
    await run(database);
    await expect(run(database, [A])).resolves.toEqual({
      applied: [],
      alreadyApplied: ['flights/001-a.sql'],
      newer: ['flights/002-b.sql'],
    });
  });
});

describe('what the release before could not run with', () => {
  const drop = { ...A, name: '002-drop.sql', sql: 'DROP TABLE a;' };

  test('is refused before anything runs, together with all other problems', async () => {
    const database = new FakeDatabase();
    await run(database, [A]);
    database.calls.length = 0;
    const bad = { ...A, name: '003-c.sql', sql: 'COMMIT' };
    const error = await run(database, [A, drop, bad]).catch((caught: unknown) => caught);
    expect(error).toHaveProperty('problems', [
      expect.stringContaining('functions/flights/migrations/003-c.sql:1: `COMMIT` must not be used'),
      expect.stringContaining(
        'functions/flights/migrations/002-drop.sql:1: `DROP TABLE a`: the release before still uses',
      ),
    ]);
    expect(database.calls.filter((call) => !call.startsWith('SELECT'))).toEqual(['BEGIN', 'ROLLBACK']);
  });

  test('may be applied on the first release, which has none before it', async () => {
    await expect(run(new FakeDatabase(), [A, drop])).resolves.toMatchObject({
      applied: ['flights/001-a.sql', 'flights/002-drop.sql'],
    });
  });

  test('is judged by what was there before the run, in each set by itself', async () => {
    const framework = { set: 'event_processor', name: '001-f.sql', sql: 'CREATE TABLE f (id int)' };
    const database = new FakeDatabase();
    await run(database, [framework]);
    await expect(run(database, [framework, A, drop])).resolves.toMatchObject({
      alreadyApplied: ['event_processor/001-f.sql'],
    });
  });

  test('may be applied where nobody asks', async () => {
    const database = new FakeDatabase();
    await run(database, [A]);
    await expect(run(database, [A, drop], false)).resolves.toMatchObject({ applied: ['flights/002-drop.sql'] });
  });
});
