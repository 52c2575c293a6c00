import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchResponse } from '../../../../processor/write/batch-outcome.ts';
import { sequenceNumber } from '../../../support/kinesis-record.ts';

const size = fc.nat({ max: 300 });

it('names the first record that is not committed, exactly once, and none when all are', () => {
  fc.assert(
    fc.property(size, fc.nat({ max: 300 }), (records, committed) => {
      fc.pre(committed <= records);
      const sequenceNumbers = Array.from({ length: records }, (_, index) => sequenceNumber(index));
      expect(batchResponse(sequenceNumbers, committed).batchItemFailures).toEqual(
        committed === records ? [] : [{ itemIdentifier: sequenceNumber(committed) }],
      );
    }),
  );
});

it('throws rather than answer for records that are not there', () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 9 }), (records, excess) => {
      const sequenceNumbers = Array.from({ length: records }, (_, index) => sequenceNumber(index));
      expect(() => batchResponse(sequenceNumbers, records + excess)).toThrow(RangeError);
    }),
  );
});
