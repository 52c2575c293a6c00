import { describe, expect, it } from 'vitest';
import { invocationEvent, invocationEventBytes } from '../../../../local/mapping/mapping-record.ts';
import { encodeRecord } from './records.ts';

const RECORD = encodeRecord(
  {
    sequenceNumber: '4965000000000000000000000000000000000000000000000000001',
    partitionKey: 'dévice-"7"\n',
    data: 'eyJuIjoxfQ==',
    approximateArrivalMs: 1_760_000_000_123,
  },
  0,
);

describe('invocation event', () => {
  it('has the form AWS documents, keys in its order', () => {
    const parsed: unknown = JSON.parse(invocationEvent([RECORD]));
    const expected = {
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'dévice-"7"\n',
            sequenceNumber: '4965000000000000000000000000000000000000000000000000001',
            data: 'eyJuIjoxfQ==',
            approximateArrivalTimestamp: 1760000000.123,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: 'shardId-000000000000:4965000000000000000000000000000000000000000000000000001',
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: 'arn:aws:iam::111122223333:role/fn-role',
          awsRegion: 'eu-west-1',
          eventSourceARN: 'arn:aws:kinesis:eu-west-1:111122223333:stream/readings',
        },
      ],
    };
    expect(JSON.stringify(parsed)).toBe(JSON.stringify(expected));
  });

  it.each([1, 2, 17])('is measured in bytes, not characters: %i records', (count) => {
    const batch = Array.from({ length: count }, () => RECORD);
    expect(invocationEventBytes(batch)).toBe(Buffer.byteLength(invocationEvent(batch)));
  });

  it('is valid JSON without records', () => {
    expect(invocationEvent([])).toBe('{"Records":[]}');
    expect(invocationEventBytes([])).toBe(14);
  });
});
