import { createLruLookupCache } from '../../processor/lookup/lru-lookup-cache.ts';
import { compileProjection } from '../../processor/compile-projection.ts';
import type { Engine } from '../../processor/batch-rounds.ts';
import type { FuseSettings } from '../../processor/quarantine/fuse.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEventStore } from './fake-event-store.ts';
import { FakeFuseMemory } from './fake-fuse-memory.ts';
import { FakeLookupSource } from './fake-lookup-source.ts';
import { orders } from './orders-projection.ts';

/** The parts of an engine that a test may replace. */
export interface OrderEngineOptions {
  readonly store?: FakeEventStore;
  readonly lookupSource?: FakeLookupSource;
  readonly clock?: FakeClock;
  /** Off unless a test is about it. */
  readonly fuse?: FuseSettings;
  readonly maxRequestBytes?: number;
}

/** The engine of the orders projection over fakes; three customers have a row. */
export type OrderEngine = Engine & {
  readonly store: FakeEventStore;
  readonly lookupSource: FakeLookupSource;
  readonly clock: FakeClock;
};

const CODE_VERSION = 'test-version';

const CUSTOMERS = {
  'customer-0': { city: 'Detroit' },
  'customer-1': { city: 'Allentown' },
  'customer-2': { city: 'New York' },
};

/** Makes an engine with an empty cache and an empty store. */
export function orderEngine(options: OrderEngineOptions = {}): OrderEngine {
  const { clock = new FakeClock(), store = new FakeEventStore() } = options;
  return {
    compiled: compileProjection(orders),
    store,
    lookupSource: options.lookupSource ?? new FakeLookupSource(CUSTOMERS),
    lookupCache: createLruLookupCache({
      maxEntries: 1_000,
      maxBytes: 1_000_000,
      ttlMs: 300_000,
      absentTtlMs: 10_000,
      now: () => clock.now(),
    }),
    clock,
    fuse: options.fuse ?? { thresholdPercent: 100, minEvents: 20 },
    fuseMemory: new FakeFuseMemory({ store, codeVersion: CODE_VERSION }),
    waitingEntries: { claim: () => Promise.resolve([]), settle: () => Promise.resolve() },
    maxRequestBytes: options.maxRequestBytes ?? 4 * 1024 * 1024,
    codeVersion: CODE_VERSION,
  };
}
