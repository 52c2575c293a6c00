import type { Calls } from '../call-with-retry.ts';
import type { DecodedItem } from '../decode/item.ts';
import type { GatheredKeys, LookupPlan } from './lookup-keys.ts';
import { gatherLookupKeys } from './lookup-keys.ts';
import type { FoundRows, LookupReading } from './read-lookups.ts';
import { readLookups } from './read-lookups.ts';

/** Reads that may follow one another, each for keys that came from the rows of the one before. */
const MAX_LEVELS = 16;

/** What resolving needs. */
export interface Resolving {
  readonly plan: LookupPlan;
  readonly reading: LookupReading;
}

/** The items of a batch with all reference rows that they asked for. */
export interface ResolvedItems extends Pick<GatheredKeys, 'items' | 'asked' | 'requests'> {
  readonly resolved: FoundRows;
  /** Keys that had to be read from the database. */
  readonly misses: number;
  /** Whether keys came from rows of other lookups. */
  readonly isChained: boolean;
}

/**
 * Asks the events of a batch which reference rows they need, and reads them together. Where keys come from the rows of
 * other lookups, one read follows the other: as many as the longest chain has links, whatever the batch size.
 *
 * What an event asks for next depends on the rows alone, not on whether they were in the cache.
 *
 * @throws HoldError when the database can't be read in time
 */
export async function resolveLookups(
  items: readonly DecodedItem[],
  { plan, reading }: Resolving,
  calls: Calls,
): Promise<ResolvedItems> {
  const resolved: FoundRows = new Map();
  let misses = 0;
  for (let level = 1; ; level += 1) {
    const context = { maxKeyBytes: reading.maxKeyBytes, resolved, isLast: level > MAX_LEVELS };
    const { isUnfinished, keys, ...gathered } = gatherLookupKeys(items, plan, context);
    misses += await readLookups(keys, reading, { resolved, calls });
    if (!isUnfinished) return { ...gathered, resolved, misses, isChained: level > 1 };
  }
}
