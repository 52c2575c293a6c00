import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gzipSync } from 'node:zlib';
import type { Execute } from '../../../data-api/execute.ts';
import type { RecordToPut } from '../../../kinesis/put-records.ts';
import { createFailureObjectSource } from '../../../ops/redrive/failure-object-source.ts';
import { createQuarantineSource } from '../../../ops/redrive/quarantine-source.ts';
import { redrive } from '../../../ops/redrive/redrive.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection, Decoder } from '../../../processor/projection.ts';
import { custom, defineProjection, inserts, json, ndjson, versions } from '../../../processor/projection.ts';
import { aggregate } from '../../support/aggregate.ts';
import { kinesisRecord, sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';
import { redriveSettings } from '../../support/redrive-settings.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

let database: TestDatabase;

const execute: Execute = (sql, parameters) => database.execute(sql, parameters ?? {}, { timeoutMs: 10_000 });

const ARRIVED = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  database = await startTestDatabase();
});

beforeEach(() =>
  database.query(`
    DROP TABLE IF EXISTS readings, newest;
    TRUNCATE event_processor.ledger, event_processor.quarantine, event_processor.batch_log;
    CREATE TABLE readings (id text NOT NULL, sensor integer, place numeric, arrived timestamptz, key text);
    CREATE TABLE newest (sensor integer PRIMARY KEY, seq numeric NOT NULL, n integer NOT NULL);`),
);

afterAll(() => database.close());

/** The first build takes no readings with a note; the next one does. */
function build(decode: Decoder, takesNotes: boolean) {
  const reading = { sensor: z.int(), n: z.int().default(0) };
  return defineProjection({
    name: 'readings',
    decode,
    schema: takesNotes ? z.object({ ...reading, note: z.string().optional() }) : z.strictObject(reading),
    eventId: 'position',
    tables: {
      readings: inserts({
        columns: { id: 'text', sensor: 'integer', place: 'position', arrived: 'timestamptz', key: 'text' },
      }),
      newest: versions({ key: { sensor: 'integer' }, version: { seq: 'position' }, columns: { n: 'integer' } }),
    },
    project: ({ sensor, n }, _lookups, { eventId, record }) => ({
      readings: { id: eventId, sensor, arrived: record.arrivedAt, key: record.partitionKey },
      newest: { sensor, n },
    }),
  });
}

interface Sent {
  readonly data: unknown;
  readonly partitionKey?: string;
}

async function run(projection: AnyProjection, records: readonly Sent[], startAt = 0, arrivedAtMs = ARRIVED) {
  const report = await processBatch(
    records.map((record, index) => kinesisRecord({ arrivedAtMs, ...record, index: startAt + index })),
    database.createEngine(projection),
    () => 10_000,
  );
  expect(report.hold).toBeUndefined();
  return report;
}

/** Puts open entries back; what is put is returned. */
async function putBack({ isInterrupted = false } = {}): Promise<readonly RecordToPut[]> {
  const put: RecordToPut[] = [];
  const source = createQuarantineSource(execute, {});
  const sink = { put: (records: readonly RecordToPut[]) => Promise.resolve(void put.push(...records)) };
  const dies = { ...source, mark: () => Promise.reject(new Error('interrupted')) };
  const redriven = redrive(isInterrupted ? dies : source, sink, redriveSettings());
  await (isInterrupted ? expect(redriven).rejects.toThrow('interrupted') : redriven);
  return put;
}

const rows = () => database.query('SELECT id, sensor, place::text, arrived, key FROM readings ORDER BY place');
const open = () =>
  database.query(
    'SELECT count(*)::int FROM event_processor.quarantine WHERE redriven_at IS NULL AND applied_at IS NULL',
  );

const LATER = Date.UTC(2026, 0, 9);
const noted = (sensor: number) => JSON.stringify({ sensor, note: 'x' });
const plain = (sensor: number) => JSON.stringify({ sensor });

describe.each<[string, Decoder, readonly Sent[]]>([
  ['plain records', json(), [{ data: noted(1) }, { data: plain(2), partitionKey: 'k' }, { data: noted(3) }]],
  ['a compressed record', json(), [{ data: gzipSync(noted(1)) }]],
  [
    'sub-records of an aggregate',
    json(),
    [{ data: aggregate([1, 2, 3].map((n) => ({ partitionKey: `k${n}`, data: n === 2 ? plain(n) : noted(n) }))) }],
  ],
  ['lines', ndjson(), [{ data: [plain(1), noted(2), plain(3), noted(4)].join('\n') }, { data: noted(5) }]],
  [
    'lines in an aggregate',
    ndjson(),
    [
      {
        data: aggregate(
          ['k', 'l'].map((partitionKey) => ({ partitionKey, data: [noted(1), plain(2), noted(3)].join('\n') })),
        ),
      },
    ],
  ],
  [
    'documents that share their bytes',
    custom((bytes) =>
      bytes
        .toString()
        .split(';')
        .map((text) => JSON.parse(text) as unknown),
    ),
    [{ data: [plain(1), noted(2), noted(3)].join(';') }],
  ],
])('%s that are put back', (_what, decode, records) => {
  it('have the rows that they would have had, once, however often the redrive is interrupted', async () => {
    await run(build(decode, true), records);
    const expected = await rows();
    await database.query('TRUNCATE readings, newest, event_processor.ledger, event_processor.quarantine');

    const { rejections } = await run(build(decode, false), records);
    expect(rejections.length).toBeGreaterThan(0);
    const first = await putBack({ isInterrupted: true });
    const second = await putBack();
    // It ends before it marks what it has put, so all of that is put again.
    expect(second.slice(0, first.length)).toEqual(first);
    await run(build(decode, true), [...first, ...second], 100, LATER);
    await run(build(decode, true), records);
    expect(await rows()).toEqual(expected);
    expect(await open()).toEqual([{ count: 0 }]);
  });

  it('keep their place when they are rejected again', async () => {
    await run(build(decode, true), records);
    const expected = await rows();
    await database.query('TRUNCATE readings, newest, event_processor.ledger, event_processor.quarantine');

    await run(build(decode, false), records);
    await run(build(decode, false), await putBack(), 100, LATER);
    expect(await open()).not.toEqual([{ count: 0 }]);
    await run(build(decode, true), await putBack(), 200, LATER);
    expect(await rows()).toEqual(expected);
    expect(await open()).toEqual([{ count: 0 }]);
  });
});

it('a state that is put back never replaces what came after it', async () => {
  await run(build(json(), false), [{ data: { sensor: 1, n: 1, note: 'x' } }, { data: { sensor: 1, n: 2 } }]);
  const report = await run(build(json(), true), await putBack(), 100, LATER);
  expect(report).toMatchObject({ written: 1 });
  expect(await database.query('SELECT n FROM newest')).toEqual([{ n: 2 }]);
});

it('a document that a later build finds several in does not take the place of the next one', async () => {
  const data = [noted(1), plain(9), plain(2)].join('\n');
  await run(build(ndjson(), false), [{ data }]);
  const splits = custom((bytes) => [JSON.parse(bytes.toString()) as unknown, { sensor: 7 }]);
  await run(build(splits, true), await putBack(), 100, LATER);
  await run(build(splits, true), await putBack(), 200, LATER);
  const base = `${SHARD_ID}:${sequenceNumber(0)}00000`;
  expect((await rows()).map(({ id, sensor }) => [id, sensor])).toEqual([
    [`${base}0000000`, 1],
    [`${base}0000001`, 7],
    [`${base}0000100`, 9],
    [`${base}0000200`, 2],
  ]);
});

it.each([
  ['of a record that is still to come', [SHARD_ID, sequenceNumber(101), null, null, 0, ARRIVED]],
  ['of the record itself', [SHARD_ID, sequenceNumber(100), null, null, 0, ARRIVED]],
  ['of no record', ['nowhere']],
])('a place %s is refused, whoever claims it', async (_what, place) => {
  await run(build(json(), false), [{ data: noted(1) }]);
  await database.query('UPDATE event_processor.quarantine SET place = $1', [JSON.stringify(place)]);
  const [forged] = await putBack();
  const { rejections } = await run(build(json(), true), [forged!], 100, LATER);
  expect(rejections.map(({ rejection }) => [rejection.reason, rejection.detail])).toEqual([
    [
      'aggregate-malformed',
      `expected the place of an earlier record in its tag, got ${JSON.stringify(JSON.stringify(place).slice(0, 80))}`,
    ],
  ]);
  expect(await rows()).toEqual([]);
});

it('records of an on-failure object keep their places where that is asked for', async () => {
  const record = kinesisRecord({
    data: aggregate([1, 2].map((n) => ({ partitionKey: `k${n}`, data: plain(n) }))),
    arrivedAtMs: ARRIVED,
  });
  await run(build(json(), true), [{ data: Buffer.from(record.kinesis.data, 'base64') }]);
  const expected = await rows();
  const streamArn = 'arn:aws:kinesis:eu-west-1:111122223333:stream/readings';
  const object = { KinesisBatchInfo: { streamArn, shardId: SHARD_ID }, payload: JSON.stringify({ Records: [record] }) };
  const objects = {
    // eslint-disable-next-line @typescript-eslint/require-await -- a port
    keys: async function* () {
      yield 'one';
    },
    read: () => Promise.resolve(JSON.stringify(object)),
    mark: () => Promise.resolve(),
  };
  const put: RecordToPut[] = [];
  const sink = { put: (records: readonly RecordToPut[]) => Promise.resolve(void put.push(...records)) };
  await redrive(createFailureObjectSource(objects, { streamArn, keepPlaces: true }), sink, redriveSettings());
  expect(await run(build(json(), true), [...put, ...put], 100, LATER)).toMatchObject({ written: 0, duplicates: 4 });
  expect(await rows()).toEqual(expected);
});

it('an event whose place does not matter is put back as it was', async () => {
  const byId = (takes: boolean) =>
    defineProjection({
      name: 'readings',
      schema: takes ? z.any() : z.never(),
      eventId: ({ id }: { readonly id: string }) => id,
      tables: { readings: inserts({ columns: { id: 'text' } }) },
      project: ({ id }: { readonly id: string }) => ({ readings: { id } }),
    });
  await run(byId(false), [{ data: { id: 'a' } }]);
  const put = await putBack();
  expect(put.map(({ data }) => Buffer.from(data).toString())).toEqual(['{"id":"a"}']);
});
