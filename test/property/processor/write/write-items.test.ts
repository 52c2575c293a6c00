import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeItems } from '../../../../processor/write/write-items.ts';
import { encodedEvent } from '../../../support/encoded-event.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeEventStore } from '../../../support/fake-event-store.ts';
import { FakeFuseMemory } from '../../../support/fake-fuse-memory.ts';
import { writeContext } from '../../../support/write-context.ts';

const N = 1000;
const EVENTS = Array.from({ length: N }, (_, n) => encodedEvent(n));
const BOUND = 2 * Math.log2(N) + 3;
const CONTEXT = writeContext(EVENTS, { maxItemBytes: 4_000_000 });

async function callsToIsolate(indexes: ReadonlySet<number>): Promise<number> {
  const store = new FakeEventStore({ poison: new Set([...indexes].map((n) => `event-${n}`)) });
  const clock = new FakeClock();
  const report = await writeItems(
    { chunks: [EVENTS], recordCount: N },
    {
      store,
      context: CONTEXT,
      fuse: { thresholdPercent: 50, minEvents: 20 },
      fuseMemory: new FakeFuseMemory({ store, codeVersion: CONTEXT.codeVersion }),
    },
    { clock, budgetMs: clock.budget(600_000), tally: { calls: 0, errors: 0 } },
  );
  expect(report).toMatchObject({ committedRecords: N, hold: undefined, written: N - indexes.size });
  const expected = EVENTS.map(({ eventId }) => eventId);
  expect([...store.ledger]).toEqual(expected.filter((_id, n) => !indexes.has(n)));
  expect(store.quarantine.size).toBe(indexes.size);
  return store.calls.length;
}

describe('finding rejected rows among 1000', () => {
  it('takes a logarithmic number of statements wherever one stands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: N - 1 }), async (index) => {
        expect(await callsToIsolate(new Set([index]))).toBeLessThanOrEqual(BOUND);
      }),
      { numRuns: 60, examples: [[0], [N - 1], [N / 2], [N / 2 - 1]] },
    );
  });

  it('takes at most three times as many for three', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat({ max: N - 1 }), { minLength: 3, maxLength: 3 }), async (indexes) => {
        expect(await callsToIsolate(new Set(indexes))).toBeLessThanOrEqual(3 * BOUND);
      }),
      { numRuns: 60 },
    );
  });
});
