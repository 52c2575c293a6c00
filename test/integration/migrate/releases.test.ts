import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFunctionBundle } from '../../../build/bundle-function.ts';
import { DECLARED_TABLES_FILE, type DeclaredTable } from '../../../contract/declared-tables.ts';
import { editSources } from '../../../local/chaos/source-edits.ts';
import { startDeployedWorld, type DeployedWorld } from './deployed-world.ts';
import { AIRPORTS, FLIGHT, writeFlights } from './write-flights.ts';

/** Folders of what is deployed of one release. */
interface Release {
  readonly migrate: string;
  readonly processor: string;
}

let world: DeployedWorld;
let scratch: string;
let before: Release;
let next: Release;

/** The next release writes one column more, and its framework keeps one table more. */
const NEXT_RELEASE = editSources('the next release', {
  'functions/flights/projection.ts': [
    ["distance: 'integer', origin", "distance: 'integer', late: 'integer', origin"],
    ['distance, origin, ...cities }', 'distance, late: delay, origin, ...cities }'],
  ],
  'functions/migrate/ensure-roles.ts': [
    [
      '`SELECT ON ${FRAMEWORK_TABLES.migrations}`',
      '`SELECT ON ${FRAMEWORK_TABLES.migrations}`, `SELECT ON ${FRAMEWORK_SCHEMA}.next`',
    ],
  ],
});

beforeAll(async () => {
  [world, scratch] = await Promise.all([startDeployedWorld(), mkdtemp(join(tmpdir(), 'releases-'))]);
  before = { migrate: world.code.migrate.folder, processor: world.code.processor.folder };
  next = { migrate: join(scratch, 'migrate'), processor: join(scratch, 'processor') };
  await cp(before.migrate, next.migrate, { recursive: true });
  await writeFunctionBundle('functions/migrate/handler.ts', next.migrate, { plugins: [NEXT_RELEASE] });
  await writeFunctionBundle('functions/flights/handler.ts', next.processor, { plugins: [NEXT_RELEASE] });
  await addMigration(next.migrate, 'event_processor/900-next.sql', 'CREATE TABLE event_processor.next (id int);');
  await addMigration(
    next.migrate,
    'flights/900-next.sql',
    'ALTER TABLE flights ADD COLUMN late integer NOT NULL DEFAULT 0;\nCREATE TABLE next_release (id text PRIMARY KEY);',
  );
});
afterAll(async () => {
  await world.close();
  await rm(scratch, { recursive: true });
});

function addMigration(folder: string, id: string, sql: string): Promise<void> {
  return writeFile(join(folder, 'migrations', id), sql);
}

let flights = 0;

/** Has a release work on a flight, on one that it has to quarantine, and on a flight that it has seen. */
async function work(database: string, { processor }: Release): Promise<void> {
  flights += 1;
  const [flight, unknown] = [
    { ...FLIGHT, delay: flights },
    { ...FLIGHT, origin: 'ZZZ', delay: flights },
  ];
  const batch = [flight, unknown, flight, ...Array.from({ length: 3 }, () => flight)];
  const answer = await writeFlights(world, { database, flights: batch, firstIndex: 10 * flights, folder: processor });
  expect(answer).toEqual({ batchItemFailures: [] });
}

async function counts(database: string): Promise<unknown> {
  const [row] = await world.query(
    database,
    `SELECT (SELECT array_agg(late ORDER BY delay) FROM flights) AS late,
       (SELECT count(*)::int FROM event_processor.quarantine) AS quarantined`,
  );
  return row;
}

describe('a release with migrations', () => {
  test('is deployed, rolled back and deployed again, and each release works in its turn', async () => {
    const database = await world.createDatabase();
    flights = 0;
    await expect(world.migrate(database)).resolves.toMatchObject({ Status: 'SUCCESS' });
    await world.query(database, AIRPORTS);
    await work(database, before);

    const up = await world.migrate(database, 'Update', { folder: next.migrate });
    expect(up).toMatchObject({ Status: 'SUCCESS', Data: { newer: '' } });
    expect(up.Data['applied']).toBe('event_processor/900 flights/900');
    await work(database, before);
    await work(database, next);

    const back = await world.migrate(database, 'Update', { physicalResourceId: up.PhysicalResourceId });
    expect(back).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: up.PhysicalResourceId,
      Data: { applied: '', newer: 'event_processor/900-next.sql flights/900-next.sql' },
      Reason:
        'the database has migrations that are newer than this release, as after a rollback; they stay: ' +
        'event_processor/900-next.sql, flights/900-next.sql',
    });
    await work(database, before);

    const again = await world.migrate(database, 'Update', { folder: next.migrate });
    expect(again).toMatchObject({ Status: 'SUCCESS', Data: { applied: '', newer: '' } });
    await work(database, next);
    await expect(counts(database)).resolves.toEqual({ late: [0, 0, 3, 0, 5], quarantined: 5 });
    await expect(world.query(database, 'SELECT * FROM event_processor.next', 'maintenance')).resolves.toEqual([]);
  });

  test('that fails half way is rolled back, and deployed again when it is corrected', async () => {
    const database = await world.createDatabase();
    const folder = join(scratch, 'half');
    await cp(next.migrate, folder, { recursive: true });
    await addMigration(folder, 'flights/901-half.sql', 'ALTER TABLE no_such_table ADD COLUMN a int;');
    await world.migrate(database);
    const failed = await world.migrate(database, 'Update', { folder });
    expect(failed.Reason).toContain('functions/flights/migrations/901-half.sql:1: ');
    await expect(world.migrate(database, 'Update')).resolves.toMatchObject({
      Status: 'SUCCESS',
      Data: { newer: 'event_processor/900-next.sql flights/900-next.sql' },
    });
    await addMigration(folder, 'flights/901-half.sql', 'ALTER TABLE flights ADD COLUMN a int;');
    await expect(world.migrate(database, 'Update', { folder })).resolves.toMatchObject({
      Status: 'SUCCESS',
      Data: { applied: 'flights/901' },
    });
  });

  test.each([
    ['a file that is missing in the middle', '900-next.sql', '901-more.sql', '900-next.sql: it was applied'],
    ['another file in its place', '900-next.sql', '900-other.sql', '900-next.sql: it was applied'],
  ])('is followed by no release with %s', async (_, gone, added, problem) => {
    const database = await world.createDatabase();
    const folder = join(scratch, added);
    await cp(next.migrate, folder, { recursive: true });
    await world.migrate(database, 'Create', { folder });
    await rm(join(folder, 'migrations/flights', gone));
    await addMigration(folder, `flights/${added}`, 'CREATE TABLE more (id int)');
    const answer = await world.migrate(database, 'Update', { folder });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(problem);
  });
});

describe('a release that the one before could not run with', () => {
  const DROP = 'ALTER TABLE flights DROP COLUMN distance;';

  /** Its projection no longer has the column either. */
  async function copyWithoutDistance(folder: string): Promise<void> {
    await cp(before.migrate, folder, { recursive: true });
    const file = join(folder, DECLARED_TABLES_FILE);
    const tables = JSON.parse(await readFile(file, 'utf8')) as readonly DeclaredTable[];
    const left = tables.map((table) => ({
      ...table,
      columns: table.columns.filter(({ name }) => name !== 'distance'),
    }));
    await writeFile(file, JSON.stringify(left));
  }

  test('is refused on an update, and applied once its file says that it is meant, also where it was applied already', async () => {
    const [database, fresh] = [await world.createDatabase(), await world.createDatabase()];
    const folder = join(scratch, 'drop');
    await copyWithoutDistance(folder);
    await addMigration(folder, 'flights/900-drop.sql', DROP);
    await world.migrate(database);
    const refused = await world.migrate(database, 'Update', { folder });
    expect(refused).toMatchObject({ Status: 'FAILED' });
    expect(refused.Reason).toContain(
      'functions/flights/migrations/900-drop.sql:1: `ALTER TABLE flights DROP COLUMN distance`: the release before still',
    );
    // A first release is not refused anything.
    await expect(world.migrate(fresh, 'Create', { folder })).resolves.toMatchObject({ Status: 'SUCCESS' });
    await addMigration(folder, 'flights/900-drop.sql', `-- not backward compatible: distance is of no use\n${DROP}`);
    const meant = await world.migrate(database, 'Update', { folder });
    expect(meant).toMatchObject({ Status: 'SUCCESS', Data: { applied: 'flights/900' } });
    const same = await world.migrate(fresh, 'Update', { folder });
    expect(same).toMatchObject({ Status: 'SUCCESS', Data: { applied: '' } });
  });

  test('is not refused where a creation failed before: there is none before it', async () => {
    const database = await world.createDatabase();
    const folder = join(scratch, 'creation');
    await copyWithoutDistance(folder);
    await addMigration(folder, 'flights/900-drop.sql', `${DROP} SELECT no_such_function();`);
    await expect(world.migrate(database, 'Create', { folder })).resolves.toMatchObject({ Status: 'FAILED' });
    await addMigration(folder, 'flights/900-drop.sql', DROP);
    await expect(world.migrate(database, 'Create', { folder })).resolves.toMatchObject({ Status: 'SUCCESS' });
  });
});
