import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { createExecuteStatement, type Execute, type ExecuteStatement } from '../../../data-api/execute.ts';
import { FRAMEWORK_GRANTS } from '../../../functions/migrate/ensure-roles.ts';
import { readHeldPositions, type HeldPosition } from '../../../functions/watchdog/read-held-positions.ts';
import { startDataApiServer, type DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { createBatchRunner, type RunBatch } from '../../../processor/batch-runner.ts';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { defineProjection, inserts } from '../../../processor/projection.ts';
import { createDataApiInFlightNotes } from '../../../processor/quarantine/data-api-in-flight-notes.ts';
import { createDataApiPositionNotes } from '../../../processor/write/data-api-position-notes.ts';
import { kinesisRecord, sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';
import { startTestDatabase, type TestDatabase } from '../../support/start-test-database.ts';

const ROLES = ['processor', 'maintenance'] as const;
const secretOf = (role: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${role}`;
const HOUR_MS = 3_600_000;

const readings = defineProjection({
  name: 'readings',
  schema: z.object({ id: z.string(), value: z.int() }),
  eventId: ({ id }) => id,
  tables: { readings: inserts({ columns: { id: 'text', value: 'integer' } }) },
  project: ({ id, value }) => ({ readings: { id, value } }),
});

let database: TestDatabase;
let server: DataApiServer;
let client: RDSDataClient;

beforeAll(async () => {
  database = await startTestDatabase();
  server = await startDataApiServer({
    databaseUrl: database.url,
    secrets: Object.fromEntries(ROLES.map((role) => [secretOf(role), { username: role, password: role }])),
  });
  const { endpoint, region } = server;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new RDSDataClient({ endpoint, region, credentials, maxAttempts: 1 });
  await database.query('CREATE TABLE readings (id text PRIMARY KEY, value integer)');
  for (const role of ROLES) {
    const grants = FRAMEWORK_GRANTS[role].map((grant) => `GRANT ${grant} TO ${role};`).join('\n');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}';
      GRANT USAGE ON SCHEMA event_processor TO ${role}; ${grants}`);
  }
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await database.close();
});

beforeEach(() =>
  database.query(`TRUNCATE event_processor.ledger, event_processor.batch_log, event_processor.fuse, event_processor.held_position,
    event_processor.quarantine, readings`),
);

/** Statements with the privileges that a deployment gives the role, and no others. */
function executeAs(role: (typeof ROLES)[number]): ExecuteStatement {
  const { resourceArn: clusterArn, database: name } = server;
  return createExecuteStatement(client, { clusterArn, secretArn: secretOf(role), database: name });
}

/** What the watchdog sees, with ten lanes. */
function heldNow(): Promise<readonly HeldPosition[]> {
  const execute = executeAs('maintenance');
  const patient: Execute = (sql, parameters = {}) => execute(sql, parameters, { timeoutMs: 10_000 });
  return readHeldPositions(patient, { functionName: 'readings', deliveryGapSeconds: 180, parallelizationFactor: 10 });
}

/** An execution environment of a build, whose positions are noted with the rights of the deployed function. */
function environment(codeVersion: string): RunBatch {
  const scope = { functionName: 'readings', codeVersion };
  return createBatchRunner({
    engine: database.createEngine(readings, { codeVersion, fuse: { thresholdPercent: 50, minEvents: 2 } }),
    notes: createDataApiInFlightNotes(executeAs('processor'), { ...scope, processId: codeVersion }),
    positions: createDataApiPositionNotes(executeAs('processor'), scope),
    onCrash: () => undefined,
  });
}

const invocation = { requestId: 'r', remainingMs: () => 30_000, budgetMs: () => 28_000 };
const arrivedAtMs = Date.now() - HOUR_MS;

function reading(index: number, value: unknown): KinesisRecord {
  return kinesisRecord({ data: { id: `r${index}`, value }, index, arrivedAtMs });
}

test('one lane of several that is held is seen until a commit begins with its record, whatever the others commit', async () => {
  const [stuck, well] = [
    [reading(1, 1), reading(2, 'broken'), reading(3, 'broken')],
    [reading(0, 0), reading(4, 4)],
  ];
  const run = environment('build-1');
  const first = await run(stuck, invocation);
  expect(first.hold?.reason).toBe('fuse');
  const [held, ...others] = await heldNow();
  expect(others).toEqual([]);
  expect(held).toMatchObject({
    shardId: SHARD_ID,
    sequenceNumber: sequenceNumber(1 + first.committedRecords),
    arrivalMs: arrivedAtMs,
    reason: 'fuse',
    codeVersion: 'build-1',
  });
  expect(held?.detail).toContain('roll back');

  // The lanes beside it go on, beyond its record and from before it on.
  expect((await run(well, invocation)).hold).toBeUndefined();
  await expect(heldNow()).resolves.toEqual([held]);

  // Nobody delivers it for a while; then it is delivered again, and keeps the time at which it was first held.
  await database.query(`UPDATE event_processor.held_position SET last_held_at = now() - interval '4 minutes'`);
  await expect(heldNow()).resolves.toEqual([]);
  await run(stuck.slice(first.committedRecords), invocation);
  await expect(heldNow()).resolves.toEqual([held]);

  // A build that takes the events, or whose operator has let them into the quarantine, commits from there.
  await database.query(`UPDATE event_processor.fuse SET allowed_at = now()`);
  expect((await run(stuck.slice(first.committedRecords), invocation)).hold).toBeUndefined();
  await expect(heldNow()).resolves.toEqual([]);
});

test('a position that moves on while it is held is held from the new record only', async () => {
  const run = environment('build-2');
  const all = [reading(0, 1), reading(1, 'broken'), reading(2, 'broken'), reading(3, 'broken')];
  await run(all, invocation);
  const [before] = await heldNow();
  expect(before?.sequenceNumber).toBe(sequenceNumber(0));
  // Only the first record is delivered: it is committed, and the next one held.
  await run(all.slice(0, 1), invocation);
  await run(all.slice(1), invocation);
  const after = await heldNow();
  expect(after.map(({ sequenceNumber: number }) => number)).toEqual([sequenceNumber(1)]);
});
