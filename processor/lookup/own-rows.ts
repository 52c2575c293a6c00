/**
 * Lookups on tables that the same projection writes: such a lookup sees the rows of earlier events, also of those in its
 * own batch.
 *
 * Rows that are only projected yet are not computed in memory: whether the database takes them, and what its counters,
 * versions, defaults and triggers make of them, only the database knows. A batch is taken in rounds instead. An event that looks
 * at what an earlier event of its round may change waits for the next round, which reads again; everything else is written
 * together. So a batch of new customers with their orders takes two writes, however many there are.
 *
 * @module
 */
import type { DecodedItem } from '../decode/item.ts';
import { Removal } from '../tables/removal.ts';
import type { RowSource, Tables } from '../tables/table-kind.ts';
import { columnThere } from '../tables/table-kind.ts';
import type { MemberName } from '../user-values.ts';
import { memberName, memberOf } from '../user-values.ts';
import type { AskedKeys } from './asked-keys.ts';
import type { Lookup, Lookups } from './declare-lookup.ts';
import type { KeyShape } from './key-text.ts';
import { KeyMisfit, keyShapeOf, lookupKeyText } from './key-text.ts';
import type { KeyType } from './key-type.ts';

/** A lookup on a table that the projection writes. */
export interface OwnLookup {
  readonly name: string;
  readonly shape: KeyShape;
  /** The table that events give the rows for, be it this one or the one that it takes its rows from. */
  readonly table: MemberName;
  /** Where a row has the values of the lookup's key; `undefined` where a row may change what other keys find. */
  readonly columns: readonly MemberName[] | undefined;
}

/** Finds the lookups on tables that the projection writes. */
export function ownLookupsOf(tables: Tables, lookups: Lookups): readonly OwnLookup[] {
  return Object.entries(lookups).flatMap(([name, lookup]) =>
    Object.keys(tables)
      .filter((table) => isSameTable(table, lookup.table))
      .map((table) => ownLookup(name, lookup, { table, tables })),
  );
}

/** Names with and without a schema may be one table. */
function isSameTable(one: string, other: string): boolean {
  const [a, b] = [one.split('.'), other.split('.')];
  return a.at(-1) === b.at(-1) && (a.length !== b.length || a[0] === b[0]);
}

function ownLookup(
  name: string,
  lookup: Lookup,
  { table, tables }: { readonly table: string; readonly tables: Tables },
): OwnLookup {
  const { from, privileges, key = [], columns = {} } = tables[table] ?? {};
  const shape = keyShapeOf(lookup);
  // Where rows are updated, a column outside of the key may change: then the old value finds another row, as the new one does.
  const fixed = privileges?.includes('UPDATE') === true ? key : Object.keys(columns);
  const isFixed = shape.columns.every(({ column }) => fixed.includes(column));
  return {
    name,
    shape,
    table: memberName(from?.table ?? table),
    columns: isFixed ? shape.columns.map(({ column }) => memberName(there(from, column))) : undefined,
  };
}

function there(from: RowSource | undefined, column: string): string {
  return from === undefined ? column : columnThere(from, column);
}

/** What the events of a round ask for. */
export interface RoundKeys {
  readonly asked: ReadonlyMap<string, AskedKeys>;
  /** Whether keys come from rows, and may be others in the next round. */
  readonly isChained: boolean;
}

/** Stands for every key of a lookup. */
const EVERY_KEY = '*';

/**
 * One round of a batch: decides, in stream order, which events wait for the next one.
 *
 * What a waiting event will write is not known, since its rows depend on what it looks at. So every later event that looks
 * at a table of the projection waits as well, and so does one that would change what a waiting event looks at. Events of
 * one partition key never overtake each other, nor do deliveries of one event.
 */
export class Round {
  readonly #lookups: readonly OwnLookup[];
  readonly #keys: RoundKeys;
  /** By lookup, what the events of this round write, as {@link looseForm} has it. */
  readonly #written: ReadonlyMap<OwnLookup, Set<string>>;
  /** By lookup, what the events that wait look at. */
  readonly #awaited: ReadonlyMap<OwnLookup, Set<string>>;
  readonly #partitionKeys = new Set<string>();
  readonly #eventIds = new Set<string>();

  constructor(lookups: readonly OwnLookup[], keys: RoundKeys) {
    this.#lookups = lookups;
    this.#keys = keys;
    this.#written = new Map(lookups.map((lookup) => [lookup, new Set()]));
    this.#awaited = new Map(lookups.map((lookup) => [lookup, new Set()]));
  }

  /** Whether an item has to wait, as far as can be told before its rows are known. */
  waits(item: DecodedItem, n: number): boolean {
    const mustWait = this.#follows(item) || this.#looksAtChanges(item, n);
    if (mustWait) this.#wait(item, n);
    return mustWait;
  }

  /**
   * Whether an event has to wait because of what it writes; otherwise it is written in this round.
   *
   * @param projected rows by table
   */
  waitsToWrite(item: DecodedItem, n: number, projected: object): boolean {
    const writes = this.#lookups.map((lookup) => [lookup, writtenForms(lookup, projected)] as const);
    const mustWait =
      this.#partitionKeys.size > 0 &&
      writes.some(([lookup, forms]) =>
        this.#keys.isChained ? forms.length > 0 : meets(forms, this.#awaited.get(lookup)),
      );
    if (mustWait) this.#wait(item, n);
    else for (const [lookup, forms] of writes) for (const form of forms) this.#written.get(lookup)?.add(form);
    return mustWait;
  }

  #follows(item: DecodedItem): boolean {
    if (this.#partitionKeys.size === 0) return false;
    const isRepeated = item.kind !== 'skip' && item.eventId !== undefined && this.#eventIds.has(item.eventId);
    return isRepeated || (item.kind === 'event' && this.#partitionKeys.has(item.origin.partitionKey));
  }

  #looksAtChanges(item: DecodedItem, n: number): boolean {
    // Its keys can't be told, perhaps because a row on the way to them is not there yet.
    if (item.kind === 'rejection' && item.eventId !== undefined) return this.#mayChangeAnything();
    return this.#lookups.some((lookup) => {
      const keys = this.#keys.asked.get(lookup.name)?.of(n) ?? [];
      if (keys.length === 0) return false;
      const written = this.#written.get(lookup);
      return (
        this.#partitionKeys.size > 0 ||
        meets(
          keys.map((key) => looseForm(lookup.shape, key)),
          written,
        )
      );
    });
  }

  #mayChangeAnything(): boolean {
    return this.#partitionKeys.size > 0 || [...this.#written.values()].some(({ size }) => size > 0);
  }

  #wait(item: DecodedItem, n: number): void {
    this.#partitionKeys.add(item.origin.partitionKey);
    if (item.kind !== 'skip' && item.eventId !== undefined) this.#eventIds.add(item.eventId);
    for (const lookup of this.#lookups) {
      const awaited = this.#awaited.get(lookup);
      for (const key of this.#keys.asked.get(lookup.name)?.of(n) ?? []) awaited?.add(looseForm(lookup.shape, key));
    }
  }
}

function meets(forms: readonly string[], others: ReadonlySet<string> | undefined): boolean {
  if (others === undefined || others.size === 0 || forms.length === 0) return false;
  return others.has(EVERY_KEY) || forms.some((form) => form === EVERY_KEY || others.has(form));
}

function writtenForms(lookup: OwnLookup, projected: object): readonly string[] {
  const given = memberOf(projected, lookup.table);
  if (given === undefined) return [];
  return [given].flat().map((row: unknown) => writtenForm(lookup, row));
}

/** What is not a row may change anything. */
function writtenForm({ shape, columns }: OwnLookup, given: unknown): string {
  const row: unknown = given instanceof Removal ? given.row : given;
  if (columns === undefined || typeof row !== 'object' || row === null) return EVERY_KEY;
  const values = columns.map((column) => memberOf(row, column));
  const text = lookupKeyText(shape, shape.isComposite ? values : values[0]);
  return text === undefined || text instanceof KeyMisfit ? EVERY_KEY : looseForm(shape, text);
}

/**
 * A key in a form that is the same for all keys that the database may hold equal, and for some that it doesn't: an event
 * that waits without need costs a call, one that should wait and doesn't would see an outdated row.
 */
function looseForm({ columns, isComposite }: KeyShape, key: string): string {
  const texts = isComposite ? (JSON.parse(key) as readonly string[]) : [key];
  return texts.map((text, index) => LOOSE_FORMS[columns[index]?.type ?? 'numeric'](text)).join('/');
}

function asIs(text: string): string {
  return text;
}

/** Without what a collation may overlook: capitals, accents, blanks and punctuation. */
function looseText(text: string): string {
  return text
    .normalize('NFKD')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** One value may be written in many ways. */
function anyValue(): string {
  return '';
}

const LOOSE_FORMS: Readonly<Record<KeyType, (text: string) => string>> = {
  text: looseText,
  citext: looseText,
  char: looseText,
  uuid: asIs,
  boolean: asIs,
  smallint: asIs,
  integer: asIs,
  bigint: asIs,
  date: (text) => text.replaceAll(/\D/g, ''),
  numeric: anyValue,
  timestamp: anyValue,
  timestamptz: anyValue,
};
