import type { TextRow } from '../chaos-input.ts';
import type { ChaosEvent, StandReport } from './expected-fates.ts';

/** What reports of stands must leave behind. */
export interface ExpectedStands {
  readonly rows: readonly TextRow[];
  /** Reports that were older than what was there, or gone, when they came. */
  readonly superseded: number;
}

/**
 * Goes through the reports of stands one after the other, as if each came in a batch of its own. The reports of one airport
 * come in the order of the stream, as they have one partition key.
 *
 * @param events in effect, each once, in the order of the stream
 */
export function expectedStands(events: readonly ChaosEvent[]): ExpectedStands {
  const rows = new Map<string, StandReport>();
  const removedAt = new Map<string, string>();
  let superseded = 0;
  for (const report of events) {
    if (!('number' in report)) continue;
    const { airport, at, gone } = report;
    const there = rows.get(airport);
    const newestSoFar = [there?.at ?? '', removedAt.get(airport) ?? ''].sort().at(-1) ?? '';
    if (at < newestSoFar) superseded += 1;
    else if (gone === true) {
      rows.delete(airport);
      removedAt.set(airport, at);
    } else rows.set(airport, { ...there, ...report });
  }
  return { rows: [...rows.values()].map(standRow), superseded };
}

function standRow({ airport, at, number, stand, crew, level }: StandReport): TextRow {
  return [airport, at, number, stand ?? null, crew ?? null, level ?? null];
}
