import type { AuditFault, RowFault } from '../../contract/audited-item.ts';
import type { Execute, Row } from '../../data-api/execute.ts';
import { parameterText } from '../../data-api/statement-body.ts';
import type { CompiledProjection } from '../compile-projection.ts';
import type { EncodedBatch, EncodedEvent } from '../project/project-items.ts';
import { givenTables } from '../tables/table-kind.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';

/** What is wrong with the rows of events, by the number of the event. */
export type Faults = ReadonlyMap<number, readonly AuditFault[]>;

/** What rows are compared with. */
export interface CompareOptions {
  readonly compiled: CompiledProjection;
  readonly execute: Execute;
  readonly functionName: string;
  /** Of `compileRowAudit`. */
  readonly rowsSql: string | undefined;
  /** Tables whose rows nothing but their content tells apart. */
  readonly countsWholeRows: ReadonlySet<string>;
}

/** Rows of one table, as a parameter of the statement has them. */
interface GivenRows {
  readonly table: string;
  readonly parameter: string;
  readonly json: string;
}

/**
 * Compares the rows that events give with those in the tables.
 *
 * @param events in effect, each id once
 * @param rows of their batch
 */
export async function compareRows(
  events: readonly EncodedEvent[],
  rows: EncodedBatch['rows'],
  { compiled, execute, functionName, rowsSql, countsWholeRows }: CompareOptions,
): Promise<Faults> {
  if (rowsSql === undefined || events.length === 0) return new Map();
  const given = givenTables(compiled.projection.tables).map(([table], list): GivenRows => {
    const texts = events
      .map(({ n }) => parameterText(rows.read(list, n, n)).slice(1, -1))
      .filter((text) => text !== '');
    return { table, parameter: WRITE_PARAMETERS.rows(list), json: `[${texts.join(',')}]` };
  });
  const parameters = [
    [WRITE_PARAMETERS.functionName, functionName],
    ...given.map(({ parameter, json }) => [parameter, json]),
  ].filter(([name = '']) => rowsSql.includes(`:${name}::`));
  const found = await execute(rowsSql, Object.fromEntries(parameters) as Record<string, string>);
  const byNumber = new Map(events.map((event) => [event.n, event]));
  const faults = new Map<number, AuditFault[]>();
  for (const row of found.rows) {
    const { table, n, kind } = readFault(row);
    const own = given.find((rowsOfTable) => rowsOfTable.table === table);
    // Another event may have given the same row.
    if (kind === 'row-twice' && countsWholeRows.has(table) && !holdIds(own?.json, byNumber)) continue;
    faults.set(n, [...(faults.get(n) ?? []), { kind, table }]);
  }
  return faults;
}

function readFault([table, n, kind]: Row): { readonly table: string; readonly n: number; readonly kind: RowFault } {
  return { table: table?.stringValue ?? '', n: n?.longValue ?? -1, kind: kind?.stringValue as RowFault };
}

/** Whether a column has the id of its event in every row; a number that happens to be the id of one is no evidence. */
function holdIds(rows = '[]', events: ReadonlyMap<number, EncodedEvent>): boolean {
  const [first = [], ...others] = (JSON.parse(rows) as readonly (readonly [number, ...unknown[]])[]).map(
    ([n, ...cells]) => cells.map((cell) => String(cell) === events.get(n)?.eventId),
  );
  return first.some((isId, column) => isId && others.every((row) => row[column] === true));
}
