import { setTimeout as sleep } from 'node:timers/promises';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_ENVIRONMENT } from '../../../contract/environment.ts';
import { createExecuteStatement } from '../../../data-api/execute.ts';
import { createStream } from '../../../local/kinesis/create-stream.ts';
import { putRecords } from '../../../kinesis/put-records.ts';
import type { KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import { startKinesis } from '../../../local/kinesis/start-kinesis.ts';
import { createEventSourceMapping } from '../../../local/mapping/event-source-mapping.ts';
import { createKinesisSource } from '../../../local/mapping/kinesis-source.ts';
import type { MappingEvent } from '../../../local/mapping/mapping-event.ts';
import type { MappingSettings } from '../../../local/mapping/mapping-settings.ts';
import { MemoryStream } from '../../../local/mapping/memory-source.ts';
import type { FunctionInvoker, ShardSource } from '../../../local/mapping/ports.ts';
import { runFuse } from '../../../ops/fuse/run-fuse.ts';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { defineProjection, inserts } from '../../../processor/projection.ts';
import { batchResponse } from '../../../processor/write/batch-outcome.ts';
import type { DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startDataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** What producers send since they renamed `cents`; a build that asks for `cents` rejects all of it. */
const BACKLOG = 400;
const payment = (n: number) => ({ id: `p${n}`, account: `a${n % 5}`, amount: 100 });

const declaration = {
  name: 'payments',
  eventId: ({ id }: { readonly id: string }) => id,
  tables: { payments: inserts({ columns: { id: 'text', account: 'text', cents: 'bigint' } }) },
};
const broken = defineProjection({
  ...declaration,
  schema: z.object({ id: z.string(), account: z.string(), cents: z.int() }),
  project: ({ id, account, cents }) => ({ payments: { id, account, cents } }),
});
const mended = defineProjection({
  ...declaration,
  schema: z.object({ id: z.string(), account: z.string(), amount: z.int() }),
  project: ({ id, account, amount }) => ({ payments: { id, account, cents: amount } }),
});

let database: TestDatabase;
let server: DataApiServer;
let emulator: KinesisEmulator;
let streams = 0;

beforeAll(async () => {
  database = await startTestDatabase();
  server = await startDataApiServer({ databaseUrl: database.url });
  emulator = await startKinesis();
  await database.query('CREATE TABLE payments (id text PRIMARY KEY, account text NOT NULL, cents bigint NOT NULL)');
});

afterAll(async () => {
  await emulator.stop();
  await server.close();
  await database.close();
});

beforeEach(() =>
  database.query(`TRUNCATE payments, event_processor.ledger, event_processor.quarantine, event_processor.batch_log,
    event_processor.fuse`),
);

interface OpenSource {
  readonly source: ShardSource;
  readonly put: (events: readonly object[]) => Promise<void>;
}

function memorySource(shardCount: number): Promise<OpenSource> {
  const stream = new MemoryStream({ shardCount });
  return Promise.resolve({
    source: stream,
    put: (events) => {
      const records = events.map((event) => ({
        partitionKey: (event as { account: string }).account,
        data: Buffer.from(JSON.stringify(event)).toString('base64'),
      }));
      stream.append(records);
      return Promise.resolve();
    },
  });
}

async function kinesisSource(shardCount: number): Promise<OpenSource> {
  const streamName = `payments-${(streams += 1)}`;
  const client = emulator.client();
  const streamArn = await createStream(client, { streamName, shardCount });
  return {
    source: createKinesisSource(client, streamArn),
    put: async (events) => {
      const records = events.map((event) => ({
        partitionKey: (event as { account: string }).account,
        data: Buffer.from(JSON.stringify(event)),
      }));
      await putRecords({ client, stream: { StreamName: streamName } }, records);
    },
  };
}

/** Runs the function in a new environment for every delivery, with the settings that a deployment has by default. */
class Deployment implements FunctionInvoker {
  readonly reports: BatchReport[] = [];
  #projection: AnyProjection;
  #codeVersion: string;

  constructor(projection: AnyProjection, codeVersion: string) {
    this.#projection = projection;
    this.#codeVersion = codeVersion;
  }

  deploy(projection: AnyProjection, codeVersion: string): void {
    this.#projection = projection;
    this.#codeVersion = codeVersion;
  }

  async invoke(payload: string) {
    const { Records: records } = JSON.parse(payload) as { Records: KinesisRecord[] };
    const { fuseThresholdPercent: thresholdPercent, fuseMinEvents: minEvents } = DEFAULT_ENVIRONMENT;
    const engine = database.createEngine(this.#projection, {
      codeVersion: this.#codeVersion,
      fuse: { thresholdPercent, minEvents },
    });
    const report = await processBatch(records, engine, () => 30_000);
    this.reports.push(report);
    const answer = batchResponse(
      records.map(({ kinesis }) => kinesis.sequenceNumber),
      report.committedRecords,
    );
    return { kind: 'response' as const, payload: JSON.stringify(answer) };
  }
}

function startMapping(source: ShardSource, invoker: FunctionInvoker, settings: Partial<MappingSettings>) {
  const events: MappingEvent[] = [];
  const mapping = createEventSourceMapping({
    source,
    invoker,
    settings,
    pace: { idlePollMs: 20, minReadIntervalMs: 1, retryBackoff: { firstMs: 1, maxMs: 20 } },
    observe: (event) => events.push(event),
  });
  onTestFinished(() => mapping.stop());
  return { mapping, events };
}

async function tables() {
  const [row] = await database.query(`SELECT (SELECT count(*)::int FROM payments) AS payments,
    (SELECT count(*)::int FROM event_processor.ledger) AS ledger,
    (SELECT count(*)::int FROM event_processor.quarantine WHERE applied_at IS NULL) AS quarantined`);
  return row;
}

const DELIVERIES = 40;

async function untilDelivered(deployment: Deployment, deliveries: number): Promise<void> {
  for (let waitedMs = 0; deployment.reports.length < deliveries; waitedMs += 5) {
    if (waitedMs > 60_000) throw new Error(`${deployment.reports.length} of ${deliveries} deliveries came`);
    await sleep(5);
  }
}

const SETTINGS: readonly (readonly [string, Partial<MappingSettings>, number])[] = [
  ['default settings, two shards', {}, 2],
  ['batches of one', { batchSize: 1 }, 1],
  ['batches of nineteen, ten lanes a shard', { batchSize: 19, parallelizationFactor: 10 }, 1],
  ['batches of ten thousand', { batchSize: 10_000 }, 1],
  ['halved batches', { bisectBatchOnFunctionError: true, parallelizationFactor: 2 }, 2],
];

describe.each([
  ['Kinesis', kinesisSource],
  ['memory', memorySource],
] as const)('a build that rejects the whole backlog, from %s', (_source, open) => {
  it.each(SETTINGS)('is held with %s, and the next build writes all of it once', async (_name, settings, shards) => {
    const { source, put } = await open(shards);
    await put(Array.from({ length: BACKLOG }, (_, n) => payment(n)));
    const deployment = new Deployment(broken, 'broken-build');
    const { mapping, events } = startMapping(source, deployment, settings);
    await mapping.start();
    await untilDelivered(deployment, DELIVERIES);
    await mapping.stop();

    expect(await tables()).toEqual({ payments: 0, ledger: 0, quarantined: 0 });
    expect(events.filter(({ type }) => type === 'resolved' || type === 'checkpoint')).toEqual([]);
    expect(new Set(deployment.reports.map(({ hold }) => hold?.reason))).toEqual(new Set(['fuse']));
    // One explanation, and one more where the fuse blew after too few events had been seen.
    expect(new Set(deployment.reports.map(({ hold }) => hold?.message)).size).toBeLessThanOrEqual(2);

    deployment.deploy(mended, 'mended-build');
    await mapping.start();
    await mapping.drained();
    await mapping.stop();
    expect(await tables()).toEqual({ payments: BACKLOG, ledger: BACKLOG, quarantined: 0 });
    const written = deployment.reports.reduce((sum, report) => sum + report.written, 0);
    expect(written).toBe(BACKLOG);
  });

  it("goes on by an operator's word: what has arrived is quarantined, what arrives later is held again", async () => {
    const { source, put } = await open(1);
    await put(Array.from({ length: BACKLOG }, (_, n) => payment(n)));
    const deployment = new Deployment(broken, 'broken-build');
    const { mapping } = startMapping(source, deployment, {});
    await mapping.start();
    await untilDelivered(deployment, 3);

    const held = /^payments, build broken-build: held since .*, fuse blown\n.* of .* events .*\n.*schema: cents: .*\n/;
    expect(await fuseCommand({ allow: false })).toMatch(new RegExp(`${held.source}.*add --allow`));
    expect(await fuseCommand({ allow: true, build: 'another' })).toBe('No build is held.');
    expect(await tables()).toEqual({ payments: 0, ledger: 0, quarantined: 0 });
    expect(await fuseCommand({ allow: true, build: 'broken-build' })).toMatch(held);
    expect(await fuseCommand({ allow: false })).toBe('No build is held.');
    await mapping.drained();
    expect(await tables()).toEqual({ payments: 0, ledger: 0, quarantined: BACKLOG });

    await put(Array.from({ length: 30 }, (_, n) => payment(BACKLOG + n)));
    const before = deployment.reports.length;
    await untilDelivered(deployment, before + 3);
    await mapping.stop();
    expect(await tables()).toMatchObject({ quarantined: BACKLOG });
    expect(deployment.reports.at(-1)?.hold?.reason).toBe('fuse');
  });
});

/** What `npm run ops -- fuse` says. */
async function fuseCommand({ allow, build }: { readonly allow: boolean; readonly build?: string }): Promise<string> {
  const { endpoint, resourceArn: clusterArn, secretArn, database: name, region } = server;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new RDSDataClient({ endpoint, region, credentials, maxAttempts: 1 });
  const execute = createExecuteStatement(client, { clusterArn, secretArn, database: name });
  const said: string[] = [];
  try {
    await runFuse(
      { execute: (sql, parameters = {}) => execute(sql, parameters, { timeoutMs: 10_000 }) },
      { allow, build, json: false, functionName: 'payments' },
      { say: (line) => said.push(line) },
    );
    return said.join('\n');
  } finally {
    client.destroy();
  }
}

describe('a healthy build', () => {
  it('quarantines one bad event among 999 good ones alone', async () => {
    const { source, put } = await memorySource(1);
    await put(Array.from({ length: 1_000 }, (_, n) => ({ ...payment(n), ...(n === 500 && { amount: 'a lot' }) })));
    const deployment = new Deployment(mended, 'build');
    const { mapping } = startMapping(source, deployment, { batchSize: 1_000 });
    await mapping.start();
    await mapping.drained();
    await mapping.stop();
    expect(await tables()).toEqual({ payments: 999, ledger: 999, quarantined: 1 });
  });

  it('moves with one bad event in ten, each event a batch of its own', async () => {
    const { source, put } = await memorySource(1);
    await put(Array.from({ length: 100 }, (_, n) => ({ ...payment(n), ...(n % 10 === 9 && { amount: 'a lot' }) })));
    const deployment = new Deployment(mended, 'build');
    const { mapping } = startMapping(source, deployment, { batchSize: 1 });
    await mapping.start();
    await mapping.drained();
    await mapping.stop();
    expect(deployment.reports).toHaveLength(100);
    expect(await tables()).toEqual({ payments: 90, ledger: 90, quarantined: 10 });
  });
});
