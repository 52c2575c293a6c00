import type { TextEvent } from '../../input/event-input.ts';
import type { RowsBefore } from '../chaos-input.ts';
import { expectedBookings, FREE_OF_CHARGE, type ExpectedBookings } from './expected-bookings.ts';
import type { ExpectedEntry } from './expected-documents.ts';
import type { Airports, ChaosEvent, ExpectedFates } from './expected-fates.ts';
import { expectedFates } from './expected-fates.ts';
import type { ExpectedTables } from './expected-tables.ts';
import { expectedSuperseded, expectedTables } from './expected-tables.ts';
import type { ChaosOutcome } from './read-outcome.ts';
import { checkClosedEntries } from './check-closed-entries.ts';

const TABLES = [
  'flights',
  'flight_notes',
  'airport_days',
  'latest_departures',
  'gates',
  'stands',
  'inherited_name',
  'carriers',
  'bookings',
  'boardings',
  'carrier_cents',
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
  const bookings = expectedBookings(events, { ledger: outcome.ledger, bookings: outcome.tables.bookings });
  const tables = { ...expectedTables([...inEffect.values()], airports, rowsBefore), ...bookings.tables };
  const expected = { fates, inEffect, bookings, rowsBefore };
  return [
    ...compareSets('ledger', [...inEffect.keys(), ...bookings.inEffect], [...outcome.ledger.keys()]),
    ...TABLES.flatMap((name) => compareSets(name, tables[name].map(rowText), outcome.tables[name].map(rowText))),
    ...compareCounts(
      'quarantine',
      counted([...entries(fates, inEffect), ...bookings.quarantined].map(entryText)),
      outcome.quarantine.map(entryText),
    ),
    ...checkClosedEntries(outcome, bookings.prompt),
    // Whatever is wrong with a record, the mapping never has to give it up.
    ...compareSets('on-failure destination', [], outcome.destination),
    ...checkLog(outcome, expected),
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

function entries({ quarantined, either }: ExpectedFates, inEffect: ReadonlyMap<string, unknown>): ExpectedEntry[] {
  const others = [...either].filter(([id]) => !inEffect.has(id)).map(([, { entry }]) => entry);
  return [...quarantined, ...others];
}

/** What the database refuses for its row may have been found out at once, or when the entry was tried again. */
const FOUND_OUT_LATE = '23514';

function entryText({ reason, sqlState, payload, hasWaited = false }: ExpectedEntry): string {
  const waited = hasWaited && sqlState !== FOUND_OUT_LATE ? 'waited' : null;
  return [waited, reason, sqlState, payload].filter((part) => part !== null).join(' ');
}

function rowText(row: readonly unknown[]): string {
  return JSON.stringify(row);
}

interface ExpectedLog {
  readonly fates: ExpectedFates;
  readonly inEffect: ReadonlyMap<string, ChaosEvent>;
  readonly bookings: ExpectedBookings;
  readonly rowsBefore: RowsBefore;
}

/** The log of committed writes must tell the same story as the tables. */
function checkLog(
  { logged, quarantine, closed, skipped }: ChaosOutcome,
  { fates, inEffect, bookings, rowsBefore }: ExpectedLog,
): string[] {
  const size = inEffect.size + bookings.inEffect.length;
  const { min, max } = expectedSuperseded([...inEffect.values()], rowsBefore);
  const waited = [...quarantine, ...closed].filter(({ hasWaited }) => hasWaited).length;
  const reasons = new Map([
    ...fates.skipped,
    ...(bookings.skipped > 0 ? [[FREE_OF_CHARGE, bookings.skipped] as const] : []),
  ]);
  return [
    ...outside('written and superseded', logged.written + logged.superseded, { min: size, max: size }),
    ...outside('superseded', logged.superseded, {
      min: min + bookings.superseded.min,
      max: max + bookings.superseded.max,
    }),
    // What is delivered again is logged again, so these sums have no upper bound.
    ...outside('duplicates', logged.duplicates, { min: fates.repeated, max: Infinity }),
    ...[...reasons].flatMap(([reason, count]) =>
      outside(`skipped as ${reason}`, skipped.get(reason) ?? 0, { min: count, max: Infinity }),
    ),
    ...compareSets('reasons for skipping', [...reasons.keys()], [...skipped.keys()]),
    ...outside('quarantined', logged.quarantined, {
      min: quarantine.filter(({ hasWaited }) => !hasWaited).length,
      max: Infinity,
    }),
    ...outside('waiting', logged.waiting, { min: waited, max: Infinity }),
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
