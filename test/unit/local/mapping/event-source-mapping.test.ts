import { describe, expect, it } from 'vitest';
import { ReadThrottledError, type ShardPosition } from '../../../../local/mapping/ports.ts';
import { failsOn, MappingHarness, SUCCESS, THROWN } from './mapping-harness.ts';

const ok = () => SUCCESS;

describe('delivery', () => {
  it('invokes with a single record at once when there is no window', async () => {
    const harness = new MappingHarness(ok);
    harness.append(['1']);
    await harness.drain();
    expect(harness.invocations.map(({ atMs, names }) => [atMs, names])).toEqual([[0, ['1']]]);
  });

  it('gathers records over the batching window', async () => {
    const harness = new MappingHarness(ok, { settings: { maxBatchingWindowSeconds: 5 } });
    await harness.clock.until(harness.mapping.start());
    harness.append(['1']);
    await harness.clock.pass(2_000);
    harness.append(['2']);
    await harness.clock.until(harness.mapping.drained());
    await harness.mapping.stop();
    expect(harness.invocations.map(({ atMs, names }) => [atMs, names])).toEqual([[5_000, ['1', '2']]]);
  });

  it('has one batch in flight per shard with factor 1', async () => {
    let inFlight = 0;
    let most = 0;
    const harness: MappingHarness = new MappingHarness(
      async () => {
        most = Math.max(most, (inFlight += 1));
        await harness.clock.sleep(1_000, new AbortController().signal);
        inFlight -= 1;
        return SUCCESS;
      },
      { settings: { batchSize: 1 } },
    );
    for (let index = 0; index < 6; index += 1) harness.append([String(index)], `key-${index}`);
    await harness.drain();
    expect(most).toBe(1);
  });

  it('has as many batches in flight as the factor says, never two with the same key', async () => {
    const inFlight = new Set<string>();
    let most = 0;
    const harness: MappingHarness = new MappingHarness(
      async ({ records }) => {
        const keys = new Set(records.map(({ kinesis }) => kinesis.partitionKey));
        for (const key of keys) expect(inFlight.has(key)).toBe(false);
        for (const key of keys) inFlight.add(key);
        most = Math.max(most, inFlight.size);
        await harness.clock.sleep(1_000, new AbortController().signal);
        for (const key of keys) inFlight.delete(key);
        return SUCCESS;
      },
      { settings: { batchSize: 1, parallelizationFactor: 4 } },
    );
    for (let index = 0; index < 60; index += 1) harness.append([String(index)], `key-${index % 12}`);
    await harness.drain();
    expect(harness.invocations).toHaveLength(60);
    expect(most).toBe(4);
  });

  it('keeps other lanes going while one lane retries, and holds the checkpoint below it', async () => {
    let isBroken = true;
    const harness: MappingHarness = new MappingHarness(
      ({ names }) => (isBroken && names.includes('stuck') ? THROWN : SUCCESS),
      { settings: { batchSize: 1, parallelizationFactor: 10 } },
    );
    harness.append(['before'], 'a');
    harness.append(['stuck'], 'b');
    harness.append(['1'], 'c');
    harness.append(['2'], 'd');
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(10_000);
    expect(harness.batches()).toEqual(expect.arrayContaining(['before', '1', '2']));
    expect(harness.eventsOf('checkpoint')).toHaveLength(1);
    isBroken = false;
    await harness.clock.until(harness.mapping.drained());
    expect(harness.eventsOf('checkpoint').at(-1)?.sequenceNumber).toMatch(/4$/);
    await harness.mapping.stop();
  });

  it('repeats a throttled batch with the same request id and spends no retry on it', async () => {
    let attempts = 0;
    const harness = new MappingHarness(() => ((attempts += 1) <= 5 ? { kind: 'throttled' } : SUCCESS), {
      settings: { maximumRetryAttempts: 0 },
    });
    harness.append(['1']);
    await harness.drain();
    expect(harness.invocations.map(({ requestId }) => requestId)).toEqual(Array.from({ length: 6 }, () => 'request-1'));
    expect(harness.eventsOf('throttled').map(({ waitMs }) => waitMs)).toEqual([200, 400, 800, 1_600, 3_200]);
    expect(harness.failures).toHaveLength(0);
  });

  it('gives up throttled records by age alone', async () => {
    const harness = new MappingHarness(() => ({ kind: 'throttled' }), {
      settings: { maximumRetryAttempts: 0, maximumRecordAgeSeconds: 60 },
    });
    harness.append(['1']);
    await harness.drain();
    expect(harness.failures.map(({ document }) => document.requestContext)).toMatchObject([
      { condition: 'RecordAgeExceeded', approximateInvokeCount: 1 },
    ]);
  });

  it('reports the age of the last record at the moment of sending', async () => {
    const harness = new MappingHarness(ok);
    harness.append(['1'], 'key', harness.startMs - 9_000);
    harness.append(['2'], 'key', harness.startMs - 7_000);
    await harness.drain();
    expect(harness.eventsOf('finished').map(({ iteratorAgeMs }) => iteratorAgeMs)).toEqual([7_000]);
  });

  it('delivers a batch once more when a fault says so', async () => {
    const harness = new MappingHarness(ok, {
      faults: ({ records }) => (records.length === 2 ? { kind: 'duplicate-delivery' } : undefined),
      settings: { batchSize: 2 },
    });
    harness.append(['1', '2', '3']);
    await harness.drain();
    expect(harness.invocations.map(({ names, requestId }) => [names.join(','), requestId])).toEqual([
      ['1,2', 'request-1'],
      ['1,2', 'request-2'],
      ['3', 'request-3'],
    ]);
  });

  it('hands an environment fault to the invoker', async () => {
    const fault = { kind: 'out-of-memory', moment: 'before-handler' } as const;
    const seen: unknown[] = [];
    const harness = new MappingHarness(
      (_, context) => {
        seen.push(context.fault);
        return SUCCESS;
      },
      { faults: () => fault },
    );
    harness.append(['1']);
    await harness.drain();
    expect(seen).toEqual([fault]);
  });
});

describe('discarded batches', () => {
  const settings = { batchSize: 1, maximumRetryAttempts: 0 };

  it('are dropped and the shard goes on when the destination fails', async () => {
    const harness = new MappingHarness(failsOn('bad'), {
      settings,
      onFailure: { deliver: () => Promise.reject(new Error('access denied')) },
    });
    harness.append(['bad', 'good']);
    await harness.drain();
    expect(harness.eventsOf('discarded').map(({ destination }) => destination)).toEqual(['failed']);
    expect(harness.batches()).toEqual(['bad', 'good']);
    expect(harness.eventsOf('checkpoint').at(-1)?.sequenceNumber).toMatch(/2$/);
  });

  it('block the shard for ever without a limit on retries or age', async () => {
    const harness = new MappingHarness(failsOn('bad'), { settings: { batchSize: 1 } });
    harness.append(['bad', 'good']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(24 * 3_600_000);
    await harness.mapping.stop();
    expect(harness.batches()).not.toContain('good');
    expect(harness.failures).toHaveLength(0);
    expect(harness.mapping.checkpoints().size).toBe(0);
  });
});

describe('filters', () => {
  it('move the position past records they drop, and tell no destination', async () => {
    const harness = new MappingHarness(ok, { settings: { filters: [{ data: { kind: ['sale'] } }] } });
    harness.append(['{"kind":"sale"}', '{"kind":"return"}', 'not json']);
    await harness.drain();
    expect(harness.batches()).toEqual(['{"kind":"sale"}']);
    expect(harness.eventsOf('filtered').map(({ records }) => records)).toEqual([2]);
    expect(harness.failures).toHaveLength(0);
    expect(harness.mapping.checkpoints().get('shardId-000000000000')).toMatch(/3$/);
  });
});

describe('starting position', () => {
  it('LATEST leaves out what was there before', async () => {
    const harness = new MappingHarness(ok, { settings: { startingPosition: 'LATEST' } });
    harness.append(['before']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(500);
    harness.append(['after']);
    await harness.clock.pass(2_000);
    await harness.mapping.stop();
    expect(harness.batches()).toEqual(['after']);
  });

  it('AT_TIMESTAMP begins with the first record at or after it', async () => {
    const startMs = new MappingHarness(ok).startMs;
    const harness = new MappingHarness(ok, {
      settings: { startingPosition: 'AT_TIMESTAMP', startingPositionTimestampMs: startMs - 1_000 },
    });
    harness.append(['too old'], 'key', startMs - 1_001);
    harness.append(['at'], 'key', startMs - 1_000);
    harness.append(['after'], 'key', startMs - 999);
    await harness.drain();
    expect(harness.batches()).toEqual(['at,after']);
  });

  it('does not apply to a shard that was split off while running: LATEST loses nothing in it', async () => {
    const harness = new MappingHarness(ok, { settings: { startingPosition: 'LATEST' } });
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(100);
    harness.stream.splitShard('shardId-000000000000');
    // The clock of the stream may be behind: an arrival time says nothing about what has been seen.
    harness.append(['in the child'], 'key', harness.startMs - 10_000);
    const drained = harness.mapping.drained().then(() => harness.batches());
    expect(await harness.clock.until(drained)).toEqual(['in the child']);
    await harness.mapping.stop();
  });
});

describe('stopping and starting', () => {
  it('is Disabled until enabled when created so', async () => {
    const harness = new MappingHarness(ok, { settings: { enabled: false } });
    harness.append(['1']);
    await harness.mapping.start();
    await harness.clock.pass(5_000);
    expect(harness.mapping.state()).toBe('Disabled');
    expect(harness.events).toEqual([]);
    await harness.clock.until(harness.mapping.enable());
    await harness.clock.until(harness.mapping.drained());
    expect(harness.mapping.state()).toBe('Enabled');
    await harness.mapping.stop();
    expect(harness.batches()).toEqual(['1']);
  });

  it('resumes after the last processed record', async () => {
    const harness = new MappingHarness(ok, { settings: { startingPosition: 'LATEST' } });
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(100);
    harness.append(['1']);
    await harness.clock.pass(2_000);
    await harness.clock.until(harness.mapping.stop());
    harness.append(['2']);
    await harness.drain();
    expect(harness.batches()).toEqual(['1', '2']);
  });

  it('waits for the invocation under way and counts what it did, without a retry after it', async () => {
    let finishInvocation: (() => void) | undefined;
    const harness = new MappingHarness(
      () =>
        new Promise((resolve) => {
          finishInvocation = () => {
            resolve(THROWN);
          };
        }),
    );
    harness.append(['1']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(1_000);
    const stopped = harness.mapping.stop();
    expect(harness.mapping.state()).toBe('Disabling');
    finishInvocation?.();
    await harness.clock.until(stopped);
    expect(harness.mapping.state()).toBe('Disabled');
    expect(harness.invocations).toHaveLength(1);
  });

  it('tells those who wait for the end that it will not come', async () => {
    const harness = new MappingHarness(() => THROWN);
    harness.append(['1']);
    await harness.clock.until(harness.mapping.start());
    const drained = harness.mapping.drained();
    drained.catch(() => undefined);
    await harness.clock.until(harness.mapping.stop());
    await expect(drained).rejects.toThrow('stopped before the stream was drained');
  });

  it('fails loudly when its observer throws', async () => {
    const harness = new MappingHarness(ok, {
      observe: () => {
        throw new Error('observer is broken');
      },
    });
    harness.append(['1']);
    await harness.clock.until(harness.mapping.start());
    await expect(harness.clock.until(harness.mapping.drained())).rejects.toThrow('observer is broken');
    await harness.clock.until(harness.mapping.stop());
  });
});

describe('shards', () => {
  it('are read child after parent, a merged child after both, and lose nothing', async () => {
    const harness = new MappingHarness(ok);
    harness.append(['0', '1', '2', '3'], 'a');
    const [left, right] = harness.stream.splitShard('shardId-000000000000');
    harness.append(['4', '5'], 'a');
    harness.append(['4', '5'], 'z');
    harness.stream.mergeShards(left!, right!);
    harness.append(['6'], 'a');
    await harness.drain();

    const shardEvents = harness.events.filter(({ type }) => type === 'shard-opened' || type === 'shard-finished');
    expect(shardEvents.map(({ type, shardId }) => `${type} ${shardId.slice(-1)}`)).toEqual([
      'shard-opened 0',
      'shard-finished 0',
      'shard-opened 1',
      'shard-opened 2',
      expect.stringMatching(/^shard-finished [12]$/),
      expect.stringMatching(/^shard-finished [12]$/),
      'shard-opened 3',
    ]);
    const ofKeyA = harness.invocations.flatMap(({ records, names }) =>
      names.filter((_, index) => records[index]?.kinesis.partitionKey === 'a'),
    );
    expect(ofKeyA).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  it('wait for a parent that is stuck in retries', async () => {
    const harness = new MappingHarness(failsOn('stuck'), { settings: { batchSize: 1 } });
    harness.append(['stuck']);
    harness.stream.splitShard('shardId-000000000000');
    harness.append(['in the child']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(60_000);
    await harness.mapping.stop();
    expect(harness.batches()).not.toContain('in the child');
  });

  it('are opened again after the checkpoint when the iterator expires, and nothing comes twice', async () => {
    const harness: MappingHarness = new MappingHarness(
      async () => {
        harness.stream.expireIterators();
        await harness.clock.sleep(1_000, new AbortController().signal);
        return SUCCESS;
      },
      { settings: { batchSize: 2 }, pace: { readLimit: 5 } },
    );
    const names = Array.from({ length: 40 }, (_, index) => String(index));
    harness.append(names);
    await harness.drain();
    expect(harness.invocations.flatMap((invocation) => invocation.names)).toEqual(names);
    expect(harness.eventsOf('poll-failed').some(({ reason }) => reason === 'iterator-expired')).toBe(true);
    expect(harness.eventsOf('polled').some(({ repeated }) => repeated > 0)).toBe(true);
  });

  it('are opened again at the checkpoint, not at the starting position', async () => {
    const harness = new MappingHarness(ok);
    const positions: ShardPosition[] = [];
    const open = harness.stream.openIterator.bind(harness.stream);
    harness.stream.openIterator = (shardId, position) => {
      positions.push(position);
      return open(shardId, position);
    };
    harness.append(['1']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(100);
    harness.stream.expireIterators();
    await harness.clock.until(harness.mapping.drained());
    await harness.mapping.stop();
    const [sequenceNumber] = harness.mapping.checkpoints().values();
    expect(positions).toEqual([{ kind: 'trim-horizon' }, { kind: 'after-sequence-number', sequenceNumber }]);
  });

  it('lose nothing under LATEST when the iterator expires before anything is resolved', async () => {
    const harness = new MappingHarness(ok, { settings: { startingPosition: 'LATEST' } });
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(100);
    harness.stream.expireIterators();
    harness.append(['1']);
    await harness.clock.pass(2_000);
    await harness.mapping.stop();
    expect(harness.batches()).toEqual(['1']);
  });

  it('are read again after a wait when reading is throttled or fails', async () => {
    const harness = new MappingHarness(ok);
    harness.append(['1']);
    const errors = [new ReadThrottledError('too often'), new Error('socket hang up')];
    const read = harness.stream.readRecords.bind(harness.stream);
    harness.stream.readRecords = (iterator, limit) => {
      const error = errors.shift();
      return error === undefined ? read(iterator, limit) : Promise.reject(error);
    };
    await harness.drain();
    expect(harness.batches()).toEqual(['1']);
    expect(harness.eventsOf('poll-failed').map(({ reason }) => reason)).toEqual(['throttled', 'error']);
  });

  it('are read no further ahead than a few batches', async () => {
    let mostAhead = 0;
    const harness: MappingHarness = new MappingHarness(
      () => {
        const read = harness.eventsOf('polled').reduce((sum, { records }) => sum + records, 0);
        const resolved = harness.eventsOf('resolved').reduce((sum, { records }) => sum + records.length, 0);
        mostAhead = Math.max(mostAhead, read - resolved);
        return SUCCESS;
      },
      { settings: { batchSize: 10, parallelizationFactor: 2 }, pace: { readLimit: 7 } },
    );
    for (let index = 0; index < 500; index += 1) harness.append([String(index)], `key-${index % 5}`);
    await harness.drain();
    expect(harness.invocations.flatMap(({ names }) => names)).toHaveLength(500);
    // Two batches per lane, and the one read that went over.
    expect(mostAhead).toBeLessThan(2 * 2 * 10 + 7);
  });

  it('are asked at most five times a second, and once a second at the tip', async () => {
    const harness = new MappingHarness(ok, { pace: { readLimit: 1 } });
    harness.append(['1', '2', '3']);
    await harness.clock.until(harness.mapping.start());
    await harness.clock.pass(3_000);
    await harness.mapping.stop();
    const times = harness.eventsOf('polled').map(({ atMs }) => atMs - harness.startMs);
    expect(times).toEqual([0, 200, 400, 600, 1_600, 2_600]);
  });
});
