import type { Lookup, Lookups } from './declare-lookup.ts';
import { AmbiguousKey } from '../ports.ts';
import type { AskedKeys } from './asked-keys.ts';
import { describeKey, keyShapeOf, notAsked, usableKeyText } from './key-text.ts';

/**
 * Reference rows of a batch, by lookup and key text; `null` where a key has no row, an {@link AmbiguousKey} where it has
 * several.
 */
export type ResolvedLookups = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** What a projection's function asks reference rows with: one function per lookup. */
export type LookupAccessors = Readonly<Record<string, (key: unknown) => unknown>>;

/** Thrown when the reference data has no answer for an event, as opposed to a bug in the projection. */
export class UnansweredLookupError extends Error {
  override readonly name = 'UnansweredLookupError';
  readonly reason: 'lookup-absent' | 'lookup-ambiguous';
  /** Whether the row may still come. */
  readonly mayHeal: boolean;

  /**
   * Names the table and the key.
   *
   * @param reason whether there is no row, or more than one
   * @param mayHeal whether the row may still come
   */
  constructor(reason: 'lookup-absent' | 'lookup-ambiguous', message: string, mayHeal = false) {
    super(message);
    this.reason = reason;
    this.mayHeal = mayHeal;
  }
}

/** The reference rows of a batch, and what each of its items asked for. */
export interface BatchLookups {
  readonly resolved: ResolvedLookups;
  readonly asked: ReadonlyMap<string, AskedKeys>;
}

/** Accessors that give each event the rows that it asked for itself, whatever other events and the cache hold. */
export interface EventLookups {
  readonly accessors: LookupAccessors;
  /** Begins the event at an index of the batch: the accessors give what it asked for from now on. */
  readonly begin: (item: number) => void;
}

/** Makes the accessors over the rows of a batch. */
export function createEventLookups(lookups: Lookups, { resolved, asked }: BatchLookups): EventLookups {
  let current = 0;
  const accessors = Object.entries(lookups).map(([name, lookup]) => {
    const [rows, keys] = [resolved.get(name), asked.get(name)];
    const find = (text: string): unknown => (keys?.has(current, text) === true ? rows?.get(text) : undefined);
    return [name, createAccessor(name, lookup, find)] as const;
  });
  return {
    accessors: Object.fromEntries(accessors),
    begin: (item) => {
      current = item;
    },
  };
}

function createAccessor(name: string, lookup: Lookup, find: (text: string) => unknown): (key: unknown) => unknown {
  const { absent, table } = lookup;
  const shape = keyShapeOf(lookup);
  return (key) => {
    // Nearly every key is text in the form under which its row is kept.
    const isText = typeof key === 'string' && !shape.isComposite;
    const row = (isText ? find(key) : undefined) ?? rowOf(usableKeyText(name, shape, key), find);
    if (row === undefined) throw new Error(notAsked(name, key));
    if (row instanceof AmbiguousKey) {
      const columns = shape.columns.map(({ column }) => `\`${column}\``).join(', ');
      throw new UnansweredLookupError(
        'lookup-ambiguous',
        `\`${table}\` has ${row.rows} rows whose ${columns} is ${describeKey(key)}; a lookup needs a unique key`,
      );
    }
    if (row !== null) return row;
    if (absent === 'undefined') return undefined;
    throw new UnansweredLookupError(
      'lookup-absent',
      `\`${table}\` has no row for ${describeKey(key)}`,
      absent === 'later',
    );
  };
}

/** `null` for a key that no row can have. */
function rowOf(text: string | undefined, find: (text: string) => unknown): unknown {
  return text === undefined ? null : find(text);
}
