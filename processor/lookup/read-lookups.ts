import type { Calls } from '../call-with-retry.ts';
import { callWithRetry, fixable, HoldError, transientHold } from '../call-with-retry.ts';
import { lookupKeyBytes } from './lookup-keys.ts';
import { bisectChunk, planChunks } from '../plan-chunks.ts';
import type { Lookups } from './declare-lookup.ts';
import type { AmbiguousKey, LookupCache, LookupResult, LookupSource, ReferenceRow } from '../ports.ts';
import { DatabaseError } from '../../data-api/classify-error.ts';

/** What reading needs. */
export interface LookupReading {
  readonly lookups: Lookups;
  readonly cache: LookupCache;
  readonly source: LookupSource;
  /** Bytes of keys that one request may carry. */
  readonly maxKeyBytes: number;
}

/** The reference rows of a batch, by lookup and key text, as far as they are known. */
export type FoundRows = Map<string, Map<string, Found>>;

interface MissedKey {
  readonly lookup: string;
  readonly key: string;
  readonly bytes: number;
}

/**
 * Resolves the keys of a batch that are not resolved yet: from the cache where it knows them, the rest in one read.
 *
 * @param resolved gets the rows
 * @returns how many had to be read from the database
 * @throws {@link HoldError} when the database can't be read in time
 */
export async function readLookups(
  keys: ReadonlyMap<string, ReadonlySet<string>>,
  reading: LookupReading,
  { resolved, calls }: { readonly resolved: FoundRows; readonly calls: Calls },
): Promise<number> {
  const missed: MissedKey[] = [];
  for (const [lookup, lookupKeys] of keys) {
    const rows: Map<string, Found> = resolved.get(lookup) ?? new Map<string, Found>();
    resolved.set(lookup, rows);
    for (const key of lookupKeys) {
      if (rows.has(key)) continue;
      const cached = reading.cache.get(lookup, key);
      if (cached === undefined) missed.push({ lookup, key, bytes: lookupKeyBytes(key) });
      else rows.set(key, cached);
    }
  }
  // Rows of a fresh lookup are never kept, so the cache knows none of them.
  const keep: KeepRow = (lookup, key, row) => {
    resolved.get(lookup)?.set(key, row);
    if (!(reading.lookups[lookup]?.fresh ?? false)) reading.cache.set(lookup, key, row);
  };
  for (const chunk of planChunks(missed, reading.maxKeyBytes)) await readChunk(chunk, reading, { calls, keep });
  return missed.length;
}

/** What there is for a key: its row, none, or more than one. */
type Found = ReferenceRow | AmbiguousKey | null;

type KeepRow = (lookup: string, key: string, row: Found) => void;

async function readChunk(
  chunk: readonly MissedKey[],
  reading: LookupReading,
  { calls, keep }: { readonly calls: Calls; readonly keep: KeepRow },
): Promise<void> {
  let found: LookupResult;
  try {
    found = await callWithRetry((options) => reading.source.read(groupKeys(chunk), options), calls);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (chunk.length === 1 || !isForLess(error)) throw lookupHold(error);
    for (const half of bisectChunk(chunk)) await readChunk(half, reading, { calls, keep });
    return;
  }
  for (const { lookup, key } of chunk) keep(lookup, key, found.get(lookup)?.get(key) ?? null);
}

/** Failures that fewer keys can avoid. */
function isForLess({ kind }: DatabaseError): boolean {
  return kind === 'too-large' || kind === 'timeout';
}

function lookupHold(error: DatabaseError): HoldError {
  if (error.kind === 'timeout') return transientHold(error);
  return new HoldError('configuration', `the lookups can't be read: ${fixable(error)}`, { cause: error });
}

function groupKeys(chunk: readonly MissedKey[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { lookup, key } of chunk) {
    const group = groups.get(lookup);
    if (group === undefined) groups.set(lookup, [key]);
    else group.push(key);
  }
  return groups;
}
