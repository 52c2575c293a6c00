import { FRAMEWORK_SCHEMA } from '../../contract/framework-tables.ts';
import { foldPatches } from './fold-patches.ts';
import type { KeyedState, Part } from './keyed-state.ts';
import { isNoOlder, isRemoval, isThere, KEYED, lockedRows, newest, sameKey } from './keyed-state.ts';
import type { TableWrite, WriteTarget } from './table-kind.ts';
import { columnList, fail, identifier, keyOrder, OWN } from './table-kind.ts';
import { isNoOlderThanTombstone, isWithoutTombstone, joinTombstone, touchTombstones, TOUCHES } from './tombstones.ts';

/**
 * Compiles the write of a table whose rows may be removed or patched. The rows that are there are locked and read first,
 * in the order of their keys; then it is known what becomes of each key, and its row is updated, inserted or deleted.
 *
 * Two lanes that meet on a key wait for each other where its row is there. One that is created or removed leaves a trace
 * among the tombstones, where they meet as well: the second one has read what was there before, so it fails in a way
 * that passes, and is sent again.
 */
export function writeByKey(state: KeyedState, target: WriteTarget): TableWrite {
  const { name, part, tellsEffective } = target;
  const [chosen, touched] = [part('chosen'), part('touched')];
  const choice = state.patched.length > 0 ? foldPatches(state, target) : chooseNewest(state, target);
  const traces: readonly Part[] = state.removes ? [[touched, touchTombstones(state, name, chosen)]] : [];
  // Counting waits for all traces.
  const isDue = state.removes ? `(SELECT count(*) FROM ${touched}) >= 0` : 'true';
  const isNew = `FROM ${chosen} AS ${OWN.row} WHERE NOT ${KEYED.isThere}${state.removes ? ` AND NOT ${KEYED.isRemoval}` : ''} AND ${isDue}`;
  return {
    parts: [...choice.parts, ...traces, ...carryOut(state, target, { isDue, isNew })],
    checks: [
      `CASE WHEN (SELECT count(*) FROM ${part('inserted')}) = (SELECT count(*) ${isNew}) THEN true
    WHEN ${hasEqualKeys(state, target.table, isNew)}
    THEN ${fail('21000', `'${name} holds two of these keys equal, so its key must be declared with the type of its column'`)}
    WHEN ${isLeftOut(state, target.table, isNew)}
    THEN ${fail('P0002', `'${name} has no row with the key that was given: a trigger leaves the row out, or changes its key'`)}
    ELSE ${fail('40001', `'another lane has just created a row of ${name}'`)} END`,
    ],
    ...(tellsEffective && { effective: choice.effective }),
  };
}

/**
 * Whether keys that are different to the statement are one to the table, whose column may not tell capitals from small
 * letters: two of those that are new, or one of them and a row that is there. The rows of the table's own type have the types
 * and collations of its columns; the type is taken from a row, since a table may be called like another type. Asked only when rows are missing.
 */
function hasEqualKeys(state: KeyedState, table: string, isNew: string): string {
  const { there } = OWN;
  const keys = columnList(state.key);
  return `EXISTS (
      WITH ${OWN.own} AS (SELECT ${keys} FROM ${ownRows(table, `(${keysOf(state, isNew)})`)})
      (SELECT 1 FROM ${OWN.own} GROUP BY ${keys} HAVING count(*) > 1)
      UNION ALL SELECT 1 FROM ${OWN.own} JOIN ${table} AS ${there} ON ${sameKey(state, OWN.own, there)}
    )`;
}

/**
 * Whether a row that is new is not there now either. One that another lane has created since is: the statement alone does not
 * see it, because it reads what was there when it began.
 */
function isLeftOut(state: KeyedState, table: string, isNew: string): string {
  const { own, there } = OWN;
  const question = `SELECT EXISTS (
      SELECT FROM ${ownRows(table, '$1')} AS ${own}
      WHERE NOT EXISTS (SELECT FROM ${table} AS ${there} WHERE ${sameKey(state, own, there)})
    )`;
  return `${FRAMEWORK_SCHEMA}.ask_now('${question}', (${keysOf(state, isNew)}))`;
}

/** Keys as rows of the table itself: with the types and collations of its columns. */
function ownRows(table: string, keys: string): string {
  return `jsonb_populate_recordset((SELECT ${OWN.there} FROM ${table} AS ${OWN.there} LIMIT 0), ${keys})`;
}

function keysOf(state: KeyedState, rows: string): string {
  const members = state.key.map((column) => `'${column}', ${OWN.row}.${identifier(column)}`);
  return `SELECT jsonb_agg(jsonb_build_object(${members.join(', ')})) ${rows}`;
}

/** What becomes of each key, and the events that had a part in it. */
interface Choice {
  readonly parts: readonly Part[];
  readonly effective: string;
}

/** Of whole rows and removals, the newest of each key counts, if nothing that is there is newer. */
function chooseNewest(state: KeyedState, { name, table, rows, later, part }: WriteTarget): Choice {
  const { row, there, mark } = OWN;
  const [newestPart, therePart] = [part('newest'), part('there')];
  const columns = columnList(Object.keys(state.columns), row);
  const choice = `
  SELECT ${row}.${OWN.n}, ${columns}, ${isRemoval(`${row}.${mark}`)} AS ${KEYED.isRemoval},
    ${isThere(state)} AS ${KEYED.isThere}, ${TOUCHES}
  FROM ${newestPart} AS ${row} LEFT JOIN ${therePart} AS ${there} ON ${sameKey(state, there, row)} ${joinTombstone(state, { name, row }, isWithoutTombstone(state, row))}
  WHERE ${isNoOlder(row, there, state)} AND ${isNoOlderThanTombstone(state, row)}
`;
  return {
    parts: [
      [newestPart, `\n  ${newest(state, rows, { own: [OWN.n, mark], later })}\n`],
      [
        therePart,
        lockedRows(state, { table, keys: `${newestPart} AS ${row}`, columns: [...state.key, ...state.version] }),
      ],
      [part('chosen'), choice],
    ],
    effective: `SELECT ${OWN.n} FROM ${part('chosen')}`,
  };
}

/** The rows of the keys that are due, all of them locked or new by now. */
function carryOut(
  state: KeyedState,
  { table, part }: WriteTarget,
  { isDue, isNew }: { readonly isDue: string; readonly isNew: string },
): readonly Part[] {
  const { row, there } = OWN;
  const columns = columnList(Object.keys(state.columns));
  const updates = state.replaced.map((column) => `${identifier(column)} = ${row}.${identifier(column)}`);
  const isFound = `${sameKey(state, there, row)} AND ${KEYED.isThere} AND ${isDue}`;
  return [
    [
      part('updated'),
      `
  UPDATE ${table} AS ${there} SET ${updates.join(', ')} FROM ${part('chosen')} AS ${row}
  WHERE ${isFound}${state.removes ? ` AND NOT ${KEYED.isRemoval}` : ''} RETURNING 1
`,
    ],
    [
      part('inserted'),
      `
  INSERT INTO ${table} (${columns}) SELECT ${columns} ${isNew} ORDER BY ${keyOrder(state, row)}
  ON CONFLICT (${columnList(state.key)}) DO NOTHING RETURNING 1
`,
    ],
    ...(state.removes
      ? [
          [
            part('deleted'),
            `
  DELETE FROM ${table} AS ${there} USING ${part('chosen')} AS ${row} WHERE ${isFound} AND ${KEYED.isRemoval} RETURNING 1
`,
          ] as const,
        ]
      : []),
  ];
}
