import { sameKey } from './keyed-state.ts';
import type { Columns, Table, Tables, TableWrite, Values, WriteTarget } from './table-kind.ts';
import { columnList, keyOrder, OWN, PLAIN, quote } from './table-kind.ts';

/** A table that gets one new row per row of an event. */
export interface InsertTable<
  C extends Columns = Columns,
  K extends readonly string[] = readonly string[],
> extends Table<Values<C>> {
  readonly kind: 'inserts';
  readonly columns: C;
  readonly key: K;
  readonly from: undefined;
}

/** What {@link inserts} takes. */
export interface InsertDeclaration<C extends Columns, K extends readonly string[]> {
  readonly columns: C;
  /**
   * Columns of a unique key that parallel batches could meet on: rows go in in its order, so that they can't deadlock.
   *
   * @defaultValue none, rows go in in the order of the events
   */
  readonly key?: K;
  /**
   * `'keep'` where rows may be there already that other software wrote, or that came before the ledger did: such a row stays
   * as it is, whatever the event says, and the event counts as existing unless it has another effect.
   *
   * @defaultValue none: the database refuses a key that is there already, and the event is quarantined
   */
  readonly existing?: 'keep';
}

/** Declares a table that gets one new row per row of an event. */
export function inserts<const C extends Columns, const K extends readonly (keyof C & string)[] = []>({
  columns,
  key,
  existing,
}: InsertDeclaration<C, K>): InsertTable<C, K> {
  const table = { columns, key: (key ?? []) as readonly string[] as K };
  const keeps = existing === 'keep';
  return {
    ...PLAIN,
    ...table,
    kind: 'inserts',
    uniqueKey: keeps ? table.key : [],
    // The key of a row that may be there is read.
    privileges: keeps ? ['SELECT', 'INSERT'] : ['INSERT'],
    withoutEffect: keeps ? 'existing' : undefined,
    problems: () => [
      ...table.key
        .filter((column) => !Object.hasOwn(columns, column))
        .map((column) => `\`key\` names ${quote(column)}, which is not one of its columns`),
      ...existingProblems(table, existing),
    ],
    write: (target) => (keeps ? insertMissing(table, target) : insert(table, target)),
  };
}

type Inserted = Pick<Table, 'columns' | 'key'>;

function existingProblems({ columns, key }: Inserted, existing: unknown): string[] {
  if (existing === undefined) return [];
  if (existing !== 'keep') return [`\`existing\` must be 'keep', or left out, got ${quote(existing)}`];
  if (key.length === 0)
    return ["`existing: 'keep'` needs `key`: the columns of the unique key that tells what is there"];
  return key
    .filter((column) => columns[column]?.endsWith('?') === true)
    .map(
      (column) =>
        `\`key\` column \`${column}\` must not be nullable beside \`existing: 'keep'\`: no row has the key NULL`,
    );
}

function insert({ columns, key }: Inserted, { table, rows, part }: WriteTarget): TableWrite {
  const order = key.length > 0 ? keyOrder({ columns, key }, OWN.row) : `${OWN.row}.${OWN.n}`;
  const names = columnList(Object.keys(columns));
  return {
    parts: [
      [
        part('write'),
        `\n  INSERT INTO ${table} (${names}) SELECT ${names} FROM ${rows} ORDER BY ${order}\n  RETURNING 1\n`,
      ],
    ],
  };
}

/** Of rows with one key, the first in the stream goes in, if none is there. */
function insertMissing(
  { columns, key }: Inserted,
  { table, rows, later, part, tellsEffective }: WriteTarget,
): TableWrite {
  const names = columnList(Object.keys(columns));
  const order = `${keyOrder({ columns, key }, OWN.row)}, ${OWN.row}.${later}`;
  const written = part('write');
  return {
    parts: [
      [
        written,
        `
  INSERT INTO ${table} (${names}) SELECT ${names} FROM ${rows} ORDER BY ${order}
  ON CONFLICT (${columnList(key)}) DO NOTHING RETURNING ${columnList(key)}
`,
      ],
    ],
    ...(tellsEffective && {
      effective: `(SELECT DISTINCT ON (${keyOrder({ columns, key }, OWN.row)}) ${OWN.row}.${OWN.n} FROM ${rows}
    JOIN ${written} ON ${sameKey({ key }, OWN.row, written)} ORDER BY ${order})`,
    }),
  };
}

/** The table of a projection that serves as its ledger, and the column of it that holds the event id. */
export interface OwnLedger {
  readonly table: string;
  readonly keyColumn: string;
}

/** The ledger among a projection's own tables, or `undefined` when the framework's is used. */
export function ownLedgerOf(tables: Tables, ledger: string | undefined): OwnLedger | undefined {
  const keyColumn = ledger === undefined ? undefined : tables[ledger]?.key[0];
  return ledger === undefined || keyColumn === undefined ? undefined : { table: ledger, keyColumn };
}

/** What is wrong with the choice of a ledger: each event has one row in it, which its id is the key of. */
export function ledgerProblems(tables: Tables, ledger: string | undefined): string[] {
  if (ledger === undefined) return [];
  const table = Object.hasOwn(tables, ledger) ? tables[ledger] : undefined;
  const [key, ...more] = table?.kind === 'inserts' ? table.key : [];
  if (table === undefined || key === undefined || more.length > 0 || table.columns[key] !== 'text') {
    return [
      `\`ledger\` must name an insert table whose \`key\` is one text column, the event id; got ${quote(ledger)}`,
    ];
  }
  return table.withoutEffect === undefined
    ? []
    : [`table \`${ledger}\`: \`existing\` must be left out of the ledger: an event whose row is there is in effect`];
}
