import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  cloudWatchLogs,
  custom,
  json as oneDocument,
  jsonArray,
  ndjson,
} from '../../../../processor/decode/decoders.ts';
import { decodeRecords } from '../../../../processor/decode/decode-records.ts';
import { aggregate, sealAggregate } from '../../../support/aggregate.ts';
import { kinesisRecord } from '../../../support/kinesis-record.ts';

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const json = fc
  .oneof(fc.json(), fc.constantFrom('{"id":"a"}', '{"id":"a"}\n{"id":"b"}', '[{"id":"a"},5]', ' '))
  .map((text) => Buffer.from(text));

/** Bytes of every kind a record can hold, honest and hostile. */
const data = fc.oneof(
  bytes,
  json,
  fc.tuple(json, fc.constantFrom(gzipSync, deflateSync, zstdCompressSync)).map(([text, compress]) => compress(text)),
  fc.tuple(json, fc.nat({ max: 40 })).map(([text, cut]) => gzipSync(text).subarray(0, -cut)),
  fc
    .array(fc.record({ partitionKey: fc.string({ minLength: 1 }), data: json }), { minLength: 1, maxLength: 5 })
    .map((records) => aggregate(records)),
  bytes.map((body) => sealAggregate(body)),
  bytes.map((rest) => Buffer.concat([Buffer.from('f3899ac2', 'hex'), rest])),
);

/** Halves of characters, separators and marks: what could run from one record into the next. */
const edges = fc
  .array(
    fc.constantFrom(
      'c3',
      'a9',
      'e282',
      'ac',
      '00',
      'efbbbf',
      '5b',
      '5d',
      '2c',
      '31',
      '22',
      '0a',
      '7b226964223a2261227d',
    ),
    { maxLength: 4 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'hex'));

const decoder = fc.constantFrom(
  oneDocument(),
  ndjson(),
  jsonArray(),
  cloudWatchLogs(),
  custom((bytes) => JSON.parse(bytes.toString()) as unknown),
);
const decoding = { schema: z.object({ id: z.string() }), eventId: (event: unknown) => (event as { id: string }).id };

it('never throws, gives every record an item, and keeps the order of the records', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(data, { maxLength: 8 }), decoder, async (contents, decode) => {
      const records = contents.map((content, index) => kinesisRecord({ data: content, index }));
      const items = await decodeRecords(records, { ...decoding, decode });
      const places = items.map(({ origin }) => `${origin.recordIndex}/${origin.subSequenceNumber}`);
      expect(new Set(places).size).toBe(places.length);
      const indexes = items.map(({ origin }) => origin.recordIndex);
      expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
      expect([...new Set(indexes)]).toEqual(records.map((_record, index) => index));
      for (const { origin } of items) {
        expect(origin.sequenceNumber).toBe(records[origin.recordIndex]?.kinesis.sequenceNumber);
      }
    }),
    { numRuns: 300 },
  );
});

it('decodes a record to the same, whatever records are beside it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(json, edges, data), { maxLength: 8 }), decoder, async (contents, decode) => {
      const records = contents.map((content, index) => kinesisRecord({ data: content, index }));
      const alone = await Promise.all(records.map((record) => decodeRecords([record], { ...decoding, decode })));
      const expected = alone.flatMap((items, recordIndex) =>
        items.map((item) => ({ ...item, origin: { ...item.origin, recordIndex } })),
      );
      expect(await decodeRecords(records, { ...decoding, decode })).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});
