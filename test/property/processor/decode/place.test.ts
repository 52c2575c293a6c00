import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Place } from '../../../../processor/decode/place.ts';
import { eventRecord, positionOf, subSequenceNumberOf } from '../../../../processor/decode/place.ts';
import { place } from '../../../support/encoded-event.ts';

/** Places of one shard, close enough to each other to collide where two could. */
const anyPlace = fc
  .record({
    record: fc.nat({ max: 3 }),
    isAggregate: fc.boolean(),
    subRecord: fc.oneof(fc.nat({ max: 3 }), fc.constantFrom(9, 10, 99_999)),
    document: fc.oneof(fc.nat({ max: 3 }), fc.constantFrom(9, 10, 16_383)),
    piece: fc.constantFrom(0, 0, 1, 9, 99),
  })
  // A record is an aggregate or it is none.
  .map(({ record, isAggregate, subRecord, document, piece }) =>
    place(2 * record + Number(isAggregate), { subRecord: isAggregate ? subRecord : null, document, piece }),
  );

/** The order of the stream, spelled out. */
function compare(a: Place, b: Place): number {
  const byRecord = BigInt(a.sequenceNumber) - BigInt(b.sequenceNumber);
  if (byRecord !== 0n) return Number(byRecord);
  return (a.subRecord ?? 0) - (b.subRecord ?? 0) || a.document - b.document || a.piece - b.piece;
}

it('gives every event of a shard a position and a number in its record of its own, positions in the order of the stream', () => {
  fc.assert(
    fc.property(anyPlace, anyPlace, (a, b) => {
      const order = compare(a, b);
      const difference = BigInt(positionOf(a)) - BigInt(positionOf(b));
      expect(Math.sign(Number(difference))).toBe(Math.sign(order));
      const isOther = a.subRecord !== b.subRecord || a.document !== b.document;
      if (a.sequenceNumber === b.sequenceNumber && isOther) {
        expect(subSequenceNumberOf(a)).not.toBe(subSequenceNumberOf(b));
      }
      // The quarantine keeps the number in an integer of four bytes.
      expect(subSequenceNumberOf(a)).toBeLessThan(2 ** 31);
    }),
    { numRuns: 2_000 },
  );
});

it('counts documents, and sub-records as producers and other consumers do', () => {
  const numbers = [null, 0, 1, 7].map((subRecord) => subSequenceNumberOf({ subRecord, document: 0 }));
  expect(numbers).toEqual([0, 0, 1, 7]);
  expect(subSequenceNumberOf({ subRecord: null, document: 7 })).toBe(7);
});

it('shows a projection all there is to know of a record', () => {
  const arrivedAtMs = Date.UTC(2026, 0, 1);
  expect(eventRecord(place(0, { sequenceNumber: '49', subRecord: 2, document: 1, arrivedAtMs }), 'DTW')).toEqual({
    sequenceNumber: '49',
    subSequenceNumber: 2 + 2 ** 17,
    position: '49000020000100',
    partitionKey: 'DTW',
    shardId: 'shardId-000000000000',
    arrivedAt: new Date('2026-01-01T00:00:00Z'),
  });
});
