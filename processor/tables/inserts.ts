import type { Columns, Table, Tables, Values } from './table-kind.ts';
import { columnList, keyOrder, OWN, quote } from './table-kind.ts';

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
}

/** Declares a table that gets one new row per row of an event. */
export function inserts<const C extends Columns, const K extends readonly (keyof C & string)[] = []>({
  columns,
  key,
}: InsertDeclaration<C, K>): InsertTable<C, K> {
  const table = { kind: 'inserts', columns, key: (key ?? []) as readonly string[] as K, from: undefined } as const;
  return {
    ...table,
    // A table that serves as the ledger is also read: SELECT.
    privileges: ['INSERT'],
    version: [],
    patched: [],
    removedBy: undefined,
    rowsMayLose: false,
    problems: () =>
      table.key
        .filter((column) => !Object.hasOwn(columns, column))
        .map((column) => `\`key\` names ${quote(column)}, which is not one of its columns`),
    write: ({ table: name, rows, part }) => {
      const order = table.key.length > 0 ? keyOrder(table, OWN.row) : `${OWN.row}.${OWN.n}`;
      const names = Object.keys(columns);
      return {
        parts: [
          [
            part('write'),
            `
  INSERT INTO ${name} (${columnList(names)}) SELECT ${columnList(names)} FROM ${rows} ORDER BY ${order}
  RETURNING 1
`,
          ],
        ],
      };
    },
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
  return key !== undefined && more.length === 0 && table?.columns[key] === 'text'
    ? []
    : [`\`ledger\` must name an insert table whose \`key\` is one text column, the event id; got ${quote(ledger)}`];
}
