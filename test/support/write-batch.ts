import type { CommittedBatch } from '../../processor/ports.ts';
import { planChunks } from '../../processor/plan-chunks.ts';
import type { EncodedItem } from '../../processor/project/project-items.ts';
import type { FuseSettings } from '../../processor/quarantine/fuse.ts';
import type { WriteReport } from '../../processor/write/write-items.ts';
import { writeItems } from '../../processor/write/write-items.ts';
import { encodedEvent } from './encoded-event.ts';
import { FakeClock } from './fake-clock.ts';
import type { FakeEventStoreOptions } from './fake-event-store.ts';
import { FakeEventStore } from './fake-event-store.ts';
import type { FakeFuseMemoryOptions, FakeFuseTable } from './fake-fuse-memory.ts';
import { FakeFuseMemory } from './fake-fuse-memory.ts';
import { writeContext } from './write-context.ts';

/** How a batch is written, and what goes wrong with it. */
export interface WriteBatchOptions extends FakeEventStoreOptions {
  readonly chunkBytes?: number;
  readonly maxItemBytes?: number;
  readonly budgetMs?: number;
  /** Milliseconds that each call takes. */
  readonly callMs?: number;
  readonly fuse?: FuseSettings;
  /** Batches of the same build before this one, the oldest first. */
  readonly before?: readonly CommittedBatch[];
  /** Ids of events that are in effect before this batch. */
  readonly inEffect?: ReadonlySet<string>;
  readonly memoryFailure?: FakeFuseMemoryOptions['failure'];
  readonly table?: FakeFuseTable;
}

/** A batch that was written. */
export interface WrittenBatch {
  readonly report: WriteReport;
  readonly store: FakeEventStore;
  readonly tally: { readonly calls: number; readonly errors: number };
  readonly fuseMemory: FakeFuseMemory;
}

/** The fuse as it is unless a deployment sets it otherwise, and the fuse that never blows. */
export const FUSE: FuseSettings = { thresholdPercent: 50, minEvents: 20 };
export const FUSE_OFF: FuseSettings = { thresholdPercent: 100, minEvents: 20 };

/** Build of the batches that are written here. */
export const BUILD = 'v';

/** Writes items with a scripted store; unless told, the fuse has its default settings. */
export async function writeBatch(
  items: readonly EncodedItem[],
  options: WriteBatchOptions = {},
): Promise<WrittenBatch> {
  const { maxItemBytes = 1_000_000, budgetMs = 600_000, fuse = FUSE } = options;
  const clock = new FakeClock();
  const store = createStore(options, clock);
  const fuseMemory = new FakeFuseMemory({
    store,
    codeVersion: BUILD,
    ...(options.table && { table: options.table }),
    ...(options.memoryFailure && { failure: options.memoryFailure }),
  });
  const recordCount = (items.at(-1)?.origin.recordIndex ?? -1) + 1;
  const tally = { calls: 0, errors: 0 };
  const report = await writeItems(
    { chunks: planChunks(items, options.chunkBytes ?? maxItemBytes), recordCount },
    { store, context: writeContext(items, { codeVersion: BUILD, maxItemBytes }), fuse, fuseMemory },
    { clock, budgetMs: clock.budget(budgetMs), tally },
  );
  return { report, store, tally, fuseMemory };
}

function createStore(options: WriteBatchOptions, clock: FakeClock): FakeEventStore {
  const store = new FakeEventStore({
    ...options,
    failure: (call, parameters) => {
      clock.advance(options.callMs ?? 0);
      return options.failure?.(call, parameters);
    },
  });
  for (const [index, batch] of (options.before ?? []).entries()) {
    store.log.push({ ...batch, batchSequenceNumber: `before-${index}`, codeVersion: BUILD, newestArrivalMs: Infinity });
  }
  for (const id of options.inEffect ?? []) store.ledger.add(id);
  return store;
}

/** The events `event-0`, `event-1` and so on. */
export function encodedEvents(count: number): EncodedItem[] {
  return Array.from({ length: count }, (_, n) => encodedEvent(n));
}

/** Ids of the events at these places, for the store to refuse. */
export function poison(...indexes: readonly number[]): ReadonlySet<string> {
  return new Set(indexes.map((n) => `event-${n}`));
}
