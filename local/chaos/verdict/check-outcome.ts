import type { InputEvent } from '../../run/event-input.ts';
import type { Airports, ExpectedTables, ExpectedFates, Flight, TextRow } from './expected-outcome.ts';
import { expectedFates, expectedTables, flightId } from './expected-outcome.ts';
import type { ChaosOutcome } from './read-outcome.ts';

const TABLES = [
  'flights',
  'flight_notes',
  'airport_days',
  'latest_departures',
] as const satisfies readonly (keyof ExpectedTables)[];

/**
 * Compares what a run left behind with what it must: every event exactly once in effect, in the quarantine or in the
 * on-failure destination and in no two of them; counters, newest versions and all other rows as the events add up to;
 * nothing else.
 *
 * @param input every record that was put on the stream
 * @param airports the reference table
 * @param outcome what was read after the run
 * @returns one sentence per violation; empty when the promises were kept
 */
export function checkOutcome(input: readonly InputEvent[], airports: Airports, outcome: ChaosOutcome): string[] {
  const fates = expectedFates(input, airports);
  // A sound record may have been given up by the mapping; it must then be there in full, and not in effect.
  const discarded = soundDiscarded(fates, outcome);
  const inEffect = new Map([...fates.inEffect].filter(([id]) => !discarded.has(id)));
  const tables = expectedTables(inEffect.values(), airports);
  return [
    ...compareSets('ledger', [...inEffect.keys()], [...outcome.ledger.keys()]),
    ...TABLES.flatMap((name) => compareSets(name, tables[name].map(rowText), outcome.tables[name].map(rowText))),
    ...compareCounts(
      'quarantine',
      fates.quarantined,
      outcome.quarantine.map(({ payload }) => payload),
    ),
    // Poison of any size has its place in the quarantine.
    ...compareCounts('on-failure destination', new Map(), unsound(fates, outcome)),
    ...sums(inEffect, outcome),
    ...(outcome.deadlocks === 0 ? [] : [`the lanes met ${outcome.deadlocks} deadlocks, expected none`]),
    ...(outcome.airports === airports.size
      ? []
      : [`airports: expected ${airports.size} rows, got ${outcome.airports}`]),
  ];
}

function soundDiscarded({ inEffect }: ExpectedFates, { destination }: ChaosOutcome): ReadonlySet<string> {
  const ids = destination.flatMap((payload) => idOf(payload) ?? []);
  return new Set(ids.filter((id) => inEffect.has(id)));
}

function unsound({ inEffect }: ExpectedFates, { destination }: ChaosOutcome): string[] {
  return destination.filter((payload) => !inEffect.has(idOf(payload) ?? ''));
}

function idOf(payload: string): string | undefined {
  try {
    return flightId(JSON.parse(payload) as Flight);
  } catch {
    return undefined;
  }
}

function rowText(row: TextRow): string {
  return JSON.stringify(row);
}

/** The log of committed writes must tell the same story as the tables. */
function sums(inEffect: ReadonlyMap<string, unknown>, { logged, quarantine }: ChaosOutcome): string[] {
  return [
    ...(logged.written === inEffect.size
      ? []
      : [`batch log: expected ${inEffect.size} events written in sum, got ${logged.written}`]),
    // A rejection that is delivered again is logged again, so this sum is a bound.
    ...(logged.quarantined >= quarantine.length
      ? []
      : [`batch log: expected at least ${quarantine.length} quarantined in sum, got ${logged.quarantined}`]),
  ];
}

function compareSets(name: string, expected: readonly string[], actual: readonly string[]): string[] {
  return compareCounts(name, new Map(expected.map((item) => [item, 1])), actual);
}

/** Differences told in one go: enough to see the pattern. */
const MAX_EXAMPLES = 3;

function compareCounts(name: string, expected: ReadonlyMap<string, number>, actual: readonly string[]): string[] {
  const found = new Map<string, number>();
  for (const item of actual) found.set(item, (found.get(item) ?? 0) + 1);
  const missing = [...expected].filter(([item, count]) => (found.get(item) ?? 0) < count);
  const surplus = [...found].filter(([item, count]) => count > (expected.get(item) ?? 0));
  return [...describe(`${name}: missing`, missing), ...describe(`${name}: too many`, surplus)];
}

function describe(what: string, items: readonly (readonly [string, number])[]): string[] {
  if (items.length === 0) return [];
  const examples = items.slice(0, MAX_EXAMPLES).map(([item]) => item.slice(0, 120));
  return [`${what} ${items.length}, such as ${examples.join(' and ')}`];
}
