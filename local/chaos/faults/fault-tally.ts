import { reportTime, type ChaosInput } from '../chaos-input.ts';
import type { ChaosPlan } from '../chaos-plan.ts';
import { REPORT_MINUTES } from '../chaos-plan.ts';
import type { FaultKind } from './fault-kind.ts';

/** Counts the faults that really happened: a planned one does not when the run is over before its turn. */
export interface FaultTally {
  readonly add: (kind: FaultKind, count?: number) => void;
  readonly counts: () => Readonly<Partial<Record<FaultKind, number>>>;
}

/** Creates an empty tally. */
export function createFaultTally(): FaultTally {
  const counts: Partial<Record<FaultKind, number>> = {};
  return {
    add: (kind, count = 1) => {
      if (count > 0) counts[kind] = (counts[kind] ?? 0) + count;
    },
    counts: () => ({ ...counts }),
  };
}

/** Counts what happens in every run that has it: faults that are records, and rows that were there before. */
export function tallyPlan(plan: ChaosPlan, { events, rowsBefore }: ChaosInput, tally: FaultTally): void {
  for (const { kind } of [...plan.poison, ...plan.killers]) tally.add(kind);
  // The quarantine fails for each row that goes there first.
  if (plan.poison.length > 0) tally.add('quarantine-failed', plan.quarantineFailures);
  tally.add('duplicate-record', plan.repeatedFlights.length + plan.repeatedReports.length);
  const versions = new Set(plan.reports.map(({ airport, minute }) => `${airport} ${minute}`));
  tally.add('equal-versions', plan.reports.length - versions.size);
  tally.add('large-integer', events.filter(({ data }) => /"(?:ticket|serial)":\d{16}/.test(data)).length);
  const { gates, latest_departures: departures, airport_days: days } = rowsBefore;
  tally.add('null-version', [...gates, ...departures].filter((row) => row.slice(1, 3).includes(null)).length);
  tally.add('null-counter', days.length);
  tally.add('newer-row', gates.filter(([, at]) => (at ?? '') > reportTime(Math.max(...REPORT_MINUTES))).length);
}
