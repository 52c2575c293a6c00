import { readdirSync } from 'node:fs';
import { appendFile, copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DECLARED_TABLES_FILE, type DeclaredTable } from '../../../contract/declared-tables.ts';
import type { ProcessorEnvironment } from '../../../contract/environment.ts';
import { sequenceNumber } from '../../support/kinesis-record.ts';
import { startDeployedWorld, type DeployedWorld } from './deployed-world.ts';
import { AIRPORTS, FLIGHT, writeFlights as writeFlightsTo } from './write-flights.ts';

let world: DeployedWorld;

beforeAll(async () => {
  world = await startDeployedWorld();
});
afterAll(() => world.close());

const ALL = [
  ...readdirSync('functions/migrate/framework')
    .sort()
    .map((file) => `event_processor/${file}`),
  'flights/001-flights.sql',
];
const NUMBERS = ALL.map((id) => id.split('-', 1)[0]);

function writeFlights(
  database: string,
  flights: readonly unknown[],
  settings: Partial<ProcessorEnvironment> = {},
): Promise<unknown> {
  return writeFlightsTo(world, { database, flights, settings });
}

describe('the migrations function, bundled as it is deployed', () => {
  test('brings an empty database up to date, and has nothing to do the second time', async () => {
    const database = await world.createDatabase();
    const first = await world.migrate(database);
    expect(first).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'migrations' });
    expect(first.Data).toEqual({ applied: NUMBERS.join(' '), alreadyApplied: '0', newer: '' });
    const second = await world.migrate(database, 'Update');
    expect(second).toMatchObject({ Status: 'SUCCESS', Data: { applied: '', alreadyApplied: String(ALL.length) } });
  });

  test('applies each migration once when it runs three times at once', async () => {
    const database = await world.createDatabase();
    const answers = await Promise.all([1, 2, 3].map(() => world.migrate(database)));
    expect(answers.map(({ Status, Reason }) => [Status, Reason])).toEqual(Array(3).fill(['SUCCESS', 'done']));
    const applied = answers.flatMap(({ Data }) => (Data['applied'] ?? '').split(' ').filter((id) => id !== ''));
    expect(applied.sort()).toEqual(NUMBERS);
  });

  test('refuses a file that was changed after it was applied, and says which', async () => {
    const database = await world.createDatabase();
    await world.migrate(database);
    const file = join(world.code.migrate.folder, 'migrations/flights/001-flights.sql');
    await copyFile(file, `${file}.kept`);
    await appendFile(file, '\n-- changed');
    const answer = await world.migrate(database, 'Update');
    await copyFile(`${file}.kept`, file);
    await rm(`${file}.kept`);
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(
      'functions/flights/migrations/001-flights.sql: the file was changed after it was applied',
    );
  });

  test('gives a database to one deployment of the function only, and changes nothing for another one', async () => {
    const database = await world.createDatabase();
    await world.migrate(database);
    await world.query(database, "DELETE FROM event_processor.migrations WHERE set_name = 'flights'");
    const answer = await world.migrate(database, 'Create', { deployment: 'flights-dev' });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toMatch(
      /belong to no other deployment of flights, but flights-prod has it and flights-dev would/,
    );
    await expect(world.query(database, 'SELECT set_name FROM event_processor.migrations')).resolves.not.toContainEqual({
      set_name: 'flights',
    });

    const [wayOut = ''] = /DELETE FROM event_processor[.]deployment .*$/.exec(answer.Reason) ?? [];
    await world.query(database, wayOut);
    await world.query(database, 'DROP TABLE airports, flights, airport_days, latest_departures');
    expect((await world.migrate(database, 'Create', { deployment: 'flights-dev' })).Status).toBe('SUCCESS');
    expect((await world.migrate(database, 'Update')).Status).toBe('FAILED');
  });

  test('leaves the database alone when the stack is deleted', async () => {
    const database = await world.createDatabase();
    await expect(world.migrate(database, 'Delete')).resolves.toMatchObject({ Status: 'SUCCESS', Data: {} });
    await expect(world.query(database, "SELECT to_regnamespace('event_processor')::text AS it")).resolves.toEqual([
      { it: null },
    ]);
  });
});

describe('the role of the processor', () => {
  test('can do what the deployed processor does: read lookups, write, quarantine and log', async () => {
    const database = await world.createDatabase();
    await world.migrate(database);
    await world.query(database, AIRPORTS);
    await expect(writeFlights(database, [FLIGHT, { ...FLIGHT, origin: 'nowhere' }])).resolves.toEqual({
      batchItemFailures: [],
    });
    // The same again: an update of a counter and of the newest departure that changes nothing.
    await writeFlights(database, [FLIGHT, { ...FLIGHT, delay: 15 }]);
    await expect(
      world.query(
        database,
        `SELECT (SELECT count(*)::int FROM flights) AS flights, (SELECT count(*)::int FROM event_processor.quarantine) AS
         quarantined, (SELECT count(*)::int FROM event_processor.batch_log) AS batches,
         (SELECT count(*)::int FROM event_processor.in_flight) AS noted`,
      ),
    ).resolves.toEqual([{ flights: 2, quarantined: 1, batches: 2, noted: 0 }]);
  });

  test('can quarantine a payload in parts, when it comes for the first time and when it comes again', async () => {
    const database = await world.createDatabase();
    await world.migrate(database);
    // The smallest request does not hold its base64.
    const large = 'x'.repeat(60_000);
    const small = { maxRequestBytes: 65_536, fuseThresholdPercent: 100 };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      await expect(writeFlights(database, [large], small)).resolves.toEqual({ batchItemFailures: [] });
    }
    await expect(
      world.query(
        database,
        `SELECT octet_length(payload) AS bytes, (SELECT count(*)::int FROM event_processor.quarantine_part) AS parts
         FROM event_processor.quarantine`,
      ),
    ).resolves.toEqual([{ bytes: large.length, parts: 0 }]);
  });

  test('can judge its build by what it wrote last, hold it, and let it go again', async () => {
    const database = await world.createDatabase();
    await world.migrate(database);
    const unknown = { ...FLIGHT, origin: 'nowhere' };
    const held = { batchItemFailures: [{ itemIdentifier: sequenceNumber(0) }] };
    const notes = () =>
      world.query(database, 'SELECT blown_at IS NOT NULL AS blown, rejected, events FROM event_processor.fuse');
    await expect(writeFlights(database, [unknown])).resolves.toEqual(held);
    await expect(notes()).resolves.toEqual([{ blown: false, rejected: 1, events: 1 }]);
    await world.query(database, AIRPORTS);
    await expect(writeFlights(database, [unknown, FLIGHT])).resolves.toEqual({ batchItemFailures: [] });
    await expect(notes()).resolves.toEqual([]);
    await expect(writeFlights(database, Array(20).fill(unknown))).resolves.toEqual(held);
    await expect(notes()).resolves.toEqual([{ blown: true, rejected: 20, events: 20 }]);
  });

  test('can ask for its statement without a row, and is held where a grant is missing', async () => {
    const database = await world.createDatabase();
    await world.migrate(database);
    await world.query(
      database,
      `${AIRPORTS};
       REVOKE INSERT ON flights FROM flights_processor`,
    );
    await expect(writeFlights(database, [FLIGHT])).resolves.toEqual({
      batchItemFailures: [{ itemIdentifier: sequenceNumber(0) }],
    });
    await world.query(
      database,
      `GRANT INSERT ON flights TO flights_processor;
       CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF NEW.delay > 1000 THEN RAISE EXCEPTION 'no' USING ERRCODE = '42501'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON flights FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    await expect(writeFlights(database, [FLIGHT, { ...FLIGHT, delay: 2_000 }])).resolves.toEqual({
      batchItemFailures: [],
    });
    await expect(world.query(database, 'SELECT reason, sql_state FROM event_processor.quarantine')).resolves.toEqual([
      { reason: 'database', sql_state: '42501' },
    ]);
  });

  test.each([
    'SELECT * FROM others',
    'INSERT INTO others VALUES (1)',
    'DELETE FROM flights',
    'TRUNCATE flights',
    'DROP TABLE flights',
    'CREATE TABLE mine (id int)',
    'CREATE SCHEMA mine',
    'DELETE FROM event_processor.ledger',
    'UPDATE event_processor.ledger SET event_id = event_id',
    'DELETE FROM event_processor.quarantine',
    'UPDATE event_processor.quarantine SET payload = payload',
    "UPDATE event_processor.quarantine_part SET bytes = ''",
    'SELECT * FROM event_processor.batch_log',
    'UPDATE event_processor.batch_log SET records = 0',
    'SELECT * FROM event_processor.migrations',
    'CREATE ROLE mine',
    'SELECT * FROM pg_authid',
  ])('is refused: %s', async (sql) => {
    const database = await migratedDatabase();
    await expect(world.query(database, sql, 'processor')).rejects.toThrow(/permission denied|must be owner/);
  });
});

test('the processor may delete in the tables that its projection removes rows from, and in no others', async () => {
  const database = await world.createDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'removes-'));
  await cp(world.code.migrate.folder, folder, { recursive: true });
  const file = join(folder, DECLARED_TABLES_FILE);
  const declared = JSON.parse(await readFile(file, 'utf8')) as readonly DeclaredTable[];
  const removing = declared.map((table) =>
    table.table === 'latest_departures' ? { ...table, privileges: [...table.privileges, 'DELETE'] } : table,
  );
  await writeFile(file, JSON.stringify(removing));
  await world.migrate(database, 'Create', { folder });
  await rm(folder, { recursive: true });
  await expect(
    world.query(
      database,
      `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
         AND has_table_privilege('flights_processor', oid, 'DELETE')`,
    ),
  ).resolves.toEqual([{ relname: 'latest_departures' }]);
});

describe('the role of watchdog and pruning', () => {
  test.each([
    'SELECT * FROM event_processor.batch_log',
    'SELECT * FROM event_processor.migrations WHERE false',
    'DELETE FROM event_processor.ledger',
    'DELETE FROM event_processor.batch_log',
    'DELETE FROM event_processor.quarantine_part',
    'SELECT * FROM event_processor.fuse',
    'UPDATE event_processor.fuse SET allowed_at = now()',
    'SELECT payload FROM event_processor.quarantine',
    // What verifies compares rows, and runs the projection, which looks at reference rows.
    'SELECT * FROM flights',
    'SELECT iata FROM airports',
    'UPDATE event_processor.quarantine SET redriven_at = now()',
  ])('may: %s', async (sql) => {
    const database = await migratedDatabase();
    await expect(world.query(database, sql, 'maintenance')).resolves.toEqual([]);
  });

  test.each([
    'SELECT * FROM others',
    'DELETE FROM flights',
    'INSERT INTO airport_days (airport) VALUES (1)',
    'DELETE FROM event_processor.quarantine',
    'UPDATE event_processor.fuse SET blown_at = NULL',
    'UPDATE event_processor.quarantine SET payload = payload',
    'UPDATE event_processor.quarantine_part SET committed_at = now()',
    'INSERT INTO event_processor.batch_log (function_name) VALUES (1)',
    'DELETE FROM event_processor.migrations',
  ])('is refused: %s', async (sql) => {
    const database = await migratedDatabase();
    await expect(world.query(database, sql, 'maintenance')).rejects.toThrow('permission denied');
  });
});

let migrated: Promise<string> | undefined;

/** One database for all tests that only look. */
function migratedDatabase(): Promise<string> {
  migrated ??= (async () => {
    const database = await world.createDatabase();
    await world.migrate(database);
    await world.query(database, 'CREATE TABLE others (id int)');
    return database;
  })();
  return migrated;
}
