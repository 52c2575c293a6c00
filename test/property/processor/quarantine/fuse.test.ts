import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planChunks } from '../../../../processor/plan-chunks.ts';
import type { EncodedItem } from '../../../../processor/project/project-items.ts';
import { writeItems } from '../../../../processor/write/write-items.ts';
import { databaseError } from '../../../support/database-error.ts';
import { encodedEvent, encodedRejection } from '../../../support/encoded-event.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeEventStore } from '../../../support/fake-event-store.ts';
import { FakeFuseMemory, FakeFuseTable } from '../../../support/fake-fuse-memory.ts';
import { sequenceNumber } from '../../../support/kinesis-record.ts';
import { writeContext } from '../../../support/write-context.ts';

/** How an event is bad: it does not decode, its row is rejected, or it is refused with a code that nobody has listed. */
type Kind = 'good' | 'undecodable' | 'rejected';

const POISON_ERRORS = { listed: databaseError('rejection', '23502'), unlisted: databaseError('refused', 'PAY01') };

/** A stream, what is in the database, and a fuse that every delivery meets in an environment of its own. */
class Drain {
  readonly store: FakeEventStore;
  readonly #table = new FakeFuseTable();
  readonly #kinds: readonly Kind[];
  position = 0;

  constructor(kinds: readonly Kind[], poisonError: Error) {
    this.#kinds = kinds;
    const poison = new Set(kinds.flatMap((kind, n) => (kind === 'rejected' ? [`event-${n}`] : [])));
    this.store = new FakeEventStore({ poison, poisonError });
  }

  get isDone(): boolean {
    return this.position >= this.#kinds.length;
  }

  /** Delivers so many records from the position on; returns how many of them were committed. */
  async deliver(batchSize: number, codeVersion = 'v'): Promise<number> {
    const kinds = this.#kinds.slice(this.position, this.position + batchSize);
    const items = kinds.map((kind, index): EncodedItem => {
      const n = this.position + index;
      const rest = { recordIndex: index, sequenceNumber: sequenceNumber(n) };
      return kind === 'undecodable'
        ? encodedRejection(n, rest)
        : { ...encodedEvent(n, rest), n: index, eventId: `event-${n}` };
    });
    const clock = new FakeClock();
    const { committedRecords } = await writeItems(
      { chunks: planChunks(items, 1_000_000), recordCount: kinds.length },
      {
        store: this.store,
        context: writeContext(items, { codeVersion }),
        fuse: { thresholdPercent: 50, minEvents: 20 },
        fuseMemory: new FakeFuseMemory({ store: this.store, table: this.#table, codeVersion }),
      },
      { clock, budgetMs: clock.budget(600_000), tally: { calls: 0, errors: 0 } },
    );
    this.position += committedRecords;
    return committedRecords;
  }
}

const batchSize = fc.oneof(
  fc.integer({ min: 1, max: 30 }),
  fc.integer({ min: 31, max: 10_000 }),
  fc.constantFrom(1, 19, 20, 21, 10_000),
);
const bad = fc.constantFrom<Kind>('undecodable', 'rejected');
const poisonError = fc.constantFrom(...Object.values(POISON_ERRORS));

describe('a backlog of which everything is rejected', () => {
  it('is held whole, however it is cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(bad, { minLength: 1, maxLength: 400 }),
        fc.array(batchSize, { minLength: 1, maxLength: 12 }),
        poisonError,
        async (kinds, sizes, error) => {
          const drain = new Drain(kinds, error);
          for (const size of sizes) expect(await drain.deliver(size)).toBe(0);
          expect([drain.store.quarantine.size, drain.store.ledger.size]).toEqual([0, 0]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** Ten events in a row of which at most two are bad. */
const block = fc
  .tuple(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { maxLength: 2 }), bad, bad)
  .map(([places, ...kinds]) => Array.from({ length: 10 }, (_, n): Kind => kinds[places.indexOf(n)] ?? 'good'));

/** What a batch is bisected for is written after the rest of it, in a write that has nothing but rejections. */
const bisected = Array.from({ length: 7 }, () =>
  Array.from({ length: 10 }, (_, n): Kind => (n < 2 ? 'rejected' : 'good')),
);

describe('a stream of which at most a fifth is rejected', () => {
  it('always moves once an event was taken, however it is cut into batches, and has every event where it belongs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 40 }),
        fc.array(batchSize, { minLength: 1, maxLength: 12 }),
        poisonError,
        async (blocks, sizes, error) => {
          const kinds: Kind[] = ['good', 'good', ...blocks.flat()];
          const drain = new Drain(kinds, error);
          for (let n = 0; !drain.isDone; n += 1) {
            expect(await drain.deliver(sizes[n % sizes.length] ?? 1)).toBeGreaterThan(0);
          }
          const isGood = (kind: Kind) => kind === 'good';
          expect(drain.store.ledger.size).toBe(kinds.filter(isGood).length);
          expect(drain.store.quarantine.size).toBe(kinds.length - drain.store.ledger.size);
        },
      ),
      { numRuns: 150, examples: [[bisected, [62, 10], POISON_ERRORS.listed]] },
    );
  });
});
