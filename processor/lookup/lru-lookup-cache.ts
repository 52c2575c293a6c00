import { LRUCache } from 'lru-cache';
import { AmbiguousKey } from '../ports.ts';
import type { LookupCache, ReferenceRow } from '../ports.ts';

/** Bounds of the cache of one execution environment. */
export interface LookupCacheSettings {
  readonly maxEntries: number;
  /** Bytes of keys and values, counted as two per character of their JSON. */
  readonly maxBytes: number;
  /** Age at which a row is read again: the bound of staleness. */
  readonly ttlMs: number;
  /** Age at which a key that had no row, or several, is read again; short, so that corrected data shows soon. */
  readonly absentTtlMs: number;
  /** Milliseconds from any start; must go on while the environment is frozen. */
  readonly now: () => number;
}

/** What is kept for a key: its row, or that there is none, or several. The cache itself can't hold null. */
interface Entry {
  readonly row: ReferenceRow | AmbiguousKey | null;
}

/** JavaScript strings take up to two bytes per character; an entry's object and map slots take about this much more. */
const ENTRY_OVERHEAD_BYTES = 200;

/** Creates the warm cache of reference rows, bounded by entries, bytes and age. */
export function createLruLookupCache(settings: LookupCacheSettings): LookupCache {
  let evictions = 0;
  const cache = new LRUCache<string, Entry>({
    // Without `max`, which would allocate room for every entry at startup; `set` below enforces the bound.
    maxSize: settings.maxBytes,
    ttl: settings.ttlMs,
    sizeCalculation: ({ row }, key) => ENTRY_OVERHEAD_BYTES + 2 * (key.length + jsonLength(row)),
    dispose: (_entry, _key, reason) => {
      if (reason === 'evict') evictions += 1;
    },
    perf: { now: settings.now },
    // Every read asks the clock: kept for a moment, the time could outlast a freeze.
    ttlResolution: 0,
  });
  return {
    get: (lookup, key) => cache.get(cacheKey(lookup, key))?.row,
    set: (lookup, key, row) => {
      const ttl = row === null || row instanceof AmbiguousKey ? settings.absentTtlMs : settings.ttlMs;
      cache.set(cacheKey(lookup, key), { row }, { ttl });
      if (cache.size > settings.maxEntries) cache.pop();
    },
    get evictions() {
      return evictions;
    },
  };
}

/** A bigint has no JSON of its own; its digits are about what it takes. */
function jsonLength(row: Entry['row']): number {
  return JSON.stringify(row, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).length;
}

/** A lookup's name holds no NUL, so no two pairs share a key. */
function cacheKey(lookup: string, key: string): string {
  return `${lookup}\0${key}`;
}
