import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { MappingEvent } from '../../../local/mapping/mapping-event.ts';
import type { MappingRecord } from '../../../local/mapping/mapping-record.ts';
import type { InvocationResult } from '../../../local/mapping/ports.ts';
import { failAt, MappingHarness, SUCCESS, THROWN, type Invocation } from '../../unit/local/mapping/mapping-harness.ts';

/** How a record behaves: each delivery of it uses up one failure, then it succeeds. */
interface PlannedRecord {
  readonly name: string;
  readonly key: string;
  readonly failures: number;
  readonly manner: 'report' | 'throw' | 'nonsense' | 'throttle';
}

const plannedRecords = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      failures: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
      ),
      manner: fc.constantFrom('report' as const, 'throw' as const, 'nonsense' as const, 'throttle' as const),
    }),
    { maxLength: 60, size: 'max' },
  )
  .map((planned): readonly PlannedRecord[] => planned.map((record, index) => ({ ...record, name: String(index) })));

const settings = fc.record({
  batchSize: fc.integer({ min: 1, max: 20 }),
  parallelizationFactor: fc.integer({ min: 1, max: 10 }),
  maxBatchingWindowSeconds: fc.integer({ min: 0, max: 3 }),
  bisectBatchOnFunctionError: fc.boolean(),
});

const shards = fc.record({
  shardCount: fc.integer({ min: 1, max: 3 }),
  readLimit: fc.integer({ min: 1, max: 25 }),
  /** After how many of the records a shard is split, then all of the halves are merged again. */
  splitAfter: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
  expiresEvery: fc.integer({ min: 2, max: 9 }),
});

function createFunction(planned: readonly PlannedRecord[]) {
  const left = new Map(planned.map(({ name, failures }) => [name, failures]));
  const manners = new Map(planned.map(({ name, manner }) => [name, manner]));
  return ({ names, records }: Invocation): InvocationResult => {
    const index = names.findIndex((name) => (left.get(name) ?? 0) > 0);
    const name = names[index];
    const record = records[index];
    if (name === undefined || record === undefined) return SUCCESS;
    left.set(name, (left.get(name) ?? 0) - 1);
    switch (manners.get(name)) {
      case 'report':
        return failAt(record);
      case 'nonsense':
        return { kind: 'response', payload: '{"batchItemFailures":[{"itemIdentifier":""}]}' };
      case 'throttle':
        return { kind: 'throttled' };
      case 'throw':
      case undefined:
        return THROWN;
    }
  };
}

/** Watches a run: which records a checkpoint says are done, and which really are. */
class CheckpointWatch {
  readonly #resolved = new Set<string>();
  readonly #read: Readonly<Record<string, string[]>>;
  readonly violations: string[] = [];

  constructor(sequenceNumbersPerShard: Readonly<Record<string, string[]>>) {
    this.#read = sequenceNumbersPerShard;
  }

  observe(event: MappingEvent): void {
    if (event.type === 'resolved') for (const { sequenceNumber } of event.records) this.#resolved.add(sequenceNumber);
    if (event.type !== 'checkpoint') return;
    for (const sequenceNumber of this.#read[event.shardId] ?? []) {
      const isCovered = BigInt(sequenceNumber) <= BigInt(event.sequenceNumber);
      if (isCovered && !this.#resolved.has(sequenceNumber)) this.violations.push(sequenceNumber);
    }
  }
}

/** First deliveries of the records of one key, in the order they came. */
function firstDeliveries(invocations: readonly Invocation[], key: string): readonly number[] {
  const names = invocations.flatMap(({ records, names: all }) =>
    all.filter((_, index) => records[index]?.kinesis.partitionKey === key),
  );
  return [...new Set(names)].map(Number);
}

/** Records of one key in the order they were resolved. */
function resolutions(resolved: readonly MappingRecord[], key: string): readonly bigint[] {
  return resolved
    .filter(({ partitionKey }) => partitionKey === key)
    .map(({ sequenceNumber }) => BigInt(sequenceNumber));
}

function isAscending(values: readonly (number | bigint)[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}

async function deliver(
  planned: readonly PlannedRecord[],
  own: {
    settings: object;
    shardCount: number;
    readLimit: number;
    splitAfter: number | undefined;
    expiresEvery: number;
  },
): Promise<MappingHarness> {
  const respond = createFunction(planned);
  let invocations = 0;
  const harness: MappingHarness = new MappingHarness(
    async (invocation) => {
      if ((invocations += 1) % own.expiresEvery === 0) harness.stream.expireIterators();
      // Lanes overtake each other.
      await harness.clock.sleep((invocation.names.length * 37) % 11, new AbortController().signal);
      return respond(invocation);
    },
    {
      shardCount: own.shardCount,
      settings: { ...own.settings, maximumRetryAttempts: -1 },
      pace: { readLimit: own.readLimit, minReadIntervalMs: 5 },
    },
  );
  planned.forEach(({ name, key }, index) => {
    if (index === own.splitAfter) {
      const [left = '', right = ''] = harness.stream.splitShard('shardId-000000000000');
      if (index % 2 === 0) harness.stream.mergeShards(left, right);
    }
    harness.append([name], key);
  });
  await harness.drain();
  return harness;
}

describe('delivery, for any pattern of failing records and any settings, with retries without limit', () => {
  it('delivers every record, keeps the order of each key, and never moves a checkpoint past an unresolved record', async () => {
    await fc.assert(
      fc.asyncProperty(plannedRecords, settings, shards, async (planned, mappingSettings, stream) => {
        const harness = await deliver(planned, { settings: mappingSettings, ...stream });
        const successful = harness.eventsOf('resolved').flatMap(({ records }) => records);
        const delivered = successful.map(({ sequenceNumber }) => sequenceNumber);
        if (delivered.length !== planned.length || new Set(delivered).size !== planned.length) return false;

        for (const key of ['a', 'b', 'c', 'd', 'e']) {
          if (!isAscending(firstDeliveries(harness.invocations, key))) return false;
          if (!isAscending(resolutions(successful, key))) return false;
        }

        const perShard: Record<string, string[]> = {};
        for (const { shardId, records } of harness.eventsOf('resolved')) {
          (perShard[shardId] ??= []).push(...records.map(({ sequenceNumber }) => sequenceNumber));
        }
        const watch = new CheckpointWatch(perShard);
        for (const event of harness.events) watch.observe(event);
        return watch.violations.length === 0 && harness.failures.length === 0;
      }),
      { numRuns: 150 },
    );
  });
});

describe('delivery with a limit on retries', () => {
  it('resolves or discards every record exactly once, and no record that never fails is lost with bisect', async () => {
    await fc.assert(
      fc.asyncProperty(plannedRecords, settings, fc.integer({ min: 0, max: 3 }), async (planned, own, retries) => {
        const respond = createFunction(planned);
        const harness = new MappingHarness(respond, {
          settings: { ...own, bisectBatchOnFunctionError: true, maximumRetryAttempts: retries },
        });
        for (const { name, key } of planned) harness.append([name], key);
        await harness.drain();
        const settled = [...harness.eventsOf('resolved'), ...harness.eventsOf('discarded')];
        const numbers = settled.flatMap(({ records }) => records.map(({ ordinal }) => ordinal));
        if (numbers.length !== planned.length || new Set(numbers).size !== planned.length) return false;
        const discarded = harness.eventsOf('discarded').flatMap(({ records }) => records);
        return discarded.every(({ ordinal }) => (planned[ordinal]?.failures ?? 0) > 0);
      }),
      { numRuns: 100 },
    );
  });
});
