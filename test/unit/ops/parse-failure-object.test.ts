import { describe, expect, it } from 'vitest';
import { parseFailureObject } from '../../../ops/redrive/parse-failure-object.ts';

const STREAM = 'arn:aws:kinesis:eu-west-1:111122223333:stream/readings';
const RECORD = { kinesis: { partitionKey: 'device-7', data: Buffer.from('{"n":1}').toString('base64') } };

function document(rest: object = {}, streamArn = STREAM): string {
  const about = { requestContext: { condition: 'RetryAttemptsExhausted' }, version: '1.0' };
  const payload = JSON.stringify({ Records: [RECORD, RECORD] });
  return JSON.stringify({ ...about, KinesisBatchInfo: { shardId: 'shardId-0', streamArn }, payload, ...rest });
}

describe('an on-failure object', () => {
  it.each([STREAM, `${STREAM}/consumer/fast:1`])('gives the records of its batch, read from %s', (arn) => {
    const record = { partitionKey: 'device-7', data: Buffer.from('{"n":1}') };
    expect(parseFailureObject(document({}, arn), STREAM)).toEqual({
      condition: 'RetryAttemptsExhausted',
      shardId: 'shardId-0',
      records: [record, record],
    });
  });

  it('says where its records stood, where they say so', () => {
    const kinesis = { ...RECORD.kinesis, sequenceNumber: '49', approximateArrivalTimestamp: 1_700_000_000.123 };
    const payload = JSON.stringify({ Records: [{ eventID: 'shardId-000000000007:49', kinesis }] });
    const object = parseFailureObject(document({ payload }), STREAM);
    expect(typeof object === 'string' ? object : object.records.map(({ place }) => place)).toEqual([
      '["shardId-000000000007","49",null,null,0,1700000000123]',
    ]);
  });

  it.each([
    ['text that is no JSON', 'oops', /got no JSON object/],
    ['a document of another source', JSON.stringify({ version: '1.0' }), /another event source/],
    ['records of another stream', document({}, `${STREAM}-2`), /got records of .*readings-2/],
    ['metadata without a payload', document({ payload: undefined }), /got only metadata/],
    ['a payload that is an object', document({ payload: {} }), /as a JSON string, got object/],
    ['a payload that is no event', document({ payload: '{}' }), /got none/],
    ['a record without a key', document({ payload: '{"Records":[{"kinesis":{"data":"aaaa"}}]}' }), /got one at 0/],
    [
      'a record that is not base64',
      document({ payload: '{"Records":[{"kinesis":{"partitionKey":"a","data":"%"}}]}' }),
      /got one at 0/,
    ],
  ])('is refused for %s, with the reason', (_, text, reason) => {
    expect(parseFailureObject(text, STREAM)).toMatch(reason);
  });
});
