import type { Table, Tables } from '../../processor/tables/table-kind.ts';
import type { Outcome, Verdict } from './deliver.ts';

/** A row as text, in the order of its declared columns. */
export type TextRow = readonly (string | null)[];

/** What two runs have of one row; of a row that only one of them has, the other is missing. */
export interface RowDifference {
  readonly table: string;
  readonly plain: TextRow | undefined;
  readonly other: TextRow | undefined;
}

/** What two runs say of one event. */
export interface VerdictDifference {
  /** As in {@link Outcome.verdicts}. */
  readonly event: string;
  readonly plain: Verdict | undefined;
  readonly other: Verdict | undefined;
}

/** What two runs of the same events don't have in common. */
export interface Difference {
  readonly rows: readonly RowDifference[];
  readonly verdicts: readonly VerdictDifference[];
}

/** Compares two runs; `undefined` where they leave the same. */
export function compareOutcomes(tables: Tables, plain: Outcome, other: Outcome): Difference | undefined {
  const rows = Object.entries(tables).flatMap(([name, table]) =>
    differentRows(name, table, { plain: plain.tables[name] ?? [], other: other.tables[name] ?? [] }),
  );
  const events = new Set([...plain.verdicts.keys(), ...other.verdicts.keys()]);
  const verdicts = [...events]
    .map((event) => ({ event, plain: plain.verdicts.get(event), other: other.verdicts.get(event) }))
    .filter((it) => verdictText(it.plain) !== verdictText(it.other));
  return rows.length + verdicts.length === 0 ? undefined : { rows, verdicts };
}

/** Details are sentences, which may name what was beside an event. */
function verdictText(verdict: Verdict | undefined): string {
  return verdict === undefined ? '' : `${verdict.kind} ${verdict.reason} ${verdict.sqlState ?? ''}`;
}

interface BothRuns {
  readonly plain: readonly TextRow[];
  readonly other: readonly TextRow[];
}

function differentRows(name: string, table: Table, { plain, other }: BothRuns): readonly RowDifference[] {
  const left = new Map<string, TextRow[]>();
  for (const row of other) left.set(JSON.stringify(row), [...(left.get(JSON.stringify(row)) ?? []), row]);
  const onlyPlain = plain.filter((row) => left.get(JSON.stringify(row))?.pop() === undefined);
  const onlyOther = [...left.values()].flat();
  const keyOf = (row: TextRow): string => JSON.stringify(keyCells(table, row));
  const pairs = onlyPlain.map((row): RowDifference => {
    const place = table.key.length === 0 ? -1 : onlyOther.findIndex((candidate) => keyOf(candidate) === keyOf(row));
    return { table: name, plain: row, other: place < 0 ? undefined : onlyOther.splice(place, 1)[0] };
  });
  const rest = onlyOther.map((row): RowDifference => ({ table: name, plain: undefined, other: row }));
  return [...pairs.filter((pair) => !isNearlyEqual(table, pair)), ...rest];
}

/** What rows of a table are known by: its key, or all columns where it has none. */
export function keyCells({ columns, key }: Pick<Table, 'columns' | 'key'>, row: TextRow): readonly (string | null)[] {
  const names = Object.keys(columns);
  return key.length === 0 ? row : key.map((column) => row[names.indexOf(column)] ?? null);
}

/** Share of a sum of doubles that the order of its terms may change: far more than it does, far less than a mistake. */
const SUM_TOLERANCE = 1e-9;

/** A sum of doubles depends on the order in which they are added, in its last digits. */
function isNearlyEqual({ columns, summed }: Table, { plain, other }: RowDifference): boolean {
  if (plain === undefined || other === undefined) return false;
  return Object.entries(columns).every(([column, type], index) => {
    const [a, b] = [plain[index] ?? null, other[index] ?? null];
    if (a === b) return true;
    if (type !== 'double precision' || !summed.includes(column) || a === null || b === null) return false;
    return Math.abs(Number(a) - Number(b)) <= SUM_TOLERANCE * Math.max(Math.abs(Number(a)), Math.abs(Number(b)));
  });
}
