import { lookupKeyText } from './lookup-keys.ts';
import type { Lookup } from './table.ts';

/** Reference rows of a batch, by lookup and key text; `null` where a key has no row. */
export type ResolvedLookups = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** What a projection's function asks reference rows with: one function per lookup. */
export type LookupAccessors = Readonly<Record<string, (key: unknown) => unknown>>;

/** Says that a required reference row does not exist: the event's fault, told apart from a bug in the projection. */
export class AbsentLookupError extends Error {}

/** Makes the accessors over the rows of a batch. */
export function createLookupAccessors(
  lookups: Readonly<Record<string, Lookup>>,
  resolved: ResolvedLookups,
): LookupAccessors {
  return Object.fromEntries(
    Object.entries(lookups).map(([name, lookup]) => [
      name,
      createAccessor(name, lookup, resolved.get(name) ?? new Map<string, unknown>()),
    ]),
  );
}

function createAccessor(
  name: string,
  { keyType, absent, table }: Lookup,
  rows: ReadonlyMap<unknown, unknown>,
): (key: unknown) => unknown {
  return (key) => {
    // Nearly every key is a text in the form under which its row is kept, and needs no other look.
    const row = rows.get(key) ?? rowOfOtherForm(keyType, key, rows);
    if (row === undefined) {
      throw new Error(`lookup \`${name}\` was not asked for ${describeKey(key)}; add the key to lookupKeys`);
    }
    if (row !== null) return row;
    if (absent === 'undefined') return undefined;
    throw new AbsentLookupError(`\`${table}\` has no row for ${describeKey(key)}`);
  };
}

/** `null` for what can't be a key of this type: no row has it. */
function rowOfOtherForm(keyType: Lookup['keyType'], key: unknown, rows: ReadonlyMap<unknown, unknown>): unknown {
  const text = lookupKeyText(keyType, key);
  return text === undefined ? null : rows.get(text);
}

function describeKey(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key.slice(0, 80)) : String(key);
}
