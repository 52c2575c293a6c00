import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeFunctionBundle } from '../../../build/bundle-function.ts';
import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../../../contract/environment.ts';
import type { DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startDataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { createFunctionRuntime } from '../../../local/environments/function-runtime.ts';
import { createEventSourceMapping } from '../../../local/mapping/event-source-mapping.ts';
import type { MappingEvent } from '../../../local/mapping/mapping-event.ts';
import { MemoryStream } from '../../../local/mapping/memory-source.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';
import type { Deed } from './function/projection.ts';

/** An endless loop costs all of it, so it is as short as a search for the record allows. */
const TIMEOUT_MS = 5_000;
const TIME_RESERVE_MS = 300;

let database: TestDatabase;
let dataApi: DataApiServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killers-'));
  await writeFunctionBundle('test/integration/crashes/function/handler.ts', folder);
  database = await startTestDatabase();
  dataApi = await startDataApiServer({ databaseUrl: database.url });
  await database.query('CREATE TABLE deeds (id text PRIMARY KEY)');
});

afterAll(async () => {
  await dataApi.close();
  await database.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  await database.query(`TRUNCATE deeds, event_processor.ledger, event_processor.quarantine, event_processor.in_flight`);
});

interface Drain {
  readonly parallelizationFactor?: number;
  readonly bisect?: boolean;
  readonly batchSize?: number;
}

/** Drains events over real environments; says how many invocations failed, and what the function wrote. */
async function drain(
  deeds: readonly Deed[],
  { parallelizationFactor = 1, bisect = false, batchSize = 100 }: Drain = {},
) {
  const stream = new MemoryStream({ shardCount: 1 });
  stream.append(deeds.map((deed) => ({ partitionKey: deed.id, data: payloadOf(deed) })));
  const lines: string[] = [];
  const runtime = createFunctionRuntime({
    bundlePath: join(folder, 'index.mjs'),
    functionName: 'deeds',
    timeoutMs: TIMEOUT_MS,
    memoryMb: 128,
    environment: {
      ...processorEnvironment.encode({
        ...DEFAULT_ENVIRONMENT,
        clusterArn: dataApi.resourceArn,
        secretArn: dataApi.secretArn,
        database: dataApi.database,
        timeReserveMs: TIME_RESERVE_MS,
      }),
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: dataApi.region,
      AWS_ENDPOINT_URL_RDS_DATA: dataApi.endpoint,
    },
    onLog: (line) => lines.push(line),
  });
  const events: MappingEvent[] = [];
  const mapping = createEventSourceMapping({
    source: stream,
    invoker: runtime,
    settings: { batchSize, parallelizationFactor, bisectBatchOnFunctionError: bisect },
    pace: { idlePollMs: 10, minReadIntervalMs: 1, retryBackoff: { firstMs: 10, maxMs: 50 } },
    observe: (event) => events.push(event),
  });
  try {
    await mapping.start();
    await mapping.drained();
  } finally {
    await mapping.stop();
    await runtime.close();
  }
  const deaths = events.filter((event) => event.type === 'finished' && event.verdict.kind === 'error').length;
  return { deaths, lines, environments: runtime.environmentsStarted() };
}

function payloadOf(deed: Deed): string {
  return Buffer.from(JSON.stringify(deed)).toString('base64');
}

/** Harmless events, with others in the places that are named. */
function events(count: number, others: Readonly<Record<number, Deed['does']>>): Deed[] {
  return Array.from({ length: count }, (_, n) => {
    const does = others[n];
    return { id: `deed-${n}`, ...(does !== undefined && { does }) };
  });
}

async function outcome() {
  const inEffect = await database.query('SELECT id FROM deeds');
  const quarantined = await database.query(
    `SELECT encode(payload, 'base64') AS payload, reason, detail, event_id FROM event_processor.quarantine
     ORDER BY sequence_number`,
  );
  const [noted] = await database.query('SELECT count(*)::int AS count FROM event_processor.in_flight');
  return { inEffect: inEffect.map(({ id }) => id).toSorted(), quarantined, noted: noted?.['count'] };
}

async function expectQuarantined(deeds: readonly Deed[], { bisect = false }: Drain = {}): Promise<void> {
  const bad = deeds.filter(({ does }) => does !== undefined);
  const { inEffect, quarantined, noted } = await outcome();
  expect(inEffect).toEqual(
    deeds
      .filter(({ does }) => does === undefined)
      .map(({ id }) => id)
      .toSorted(),
  );
  expect(quarantined.map(({ payload, reason }) => [String(payload).replaceAll('\n', ''), reason])).toEqual(
    bad.map((deed) => [payloadOf(deed), 'kills-function']),
  );
  // Nobody gets all records of a batch again that was cut in two: its note is left to be pruned.
  if (!bisect) expect(noted).toBe(0);
}

describe.each(['heap', 'loop', 'exit', 'reject', 'exit-in-schema', 'never-settles'] as const)(
  'a record that ends the process by %s',
  (does) => {
    it('is quarantined with its payload after three deaths, and everything beside it is written', async () => {
      const deeds = events(12, { 7: does });
      const { deaths, environments } = await drain(deeds);
      await expectQuarantined(deeds);
      expect([deaths, environments]).toEqual([3, 4]);
    });
  },
);

describe('several records that end the process', () => {
  it('are found in one batch', async () => {
    const deeds = events(40, { 3: 'exit', 17: 'reject', 39: 'exit-in-schema' });
    const { deaths } = await drain(deeds);
    await expectQuarantined(deeds);
    expect(deaths).toBeLessThanOrEqual(12);
  });

  it('are found in several lanes of a shard, where batches keep other environments warm', async () => {
    const deeds = events(200, { 30: 'exit', 90: 'heap', 150: 'reject' });
    await drain(deeds, { parallelizationFactor: 4, batchSize: 20 });
    await expectQuarantined(deeds);
  });

  it('are found where the mapping cuts failed batches in two', async () => {
    const deeds = events(40, { 3: 'exit', 17: 'reject' });
    await drain(deeds, { bisect: true });
    await expectQuarantined(deeds, { bisect: true });
  });

  it('are found in batches of one', async () => {
    const deeds = events(4, { 1: 'exit', 2: 'exit' });
    await drain(deeds, { batchSize: 1 });
    await expectQuarantined(deeds);
  });
});

describe.each(['throw-later', 'exit-later'] as const)(
  'a record that ends the process some time after it was processed (%s)',
  (does) => {
    it('never holds up its shard, and is in effect or in the quarantine, not both', async () => {
      const deeds = events(12, { 7: does });
      await drain(deeds);
      const { inEffect, quarantined } = await outcome();
      expect([...inEffect, ...quarantined.map((row) => row['event_id'])].toSorted()).toEqual(
        deeds.map(({ id }) => id).toSorted(),
      );
    });
  },
);

it('says in the log how many died, with which records, and what was found, but not what was in them', async () => {
  const deeds = events(12, { 7: 'exit' });
  const { lines } = await drain(deeds);
  const errors = lines.flatMap((line) =>
    line.includes('"ERROR"') ? [JSON.parse(line) as Record<string, unknown>] : [],
  );
  expect(errors.map(({ records, crashes, isFound }) => [records, crashes, isFound])).toEqual([
    [12, 1, false],
    [1, 2, false],
    [1, 3, true],
  ]);
  expect(JSON.stringify(errors)).not.toContain('deed-');
});
