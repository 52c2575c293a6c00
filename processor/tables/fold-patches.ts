import { isComposed, sqlTypeOf } from './column-sql.ts';
import type { KeyedState, Part } from './keyed-state.ts';
import { compared, isNoOlder, isRemoval, isThere, KEYED, lockedRows, sameKey } from './keyed-state.ts';
import type { WriteTarget } from './table-kind.ts';
import { columnList, fail, identifier, keyOrder, OWN, ownName } from './table-kind.ts';
import { isNoOlderThanTombstone, isWithoutTombstone, joinTombstone, TOUCHES } from './tombstones.ts';

/** Among the rows of a key with the same version or a lower one, where a row stands. */
const RANK = ownName('rank');
const GREATEST_RANK = ownName('greatest_rank');
/** Place of the last removal of a row's key. */
const REMOVED_AT = ownName('removed_at');
/** Whether a row finds none that it could change. */
const CREATES = ownName('creates');

/** Whether a column is given a value, by its place among those that may be left out. */
function hasValue(index: number): string {
  return ownName(`has_${index}`);
}

/**
 * Compiles what rows that leave columns out make of the rows that are there, as if they came one after the other: a row
 * applies if it is no older than what is there by then, and changes the columns that it gives. Of each column the last
 * value given counts; a removal takes all of them away.
 */
export function foldPatches(
  state: KeyedState,
  target: WriteTarget,
): { readonly parts: readonly Part[]; readonly effective: string } {
  const { name, table, rows, part } = target;
  const { row, n, order, mark } = OWN;
  const [given, there, ranked, applied, folded] = names(part, ['given', 'there', 'ranked', 'applied', 'folded']);
  const columns = Object.keys(state.columns);
  return {
    parts: [
      [given, `SELECT ${row}.${n}, ${order}, ${mark}, ${columnList(columns, row)} FROM ${rows}`],
      [
        there,
        lockedRows(state, {
          table,
          keys: `(SELECT DISTINCT ${columnList(state.key)} FROM ${given}) AS ${row}`,
          columns,
        }),
      ],
      [ranked, rank(state, { name, given, there })],
      [applied, apply(state, { name, ranked })],
      [folded, fold(state, applied)],
      [part('chosen'), complete(state, { folded, there })],
    ],
    effective: `SELECT ${n} FROM ${applied}`,
  };
}

function names<const T extends readonly string[]>(
  part: WriteTarget['part'],
  whats: T,
): { readonly [I in keyof T]: string } {
  return whats.map(part) as { readonly [I in keyof T]: string };
}

/** The rows that are no older than what was there before all of them, with the order of their versions per key. */
function rank(state: KeyedState, { name, given, there }: Readonly<Record<'name' | 'given' | 'there', string>>): string {
  const { row } = OWN;
  return `
  SELECT ${row}.*, ${isThere(state)} AS ${KEYED.isThere}${state.removes ? `, ${TOUCHES}` : ''},
    rank() OVER (PARTITION BY ${keyOrder(state, row)} ORDER BY ${compared(state, row).join(', ')}) AS ${RANK}
  FROM ${given} AS ${row} LEFT JOIN ${there} AS ${OWN.there} ON ${sameKey(state, OWN.there, row)} ${state.removes ? joinTombstone(state, { name, row }, isWithoutTombstone(state, row)) : ''}
  WHERE ${isNoOlder(row, OWN.there, state)}${state.removes ? ` AND ${isNoOlderThanTombstone(state, row)}` : ''}
`;
}

/** The rows that apply: in the order of the stream, none before them has a greater version. */
function apply(state: KeyedState, { name, ranked }: { readonly name: string; readonly ranked: string }): string {
  const { row, mark, order } = OWN;
  const ofKey = `PARTITION BY ${keyOrder(state, row)}`;
  const soFar = `${ofKey} ORDER BY ${row}.${order}`;
  const isBehindRemoval = isRemoval(`lag(${mark}) OVER (${soFar})`);
  return `
  SELECT * FROM (
    SELECT ${row}.*, max(CASE WHEN ${isRemoval(mark)} THEN ${order} END) OVER (${ofKey}) AS ${REMOVED_AT},
      CASE WHEN row_number() OVER (${soFar}) = 1 THEN NOT ${KEYED.isThere} ELSE ${isBehindRemoval} END AS ${CREATES}
    FROM (SELECT ${row}.*, max(${RANK}) OVER (${soFar}) AS ${GREATEST_RANK} FROM ${ranked} AS ${row}) AS ${row}
    WHERE ${RANK} = ${GREATEST_RANK}
  ) AS ${row} WHERE ${createsWhole(state, name)}
`;
}

/** Fails for a row that creates one without a value for a column that must have one: alone, it would be refused too. */
function createsWhole({ patched, columns }: KeyedState, name: string): string {
  const { mark } = OWN;
  const isLeftOut = (column: string): string => `substr(${mark}, ${patched.indexOf(column) + 1}, 1) = '0'`;
  const required = patched.filter((column) => columns[column]?.endsWith('?') !== true);
  if (required.length === 0) return 'true';
  const missing = required.map((column) => `CASE WHEN ${isLeftOut(column)} THEN '${column}' END`);
  return `CASE WHEN ${CREATES} AND NOT ${isRemoval(mark)} AND (${required.map(isLeftOut).join(' OR ')})
    THEN ${fail('23502', `'a row of ${name} that is not there yet needs a value for ' || concat_ws(', ', ${missing.join(', ')})`)} ELSE true END`;
}

/** One row per key: its version, and the last value of each column that is given behind the last removal. */
function fold(state: KeyedState, applied: string): string {
  const { row, mark, order } = OWN;
  const last = (value: string, filter = ''): string => `(array_agg(${value} ORDER BY ${order} DESC)${filter})[1]`;
  const lastOf = (column: string, filter?: string): string => {
    const type = state.columns[column] ?? '';
    // An array of arrays would be one array.
    return isComposed(type)
      ? `${last(`${identifier(column)}::text`, filter)}::${sqlTypeOf(type)}`
      : last(identifier(column), filter);
  };
  const values = state.patched.flatMap((column, index) => {
    const isGiven = `${order} > coalesce(${REMOVED_AT}, 0) AND coalesce(substr(${mark}, ${index + 1}, 1) = '1', true)`;
    return [
      `bool_or(${isGiven}) AS ${hasValue(index)}`,
      `${lastOf(column, ` FILTER (WHERE ${isGiven})`)} AS ${identifier(column)}`,
    ];
  });
  const own = state.removes
    ? [`max(${KEYED.touches}) AS ${KEYED.touches}`, `${isRemoval(last(mark))} AS ${KEYED.isRemoval}`]
    : [];
  const selected = [
    columnList(state.key),
    `bool_or(${KEYED.isThere}) AS ${KEYED.isThere}`,
    `max(${REMOVED_AT}) AS ${REMOVED_AT}`,
    ...own,
    ...state.version.map((column) => `${lastOf(column)} AS ${identifier(column)}`),
    ...values,
  ];
  return `
  SELECT ${selected.join(',\n    ')}
  FROM ${applied} AS ${row} GROUP BY ${columnList(state.key)}
`;
}

/** What is not given stays, unless the row was removed in between: then it is one that is new. */
function complete(state: KeyedState, { folded, there }: { readonly folded: string; readonly there: string }): string {
  const { row } = OWN;
  const values = state.patched.map((column, index) => {
    const name = identifier(column);
    return `CASE WHEN ${hasValue(index)} THEN ${row}.${name} WHEN ${REMOVED_AT} IS NULL THEN ${OWN.there}.${name} END AS ${name}`;
  });
  const own = [KEYED.isThere, ...(state.removes ? [KEYED.isRemoval, KEYED.touches] : [])];
  return `
  SELECT ${columnList([...state.key, ...state.version], row)}, ${own.join(', ')},
    ${values.join(',\n    ')}
  FROM ${folded} AS ${row} LEFT JOIN ${there} AS ${OWN.there} ON ${sameKey(state, OWN.there, row)}
`;
}
