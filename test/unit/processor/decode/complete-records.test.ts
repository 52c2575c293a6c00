import { describe, expect, it } from 'vitest';
import { completeRecords } from '../../../../processor/decode/complete-records.ts';
import { recordAges } from '../../../../processor/batch-summary.ts';
import { kinesisRecord } from '../../../support/kinesis-record.ts';

const NOW_MS = 1_700_000_000_123;
const record = kinesisRecord({ data: { id: 'a' } });
const without = (member: string) => ({
  ...record,
  kinesis: Object.fromEntries(Object.entries(record.kinesis).filter(([name]) => name !== member)),
});

describe('a record', () => {
  it('with all its members stays as it is', () => {
    const records = [record, kinesisRecord({ data: 'x', index: 1 })];
    expect(completeRecords(records, NOW_MS)).toBe(records);
  });

  it('without an arrival time arrived with the invocation', () => {
    for (const seconds of [undefined, null, NaN, -1, '1545084650.987', 1_545_084_650_987]) {
      const given = { ...record, kinesis: { ...record.kinesis, approximateArrivalTimestamp: seconds } };
      const [completed] = completeRecords([given], NOW_MS);
      expect(completed).toEqual({
        ...record,
        kinesis: { ...record.kinesis, approximateArrivalTimestamp: NOW_MS / 1000 },
      });
    }
  });

  it('without a shard or a partition key is taken all the same', () => {
    const { kinesis } = without('partitionKey');
    expect(completeRecords([record, { kinesis }], NOW_MS)).toEqual([
      record,
      { eventID: 'unknown', kinesis: { ...record.kinesis, partitionKey: 'unknown' } },
    ]);
    expect(completeRecords([{ eventID: 5, kinesis: { ...kinesis, partitionKey: 5 } }], NOW_MS)).toEqual([
      { eventID: 'unknown', kinesis: { ...record.kinesis, partitionKey: 'unknown' } },
    ]);
  });

  it.each([
    [without('data'), '`Records[1].kinesis.data` must be the bytes in base64, got nothing'],
    [without('sequenceNumber'), '`Records[1].kinesis.sequenceNumber` must be a string of digits, got nothing'],
    [
      { kinesis: { ...record.kinesis, sequenceNumber: 5 } },
      '`Records[1].kinesis.sequenceNumber` must be a string of digits, got 5',
    ],
    [
      { kinesis: { ...record.kinesis, sequenceNumber: 'seq-1' } },
      '`Records[1].kinesis.sequenceNumber` must be a string of digits, got "seq-1"',
    ],
    [
      { kinesis: { ...record.kinesis, sequenceNumber: '' } },
      '`Records[1].kinesis.sequenceNumber` must be a string of digits, got ""',
    ],
    [
      { ...record, kinesis: { ...record.kinesis, data: '{"id":"a"}' } },
      '`Records[1].kinesis.data` must be the bytes in base64, got JSON as it stands',
    ],
    [{ kinesis: null }, '`Records[1].kinesis.data` must be the bytes in base64, got nothing'],
    [{ body: 'of another service' }, '`Records[1].kinesis.data` must be the bytes in base64, got nothing'],
    [null, '`Records[1].kinesis.data` must be the bytes in base64, got nothing'],
  ])('that is none is told by the member that is missing: %j', (given, message) => {
    expect(() => completeRecords([record, given], NOW_MS)).toThrow(new TypeError(message));
  });

  it('needs a list to be in', () => {
    expect(() => completeRecords(undefined, NOW_MS)).toThrow(
      'expected the event of a Kinesis event source mapping, got one whose `Records` is nothing',
    );
  });
});

describe('the ages of records', () => {
  const arrived = (ms: number) => kinesisRecord({ data: 'x', arrivedAtMs: ms });

  it('are those of the newest and the oldest, never less than none', () => {
    expect(recordAges([arrived(NOW_MS - 5_000), arrived(NOW_MS - 9_000), arrived(NOW_MS - 7_000)], NOW_MS)).toEqual({
      newestMs: 5_000,
      oldestMs: 9_000,
    });
    expect(recordAges([arrived(NOW_MS + 5_000)], NOW_MS)).toEqual({ newestMs: 0, oldestMs: 0 });
  });

  it('are none without records', () => {
    expect(recordAges([], NOW_MS)).toEqual({ newestMs: 0, oldestMs: 0 });
  });
});
