import { distinctOf, keyLeaves, type Choice } from './identity.ts';
import { claimName, ColumnNames, snakeCase } from './names.ts';
import type { Leaf } from './plan-columns.ts';

/** A table with the newest row for each thing that events are about. */
export interface LatestTable {
  readonly table: string;
  /** What events are about. */
  readonly entity: Leaf;
  /** The time that tells newer from older; undefined where the place in the stream does. */
  readonly version: Leaf | undefined;
}

/** A table of counters. */
export interface TotalsTable {
  readonly table: string;
  readonly key: Leaf;
  readonly keyColumn: string;
  readonly countColumn: string;
  /** Members that are added up. */
  readonly sums: readonly { readonly leaf: Leaf; readonly column: string }[];
}

interface Summarized {
  /** What names of tables begin with. */
  readonly base: string;
  /** Names of tables that are taken. */
  readonly names: Set<string>;
  /** Members that all events have. */
  readonly common: readonly Leaf[];
}

const UPDATED = /(^|_)(updated|modified|changed|last)(_|$)/;

/**
 * Plans a `versions` table, where all events are about things that come again.
 *
 * @returns nothing where it would have a row per event
 */
export function planLatest({
  base,
  names,
  common,
  entities,
}: Summarized & { readonly entities: readonly (Choice | undefined)[] }): LatestTable | undefined {
  const paths = new Set(entities.map((choice) => JSON.stringify(choice?.leaf.path)));
  const entity = common.find(({ path }) => paths.has(JSON.stringify(path)));
  if (paths.size !== 1 || entity === undefined || distinctOf(entity) === entity.shape.seen) return undefined;
  const times = common.filter(({ type, isNullable }) => type === 'timestamptz' && !isNullable);
  const version = times.find(({ path }) => UPDATED.test(snakeCase(path.at(-1) ?? ''))) ?? times[0];
  return { table: claimName(names, `${base}_latest`), entity, version };
}

const DIMENSION =
  /(^|_)(type|status|state|category|kind|country|region|city|currency|shop|store|channel|source|level|severity|method|action|wiki|symbol|carrier|platform|event|name)(_|$)/;
const SUMMED =
  /(^|_)(price|amount|total|cost|fee|tax|revenue|cents|quantity|qty|count|size|bytes|duration|distance|delay|volume)(_|$)/;

/** More different values than that are no dimension. */
const MAX_DIMENSION = 100;
const MAX_SUMS = 3;

interface Counted extends Summarized {
  readonly typeMember: string | undefined;
  readonly entity: Leaf | undefined;
  readonly eventId: Leaf | undefined;
}

/**
 * Plans a `counters` table: by the type of an event, or else by a member that says what kind of event it is.
 *
 * @returns nothing where no member has few different values
 */
export function planTotals({ base, names, common, typeMember, entity, eventId }: Counted): TotalsTable | undefined {
  const key =
    common.find(({ path }) => path.length === 1 && path[0] === typeMember) ?? dimensionOf(common, { entity, eventId });
  if (key === undefined) return undefined;
  const columns = new ColumnNames();
  const keyColumn = columns.claim(key.path);
  const countColumn = columns.claim(['events']);
  const sums = common.filter(isSummed).slice(0, MAX_SUMS);
  return {
    table: claimName(names, `${base}_totals`),
    key,
    keyColumn,
    countColumn,
    sums: sums.map((leaf) => ({ leaf, column: columns.claim(leaf.path) })),
  };
}

function dimensionOf(
  common: readonly Leaf[],
  { entity, eventId }: Pick<Counted, 'entity' | 'eventId'>,
): Leaf | undefined {
  const few = keyLeaves(common).filter((leaf) => {
    const distinct = distinctOf(leaf);
    return (
      leaf !== eventId &&
      leaf.type === 'text' &&
      distinct > 1 &&
      distinct <= MAX_DIMENSION &&
      distinct * 2 <= leaf.shape.seen
    );
  });
  const repeating = entity !== undefined && distinctOf(entity) < entity.shape.seen;
  return (
    few.find(({ path }) => DIMENSION.test(snakeCase(path.at(-1) ?? ''))) ?? few[0] ?? (repeating ? entity : undefined)
  );
}

function isSummed({ path, isNullable, type, reader }: Leaf): boolean {
  const isNumber = type === 'numeric' || (type === 'bigint' && reader === 'z.int()');
  return isNumber && !isNullable && SUMMED.test(snakeCase(path.at(-1) ?? ''));
}
