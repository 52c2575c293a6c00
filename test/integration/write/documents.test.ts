import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { custom, defineProjection, inserts, jsonArray, ndjson } from '../../../processor/projection.ts';
import { kinesisRecord, sequenceNumber } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

beforeEach(() =>
  database.query(`
    DROP TABLE IF EXISTS readings;
    TRUNCATE event_processor.ledger, event_processor.quarantine;
    CREATE TABLE readings (id text PRIMARY KEY, n integer NOT NULL);`),
);

afterAll(() => database.close());

const declaration = {
  name: 'readings',
  schema: z.object({ id: z.string(), n: z.int() }),
  eventId: ({ id }: { readonly id: string }) => id,
  tables: { readings: inserts({ columns: { id: 'text', n: 'integer' } }) },
} as const;
const lines = defineProjection({ ...declaration, decode: ndjson(), project: (event) => ({ readings: event }) });
const lists = defineProjection({ ...declaration, decode: jsonArray(), project: (event) => ({ readings: event }) });

function run(projection: AnyProjection, contents: readonly string[], startAt = 0) {
  const records = contents.map((data, index) => kinesisRecord({ data, index: startAt + index }));
  return processBatch(records, database.createEngine(projection), () => 10_000);
}

async function quarantine() {
  return database.query(
    `SELECT sequence_number::text AS sequence, sub_sequence_number AS sub, reason, event_id,
      convert_from(payload, 'UTF8') AS payload, applied_at IS NOT NULL AS applied
     FROM event_processor.quarantine ORDER BY sequence_number, sub_sequence_number`,
  );
}

const mixed = '{"id":"h","n":1}\nnot json\n{"id":"i","n":"x"}\n{"id":"j","n":4}\n{"id":"h","n":2147483648}\n';

it('a bad document is set aside alone, with its own bytes and number, and nothing comes twice', async () => {
  const records = ['{"id":"a","n":1}\n{"id":"b","n":2}\n', '{"id":"c","n":1}{"id":"d","n":2}', mixed];
  expect([await run(lines, records), await run(lines, records)]).toMatchObject([
    { events: 9, written: 6, duplicates: 0, committedRecords: 3, hold: undefined },
    { events: 9, written: 0, duplicates: 6, committedRecords: 3, hold: undefined },
  ]);
  expect(await database.query('SELECT id FROM readings ORDER BY id')).toEqual(
    ['a', 'b', 'c', 'd', 'h', 'j'].map((id) => ({ id })),
  );
  const entry = { sequence: sequenceNumber(2), applied: false };
  expect(await quarantine()).toEqual([
    { ...entry, sub: 1, reason: 'not-json', event_id: null, payload: 'not json' },
    { ...entry, sub: 2, reason: 'schema', event_id: null, payload: '{"id":"i","n":"x"}' },
  ]);
});

it('the elements of a list are documents', async () => {
  expect(await run(lists, ['[{"id":"e","n":1},{"id":"f","n":2}]'])).toMatchObject({ events: 2, written: 2 });
});

it('a record without a document is committed', async () => {
  const report = await run(lists, ['[]', '[]']);
  expect(report).toMatchObject({ committedRecords: 2, skippedByReason: { 'no-documents': 2 }, rejections: [] });
});

it('an entry of an event that shares its bytes with others stays open when one of these has its effect', async () => {
  const decode = custom((bytes) =>
    bytes
      .toString()
      .split(';')
      .map((id) => ({ id, n: id === 'x' ? 'x' : 1 })),
  );
  const project = (event: { readonly id: string; readonly n: number }) => ({ readings: event });
  const shared = defineProjection({ ...declaration, decode, project });
  await run(shared, ['a;x;b']);
  await run(shared, ['a;x;b']);
  await run(shared, ['a;x;b'], 1);
  expect((await quarantine()).map(({ sub, payload, applied }) => [sub, payload, applied])).toEqual([
    [1, 'a;x;b', false],
    [1, 'a;x;b', false],
  ]);
});

it('the entry of a document closes when a later build takes it, and the others stay open', async () => {
  await run(lines, [mixed]);
  const lenient = defineProjection({
    ...declaration,
    decode: ndjson(),
    schema: z.object({ id: z.string(), n: z.union([z.int(), z.literal('x').transform(() => 0)]) }),
    project: (event) => ({ readings: event }),
  });
  await run(lenient, [mixed]);
  expect((await quarantine()).map(({ sub, applied }) => [sub, applied])).toEqual([
    [1, false],
    [2, true],
  ]);
});
