import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { decodeRecords } from '../../../processor/core/decode-records.ts';
import { aggregate, sealAggregate } from '../../support/aggregate.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const json = fc.oneof(fc.json(), fc.constant('{"id":"a"}')).map((text) => Buffer.from(text));

/** Bytes of every kind a record can hold, honest and hostile. */
const data = fc.oneof(
  bytes,
  json,
  json.map((text) => gzipSync(text)),
  fc.tuple(json, fc.nat({ max: 40 })).map(([text, cut]) => gzipSync(text).subarray(0, -cut)),
  fc
    .array(fc.record({ partitionKey: fc.string({ minLength: 1 }), data: json }), { minLength: 1, maxLength: 5 })
    .map((records) => aggregate(records)),
  bytes.map((body) => sealAggregate(body)),
  bytes.map((rest) => Buffer.concat([Buffer.from('f3899ac2', 'hex'), rest])),
);

const decoding = { schema: z.object({ id: z.string() }), eventId: (event: unknown) => (event as { id: string }).id };

it('never throws, gives every record an item, and keeps the order of the records', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(data, { maxLength: 8 }), async (contents) => {
      const records = contents.map((content, index) => kinesisRecord({ data: content, index }));
      const items = await decodeRecords(records, decoding);
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
