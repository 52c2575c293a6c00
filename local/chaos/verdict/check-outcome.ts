import type { TextEvent } from '../../input/event-input.ts';
import type { RowsBefore } from '../chaos-input.ts';
import type { Airports, ChaosEvent, ExpectedEntry, ExpectedFates } from './expected-fates.ts';
import { expectedFates } from './expected-fates.ts';
import type { ExpectedTables } from './expected-tables.ts';
import { expectedSuperseded, expectedTables } from './expected-tables.ts';
import type { ChaosOutcome } from './read-outcome.ts';

const TABLES = [
  'flights',
  'flight_notes',
  'airport_days',
  'latest_departures',
  'gates',
  'stands',
  'inherited_name',
] as const satisfies readonly (keyof ExpectedTables)[];

/** What a run began with. */
export interface RunStart {
  /** Every record that was put on the stream. */
  readonly events: readonly TextEvent[];
  readonly rowsBefore: RowsBefore;
  /** The reference table. */
  readonly airports: Airports;
}

/**
 * Compares what a run left behind with what it must: every event exactly once in effect or in the quarantine, with the
 * reason that it must have there; counters, newest versions and all other rows as the events add up to; counts that tell
 * the same story; nothing else.
 *
 * @param start what the run began with
 * @param outcome what was read after the run
 * @returns one sentence per violation; empty when the promises were kept
 */
export function checkOutcome({ events, rowsBefore, airports }: RunStart, outcome: ChaosOutcome): string[] {
  const fates = expectedFates(events, airports);
  const inEffect = effective(fates, outcome);
  const tables = expectedTables([...inEffect.values()], airports, rowsBefore);
  return [
    ...compareSets('ledger', [...inEffect.keys()], [...outcome.ledger.keys()]),
    ...TABLES.flatMap((name) => compareSets(name, tables[name].map(rowText), outcome.tables[name].map(rowText))),
    ...compareCounts('quarantine', counted(entries(fates, inEffect)), outcome.quarantine.map(entryText)),
    // Whatever is wrong with a record, the mapping never has to give it up.
    ...compareSets('on-failure destination', [], outcome.destination),
    ...checkLog(outcome, { fates, inEffect, rowsBefore }),
    ...(outcome.deadlocks === 0 ? [] : [`the lanes met ${outcome.deadlocks} deadlocks, expected none`]),
    ...(outcome.airports === airports.size
      ? []
      : [`airports: expected ${airports.size} rows that are there once, got ${outcome.airports}`]),
  ];
}

/** The events in effect: of those that may be in either place, the ones that are. */
function effective({ inEffect, either }: ExpectedFates, { ledger }: ChaosOutcome): Map<string, ChaosEvent> {
  const came = [...either].filter(([id]) => ledger.has(id)).map(([id, { event }]) => [id, event] as const);
  return new Map([...inEffect, ...came]);
}

function entries({ quarantined, either }: ExpectedFates, inEffect: ReadonlyMap<string, unknown>): string[] {
  const others = [...either].filter(([id]) => !inEffect.has(id)).map(([, { entry }]) => entry);
  return [...quarantined, ...others].map(entryText);
}

function entryText({ reason, sqlState, payload }: ExpectedEntry): string {
  return [reason, sqlState, payload].filter((part) => part !== null).join(' ');
}

function rowText(row: readonly unknown[]): string {
  return JSON.stringify(row);
}

/** The log of committed writes must tell the same story as the tables. */
function checkLog(
  { logged, quarantine, skipped }: ChaosOutcome,
  {
    fates,
    inEffect,
    rowsBefore,
  }: {
    readonly fates: ExpectedFates;
    readonly inEffect: ReadonlyMap<string, ChaosEvent>;
    readonly rowsBefore: RowsBefore;
  },
): string[] {
  const superseded = expectedSuperseded([...inEffect.values()], rowsBefore);
  return [
    ...outside('written and superseded', logged.written + logged.superseded, {
      min: inEffect.size,
      max: inEffect.size,
    }),
    ...outside('superseded', logged.superseded, superseded),
    // What is delivered again is logged again, so these sums have no upper bound.
    ...outside('duplicates', logged.duplicates, { min: fates.repeated, max: Infinity }),
    ...[...fates.skipped].flatMap(([reason, count]) =>
      outside(`skipped as ${reason}`, skipped.get(reason) ?? 0, { min: count, max: Infinity }),
    ),
    ...compareSets('reasons for skipping', [...fates.skipped.keys()], [...skipped.keys()]),
    ...outside('quarantined', logged.quarantined, { min: quarantine.length, max: Infinity }),
  ];
}

function outside(name: string, sum: number, { min, max }: { readonly min: number; readonly max: number }): string[] {
  if (sum >= min && sum <= max) return [];
  return [`batch log: expected ${min === max ? min : `${min} to ${max}`} events ${name} in sum, got ${sum}`];
}

function compareSets(name: string, expected: readonly string[], actual: readonly string[]): string[] {
  return compareCounts(name, new Map(expected.map((item) => [item, 1])), actual);
}

/** Differences told in one go: enough to see the pattern. */
const MAX_EXAMPLES = 3;
/** Longest part of an item that is told. */
const MAX_EXAMPLE_CHARACTERS = 160;

function compareCounts(name: string, expected: ReadonlyMap<string, number>, actual: readonly string[]): string[] {
  const found = counted(actual);
  const missing = [...expected].filter(([item, count]) => (found.get(item) ?? 0) < count);
  const surplus = [...found].filter(([item, count]) => count > (expected.get(item) ?? 0));
  return [...describe(`${name}: missing`, missing), ...describe(`${name}: too many`, surplus)];
}

function counted(items: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function describe(what: string, items: readonly (readonly [string, number])[]): string[] {
  if (items.length === 0) return [];
  const examples = items.slice(0, MAX_EXAMPLES).map(([item]) => item.slice(0, MAX_EXAMPLE_CHARACTERS));
  return [`${what} ${items.length}, such as ${examples.join(' and ')}`];
}
