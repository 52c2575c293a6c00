import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolderDestination } from '../../../../local/mapping/folder-destination.ts';
import { MappingHarness, THROWN } from './mapping-harness.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
const SETTINGS = { maximumRetryAttempts: 1, bisectBatchOnFunctionError: false };

describe('the document about a discarded batch', () => {
  it('has the keys and times that AWS sends', async () => {
    const harness = new MappingHarness(() => THROWN, { settings: SETTINGS });
    harness.append(['1', '2']);
    await harness.drain();

    const [first, last] = harness.invocations[0]!.records.map(({ kinesis }) => kinesis.sequenceNumber);
    expect(harness.failures.map(({ document }) => JSON.stringify(document))).toEqual([
      JSON.stringify({
        requestContext: {
          requestId: 'request-1',
          functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:local:live',
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 2,
        },
        responseContext: { statusCode: 200, executedVersion: '1', functionError: 'Unhandled' },
        version: '1.0',
        timestamp: '2026-01-02T03:00:00.200Z',
        KinesisBatchInfo: {
          shardId: 'shardId-000000000000',
          startSequenceNumber: first,
          endSequenceNumber: last,
          approximateArrivalOfFirstRecord: '2026-01-02T03:00:00.000Z',
          approximateArrivalOfLastRecord: '2026-01-02T03:00:00.000Z',
          batchSize: 2,
          streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/local',
        },
      }),
    ]);
  });
});

describe('S3 form', () => {
  let bucket: string;
  beforeEach(async () => {
    bucket = await mkdtemp(join(tmpdir(), 'failures-'));
  });
  afterEach(() => rm(bucket, { recursive: true }));

  it('is an object under the key AWS uses, with the whole event as a string', async () => {
    const harness = new MappingHarness(() => THROWN, {
      settings: SETTINGS,
      onFailure: createFolderDestination(bucket),
      identity: { uuid: '11111111-2222-4333-8444-555555555555' },
    });
    harness.append(['1', '2']);
    await harness.drain();

    const files = await readdir(bucket, { recursive: true, withFileTypes: true });
    const [object] = files.filter((entry) => entry.isFile());
    const key = join(object!.parentPath, object!.name).slice(bucket.length + 1);
    expect(key).toMatch(
      new RegExp(
        '^aws/lambda/11111111-2222-4333-8444-555555555555/shardId-000000000000/2026/01/02/' +
          `2026-01-02T03\\.00\\.00-${UUID.source}$`,
      ),
    );
    const content = JSON.parse(await readFile(join(bucket, key), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(content)).toEqual([
      'requestContext',
      'responseContext',
      'version',
      'timestamp',
      'KinesisBatchInfo',
      'payload',
    ]);
    expect(JSON.parse(content['payload'] as string)).toEqual({ Records: harness.invocations[0]!.records });
  });
});
