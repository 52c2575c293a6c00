import { describe, expect, it } from 'vitest';
import { failAt, failsOn, MappingHarness, SUCCESS, THROWN, type TestFunction } from './mapping-harness.ts';

const MAXIMUM_AGE_MS = 60_000;
const settings = { batchSize: 1, maximumRecordAgeSeconds: 60 };
const throws: TestFunction = () => THROWN;

/** What was given up, in order: the records by place in the shard, when after the start, and what the document says. */
function givenUp(harness: MappingHarness) {
  return harness.eventsOf('discarded').map(({ atMs, records, document }) => ({
    atMs: atMs - harness.startMs,
    records: records.map(({ ordinal }) => ordinal),
    condition: document.requestContext.condition,
    invocations: document.requestContext.approximateInvokeCount,
  }));
}

const attempts = (harness: MappingHarness) => harness.invocations.map(({ atMs, names }) => [atMs, names.join(',')]);

describe('a record that grows too old during the backoff', () => {
  it.each([
    { ageMs: 0, invocations: 9 },
    { ageMs: 20_000, invocations: 8 },
    { ageMs: 59_000, invocations: 3 },
  ])('is given up at that moment, $ageMs ms old at the start', async ({ ageMs, invocations }) => {
    const harness = new MappingHarness(throws, { settings });
    harness.append(['1'], 'key', harness.startMs - ageMs);
    await harness.drain();
    expect(givenUp(harness)).toEqual([
      { atMs: MAXIMUM_AGE_MS - ageMs + 1, records: [0], condition: 'RecordAgeExceeded', invocations },
    ]);
    expect(harness.invocations).toHaveLength(invocations);
    expect(harness.failures[0]?.document).not.toHaveProperty('responseContext');
  });

  it('is still sent when the next attempt falls on the very end of its time', async () => {
    const harness = new MappingHarness(throws, { settings });
    harness.append(['1'], 'key', harness.startMs - MAXIMUM_AGE_MS + 200);
    await harness.drain();
    expect(attempts(harness)).toEqual([
      [0, '1'],
      [200, '1'],
    ]);
    expect(givenUp(harness)).toMatchObject([{ atMs: 201, invocations: 2 }]);
  });

  it('is given up while it is throttled, as one invocation at least', async () => {
    const harness = new MappingHarness(() => ({ kind: 'throttled' }), { settings });
    harness.append(['1']);
    await harness.drain();
    expect(givenUp(harness)).toEqual([
      { atMs: MAXIMUM_AGE_MS + 1, records: [0], condition: 'RecordAgeExceeded', invocations: 1 },
    ]);
  });

  it('makes room for the record behind it at once', async () => {
    const harness = new MappingHarness(failsOn('old'), { settings });
    harness.append(['old'], 'key', harness.startMs - 30_000);
    harness.append(['new']);
    await harness.drain();
    expect(attempts(harness).at(-1)).toEqual([30_001, 'new']);
    expect(givenUp(harness)).toMatchObject([{ records: [0] }]);
  });

  it('is delivered when the function recovers in time', async () => {
    const harness = new MappingHarness(({ atMs }) => (atMs < 40_000 ? THROWN : SUCCESS), { settings });
    harness.append(['1']);
    await harness.drain();
    expect(givenUp(harness)).toEqual([]);
    expect(harness.eventsOf('resolved')).toHaveLength(1);
  });

  it('is given up for its retries when they are used up first', async () => {
    const harness = new MappingHarness(throws, { settings: { ...settings, maximumRetryAttempts: 2 } });
    harness.append(['1']);
    await harness.drain();
    expect(givenUp(harness)).toMatchObject([{ atMs: 600, condition: 'RetryAttemptsExhausted', invocations: 3 }]);
  });
});

describe('records of different age in one batch', () => {
  const together = { batchSize: 10, maximumRecordAgeSeconds: 60, bisectBatchOnFunctionError: false };

  it('are given up one after the other; the rest keeps its request id and its place in the backoff', async () => {
    const harness = new MappingHarness(throws, { settings: together });
    harness.append(['1'], 'key', harness.startMs - 50_000);
    harness.append(['2'], 'key', harness.startMs - 50_000);
    harness.append(['3'], 'key', harness.startMs - 45_000);
    await harness.drain();
    expect(attempts(harness)).toEqual([
      [0, '1,2,3'],
      [200, '1,2,3'],
      [600, '1,2,3'],
      [1_400, '1,2,3'],
      [3_000, '1,2,3'],
      [6_200, '1,2,3'],
      [12_600, '3'],
    ]);
    expect(new Set(harness.invocations.map(({ requestId }) => requestId)).size).toBe(1);
    expect(givenUp(harness)).toMatchObject([
      { atMs: 10_001, records: [0, 1], invocations: 6 },
      { atMs: 15_001, records: [2], invocations: 7 },
    ]);
  });

  it('wait for one that is not too old and ahead of them', async () => {
    const harness = new MappingHarness(throws, { settings: together });
    harness.append(['1']);
    harness.append(['2'], 'key', harness.startMs - 59_000);
    await harness.drain();
    expect(givenUp(harness)).toMatchObject([{ atMs: MAXIMUM_AGE_MS + 1, records: [0, 1] }]);
  });

  it('count the invocations of the half they are in when the batch is bisected', async () => {
    const harness = new MappingHarness(throws, { settings: { ...together, bisectBatchOnFunctionError: true } });
    harness.append(['1'], 'key', harness.startMs - 59_000);
    harness.append(['2'], 'key', harness.startMs - 58_500);
    harness.append(['3'], 'key', harness.startMs - 57_000);
    await harness.drain();
    expect(attempts(harness)).toEqual([
      [0, '1,2,3'],
      [0, '1'],
      [200, '1'],
      [600, '1'],
      [1_001, '2,3'],
      [1_001, '2'],
      [1_201, '2'],
      [1_501, '3'],
      [1_701, '3'],
      [2_101, '3'],
      [2_901, '3'],
    ]);
    expect(givenUp(harness)).toMatchObject([
      { atMs: 1_001, records: [0], invocations: 3 },
      { atMs: 1_501, records: [1], invocations: 2 },
      { atMs: 3_001, records: [2], invocations: 4 },
    ]);
  });

  it('count from one again after progress', async () => {
    const harness = new MappingHarness(({ records }) => failAt(records[1] ?? records[0]!), { settings: together });
    harness.append(['1'], 'key', harness.startMs - 59_500);
    harness.append(['2'], 'key', harness.startMs - 59_500);
    await harness.drain();
    expect(attempts(harness)).toEqual([
      [0, '1,2'],
      [0, '2'],
      [200, '2'],
    ]);
    expect(givenUp(harness)).toMatchObject([{ atMs: 501, records: [1], invocations: 2 }]);
    expect(harness.failures[0]?.document.requestContext.requestId).toBe('request-2');
  });
});

describe('a record that grows too old in the batching window', () => {
  it('is given up there; the others wait for the window to end', async () => {
    const harness = new MappingHarness(() => SUCCESS, {
      settings: { batchSize: 10, maxBatchingWindowSeconds: 30, maximumRecordAgeSeconds: 60 },
    });
    harness.append(['1'], 'key', harness.startMs - 55_000);
    harness.append(['2'], 'key', harness.startMs - 10_000);
    await harness.drain();
    expect(givenUp(harness)).toEqual([{ atMs: 5_001, records: [0], condition: 'RecordAgeExceeded', invocations: 1 }]);
    expect(attempts(harness)).toEqual([[30_000, '2']]);
  });
});

describe('the shard around a record that grows too old', () => {
  it('keeps its other lanes going, and its checkpoint follows when the record is given up', async () => {
    const harness = new MappingHarness(failsOn('stuck'), { settings: { ...settings, parallelizationFactor: 10 } });
    harness.append(['stuck'], 'b', harness.startMs - 50_000);
    harness.append(['1'], 'c');
    harness.append(['2'], 'd');
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(10_000);
    expect(harness.batches()).toEqual(expect.arrayContaining(['1', '2']));
    expect(harness.eventsOf('checkpoint')).toEqual([]);
    await harness.clock.pass(1);
    expect(givenUp(harness)).toMatchObject([{ atMs: 10_001, records: [0] }]);
    expect(harness.eventsOf('checkpoint').at(-1)?.sequenceNumber).toMatch(/3$/);
    await harness.mapping.stop();
  });

  it('gives up nothing when the mapping is stopped during the backoff, and does so when it goes on too late', async () => {
    const harness = new MappingHarness(throws, { settings });
    harness.append(['1']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(40_000);
    await harness.mapping.stop();
    const invocations = harness.invocations.length;
    await harness.clock.pass(MAXIMUM_AGE_MS);
    expect(givenUp(harness)).toEqual([]);
    expect(harness.eventsOf('checkpoint')).toEqual([]);
    await harness.clock.until(harness.mapping.enable());
    await harness.clock.until(harness.mapping.drained());
    expect(givenUp(harness)).toMatchObject([{ atMs: 100_000, condition: 'RecordAgeExceeded' }]);
    expect(harness.invocations).toHaveLength(invocations);
    await harness.mapping.stop();
  });

  it('goes on when the stream has let go of the record in the meantime', async () => {
    const harness = new MappingHarness(failsOn('1'), { settings });
    harness.append(['1']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(30_000);
    harness.append(['2']);
    const [batch] = harness.eventsOf('invoked');
    harness.stream.trim('shardId-000000000000', batch!.records[0]!.sequenceNumber);
    harness.stream.expireIterators();
    await harness.clock.until(harness.mapping.drained());
    expect(givenUp(harness)).toMatchObject([{ atMs: MAXIMUM_AGE_MS + 1, records: [0], invocations: 9 }]);
    expect(harness.batches().at(-1)).toBe('2');
    await harness.mapping.stop();
  });
});
