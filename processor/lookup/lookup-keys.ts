import type { DecodedItem } from '../decode/item.ts';
import { errorText, hearLateRejection } from '../decode/item.ts';
import { isStorableText } from '../tables/column-type.ts';
import type { KeyType, Lookup } from './declare-lookup.ts';

/** The part of a projection that says which reference rows an event needs. */
export interface LookupPlan {
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly lookupKeys: (event: unknown) => Readonly<Record<string, readonly unknown[]>>;
}

/** The reference rows a batch needs. */
export interface GatheredKeys {
  /** The items, those whose `lookupKeys` threw turned into rejections. */
  readonly items: readonly DecodedItem[];
  /** Distinct keys by lookup. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  /** Keys asked for by all events together, each time they were asked for. */
  readonly requests: number;
}

/** Gathers the distinct reference keys of a batch, so that they can be read together. */
export function gatherLookupKeys(items: readonly DecodedItem[], plan: LookupPlan): GatheredKeys {
  const lookups = Object.entries(plan.lookups).map(([name, { keyType }]) => ({
    name,
    keyType,
    keys: new Set<string>(),
  }));
  let requests = 0;
  const gathered = items.map((item): DecodedItem => {
    if (item.kind === 'rejection' || lookups.length === 0) return item;
    try {
      const keysOf = plan.lookupKeys(item.event);
      hearLateRejection(keysOf);
      for (const { name, keyType, keys } of lookups) {
        for (const key of keysOf[name] ?? []) {
          // A text that is known already is known in its one form.
          if (!keys.has(key as string)) {
            const text = lookupKeyText(keyType, key);
            if (text === undefined) continue;
            keys.add(text);
          }
          requests += 1;
        }
      }
      return item;
    } catch (error) {
      return rejectThrown(item, `lookupKeys threw ${errorText(error)}`);
    }
  });
  return { items: gathered, keys: new Map(lookups.map(({ name, keys }) => [name, keys])), requests };
}

function rejectThrown({ origin }: DecodedItem, detail: string): DecodedItem {
  return { kind: 'rejection', origin, reason: 'projection-threw', detail };
}

const KEY_FORMS: Readonly<Record<KeyType, (text: string) => boolean>> = {
  text: isStorableText,
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  integer: (text) => /^-?\d{1,10}$/.test(text) && Number(text) === (Number(text) | 0),
  bigint: (text) => /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text),
};

/**
 * A key as text, in the one form under which it is cached, sent and found again.
 *
 * @returns `undefined` for a value that can't be a key of this type: no row has it, and the cast in the read, which
 *   serves the whole batch, must not meet it
 */
export function lookupKeyText(keyType: KeyType, key: unknown): string | undefined {
  if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'bigint') return undefined;
  const text = String(key);
  if (!KEY_FORMS[keyType](text)) return undefined;
  switch (keyType) {
    case 'text':
      return text;
    case 'uuid':
      return text.toLowerCase();
    case 'integer':
    case 'bigint':
      return BigInt(text).toString();
  }
}

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
