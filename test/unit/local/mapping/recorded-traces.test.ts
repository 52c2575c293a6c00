import { describe, expect, it } from 'vitest';
import { failsOn, MappingHarness, SUCCESS, THROWN } from './mapping-harness.ts';

/** What was recorded against AWS, step by step. Times are ours: no test can depend on AWS's own latency. */
describe('recorded traces', () => {
  it('partial failure without bisect: progress starts a new batch, exhaustion takes the innocent along', async () => {
    const harness = new MappingHarness(failsOn('2'), {
      settings: {
        batchSize: 4,
        maxBatchingWindowSeconds: 2,
        maximumRetryAttempts: 1,
        bisectBatchOnFunctionError: false,
      },
    });
    harness.append(['1', '2', '3', '4']);
    await harness.drain();

    expect(harness.invocations.map(({ names, requestId, atMs }) => [names.join(','), requestId, atMs])).toEqual([
      ['1,2,3,4', 'request-1', 0],
      ['2,3,4', 'request-2', 0],
      ['2,3,4', 'request-2', 200],
    ]);
    expect(harness.failures).toHaveLength(1);
    const [failure] = harness.failures;
    expect(failure!.document.requestContext).toEqual({
      requestId: 'request-2',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:local:live',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 2,
    });
    expect(failure!.document.responseContext).toEqual({
      statusCode: 200,
      executedVersion: '1',
      functionError: null,
    });
    expect(failure!.document.KinesisBatchInfo.batchSize).toBe(3);
  });

  it('partial failure with bisect: smaller half first, each half resolved in turn, only the poison is discarded', async () => {
    const harness = new MappingHarness(failsOn('2'), {
      settings: {
        batchSize: 4,
        maxBatchingWindowSeconds: 2,
        bisectBatchOnFunctionError: true,
        maximumRetryAttempts: 1,
        maximumRecordAgeSeconds: 600,
      },
    });
    harness.append(['1', '2', '3', '4']);
    await harness.drain();

    expect(harness.invocations.map(({ names, requestId, atMs }) => [names.join(','), requestId, atMs])).toEqual([
      ['1,2,3,4', 'request-1', 0],
      ['2,3,4', 'request-2', 0],
      ['2', 'request-3', 0],
      ['2', 'request-3', 200],
      ['3,4', 'request-4', 200],
    ]);
    expect(harness.failures.map(({ document }) => document.KinesisBatchInfo.batchSize)).toEqual([1]);
  });

  it('the last of six records fails: five deliveries, and a document that counts four', async () => {
    const harness = new MappingHarness(failsOn('6'), {
      settings: {
        batchSize: 3,
        maxBatchingWindowSeconds: 1,
        maximumRetryAttempts: 3,
        bisectBatchOnFunctionError: false,
      },
    });
    harness.append(['1', '2', '3', '4', '5', '6']);
    await harness.drain();

    expect(harness.batches()).toEqual(['1,2,3', '4,5,6', '6', '6', '6', '6']);
    const [failure] = harness.failures;
    expect(failure!.document.requestContext.approximateInvokeCount).toBe(4);
    expect(failure!.document.responseContext?.functionError).toBeNull();
    expect(failure!.document.KinesisBatchInfo.batchSize).toBe(1);
  });

  it('age expiry: the expired prefix is discarded before the first invocation, the fresh rest is delivered', async () => {
    const harness = new MappingHarness(() => SUCCESS, {
      settings: { batchSize: 10, maximumRetryAttempts: 0, maximumRecordAgeSeconds: 60 },
    });
    harness.append(['old'], 'key', harness.startMs - 60_001);
    harness.append(['1', '2', '3', '4', '5'], 'key', harness.startMs - 60_000);
    await harness.drain();

    expect(harness.batches()).toEqual(['1,2,3,4,5']);
    expect(harness.failures).toHaveLength(1);
    const { document } = harness.failures[0]!;
    expect(document.requestContext).toMatchObject({
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: 1,
    });
    expect(document.requestContext.requestId).not.toBe('');
    expect(document).not.toHaveProperty('responseContext');
    expect(document.KinesisBatchInfo.batchSize).toBe(1);
  });

  it.each([
    { retries: 0, invokes: 1 },
    { retries: 2, invokes: 3 },
    { retries: 3, invokes: 4 },
  ])('batch size 1 with $retries retries: $invokes invocations with one request id', async ({ retries, invokes }) => {
    const harness = new MappingHarness(() => THROWN, {
      settings: { batchSize: 1, maximumRetryAttempts: retries },
    });
    harness.append(['1']);
    await harness.drain();

    expect(harness.invocations.map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: invokes }, () => 'request-1'),
    );
    const { requestContext, responseContext } = harness.failures[0]!.document;
    expect(requestContext).toMatchObject({ approximateInvokeCount: invokes, requestId: 'request-1' });
    expect(responseContext?.functionError).toBe('Unhandled');
  });

  it('thirty records put first: three batches of ten, in order', async () => {
    const harness = new MappingHarness(() => SUCCESS, { settings: { batchSize: 10 } });
    const names = Array.from({ length: 30 }, (_, index) => String(index));
    harness.append(names);
    await harness.drain();

    expect(harness.batches()).toEqual([
      names.slice(0, 10).join(','),
      names.slice(10, 20).join(','),
      names.slice(20).join(','),
    ]);
  });

  it('a record too large for an event: retries are used up, no responseContext, neighbours are delivered', async () => {
    const harness = new MappingHarness(() => SUCCESS, { settings: { maximumRetryAttempts: 2 } });
    harness.append(['before']);
    harness.append(['x'.repeat(5 * 1024 * 1024)]);
    harness.append(['after']);
    await harness.drain();

    expect(harness.batches()).toEqual(['before', 'after']);
    const { document } = harness.failures[0]!;
    expect(document.requestContext).toMatchObject({
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 3,
    });
    expect(document).not.toHaveProperty('responseContext');
  });
});
