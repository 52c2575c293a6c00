import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPatientExecute } from '../../../data-api/retry-transient.ts';
import type { DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startDataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { createStream } from '../../../local/kinesis/create-stream.ts';
import { fillStream } from '../../../local/kinesis/fill-stream.ts';
import type { KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import { startKinesis } from '../../../local/kinesis/start-kinesis.ts';
import { putRecords } from '../../../kinesis/put-records.ts';
import { createQuarantineSource } from '../../../ops/redrive/quarantine-source.ts';
import type { RedriveReport } from '../../../ops/redrive/redrive.ts';
import { redrive } from '../../../ops/redrive/redrive.ts';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { counters, defineProjection, inserts } from '../../../processor/projection.ts';
import { aggregate } from '../../support/aggregate.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';
import { redriveSettings } from '../../support/redrive-settings.ts';

/** The build that is deployed first takes no parcel; the next one takes those with a depot. */
function parcels({ isBroken }: { readonly isBroken: boolean }) {
  return defineProjection({
    name: 'parcels',
    schema: z.object({ id: z.string(), depot: z.string().optional() }),
    eventId: ({ id }) => id,
    tables: {
      parcels: inserts({ columns: { id: 'text' } }),
      depots: counters({ key: { depot: 'text' }, counters: { parcels: 'bigint' } }),
    },
    project: ({ id, depot }) => {
      if (isBroken || depot === undefined) throw new TypeError('no depot');
      return { parcels: { id }, depots: { depot, parcels: 1 } };
    },
  });
}

let database: TestDatabase;
let server: DataApiServer;
let dataApi: RDSDataClient;
let emulator: KinesisEmulator;
let kinesis: KinesisClient;
const cleanup = new AsyncDisposableStack();

beforeAll(async () => {
  database = await startTestDatabase();
  cleanup.defer(() => database.close());
  await database.query(`CREATE TABLE parcels (id text NOT NULL);
    CREATE TABLE depots (depot text PRIMARY KEY, parcels bigint NOT NULL);`);
  server = await startDataApiServer({ databaseUrl: database.url });
  cleanup.defer(() => server.close());
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  dataApi = new RDSDataClient({ endpoint: server.endpoint, region: server.region, credentials });
  cleanup.defer(() => {
    dataApi.destroy();
  });
  emulator = await startKinesis();
  cleanup.defer(() => emulator.stop());
  kinesis = emulator.client();
  cleanup.defer(() => {
    kinesis.destroy();
  });
});

afterAll(() => cleanup.disposeAsync());

/** A stream of its own for each test, and how far it has been read. */
let stream: { readonly name: string; readonly arn: string; read: number };
let streams = 0;

beforeEach(async () => {
  await database.query(`TRUNCATE parcels, depots, event_processor.ledger, event_processor.quarantine,
    event_processor.batch_log RESTART IDENTITY`);
  const name = `parcels-${(streams += 1)}`;
  stream = { name, arn: await createStream(kinesis, { streamName: name, shardCount: 1 }), read: 0 };
});

/** Records that came to the stream since the last call, as the mapping would deliver them. */
async function newRecords(): Promise<readonly KinesisRecord[]> {
  const { Shards: [shard] = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream.name }));
  const shardId = shard!.ShardId!;
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({ StreamName: stream.name, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const { Records = [], MillisBehindLatest } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
  expect(MillisBehindLatest).toBe(0);
  const fresh = Records.slice(stream.read);
  stream.read = Records.length;
  return fresh.map((record) => ({
    eventID: `${shardId}:${record.SequenceNumber!}`,
    kinesis: {
      sequenceNumber: record.SequenceNumber!,
      partitionKey: record.PartitionKey!,
      data: Buffer.from(record.Data!).toString('base64'),
      approximateArrivalTimestamp: record.ApproximateArrivalTimestamp!.getTime() / 1000,
    },
  }));
}

async function process(records: readonly KinesisRecord[], build: { readonly isBroken: boolean }) {
  const engine = database.createEngine(parcels(build), { fuse: { thresholdPercent: 100, minEvents: 20 } });
  const report = await processBatch(records, engine, () => 30_000);
  expect(report.committedRecords).toBe(records.length);
  return { written: report.written, duplicates: report.duplicates, rejected: report.rejections.length };
}

/** Puts records on the stream and has the broken build set all of them aside. */
async function quarantine(contents: readonly { readonly partitionKey: string; readonly data: Buffer }[]) {
  await fillStream(kinesis, contents, { streamName: stream.name, callsInFlight: 1 });
  await process(await newRecords(), { isBroken: true });
}

function apply(): Promise<RedriveReport> {
  const { resourceArn: clusterArn, secretArn, database: name } = server;
  return redrive(
    createQuarantineSource(
      createPatientExecute(
        { client: dataApi, clusterArn, secretArn, database: name },
        { timeoutMs: 30_000, maxWaitMs: 0 },
      ),
      {},
    ),
    { put: (records) => putRecords({ client: kinesis, stream: { StreamARN: stream.arn } }, records) },
    redriveSettings(),
  );
}

function bytesOf(records: readonly KinesisRecord[]): unknown[] {
  return records.map(({ kinesis: { partitionKey, data } }) => ({ partitionKey, data: Buffer.from(data, 'base64') }));
}

const entries = () =>
  database.query(`SELECT event_id, redriven_at IS NOT NULL AS redriven, applied_at IS NOT NULL AS applied
    FROM event_processor.quarantine ORDER BY id`);

const parcel = (n: number) => ({
  partitionKey: `key-ü-${n % 3}`,
  data: Buffer.from(JSON.stringify({ id: `parcel-${n}`, depot: 'depot-1' }, null, n)),
});

describe('a redrive to a stream', () => {
  it('puts the original bytes back under their keys, and the next build has each in effect once', async () => {
    const sent = [0, 1, 2, 3, 4, 5, 6].map(parcel);
    await quarantine(sent);
    expect(await apply()).toMatchObject({ items: 7, records: 7, refused: [] });
    const back = await newRecords();
    expect(bytesOf(back)).toEqual(sent);
    expect(await entries()).toEqual(sent.map((_, n) => ({ event_id: `parcel-${n}`, redriven: true, applied: false })));

    expect(await apply()).toMatchObject({ items: 0, records: 0 });
    expect(await newRecords()).toEqual([]);

    expect(await process(back, { isBroken: false })).toEqual({ written: 7, duplicates: 0, rejected: 0 });
    expect(await process(back, { isBroken: false })).toEqual({ written: 0, duplicates: 7, rejected: 0 });
    expect(await database.query('SELECT parcels FROM depots')).toEqual([{ parcels: '7' }]);
    expect((await entries()).every(({ applied }) => applied)).toBe(true);
  });

  it('sets what is rejected again aside once, as a new entry that can be put back', async () => {
    await quarantine([{ partitionKey: 'lost', data: Buffer.from('{"id":"no-depot"}') }]);
    await apply();
    const back = await newRecords();
    await process(back, { isBroken: false });
    await process(back, { isBroken: false });
    expect(await entries()).toEqual([
      { event_id: 'no-depot', redriven: true, applied: false },
      { event_id: 'no-depot', redriven: false, applied: false },
    ]);
    expect(await apply()).toMatchObject({ items: 1, records: 1 });
    expect(bytesOf(await newRecords())).toEqual(bytesOf(back));
  });

  it('puts a sub-record of an aggregate, and bytes that are no text, back as they were', async () => {
    const [inner, raw] = [parcel(0), Buffer.from([0, 0xff, 0xf3, 0x89, 10])];
    await quarantine([
      { partitionKey: 'outer', data: aggregate([inner, parcel(1)]) },
      { partitionKey: 'raw', data: raw },
    ]);
    await apply();
    const back = await newRecords();
    expect(bytesOf(back)).toEqual([inner, parcel(1), { partitionKey: 'raw', data: raw }]);
    expect(await process(back, { isBroken: false })).toEqual({ written: 2, duplicates: 0, rejected: 1 });
  });
});
