import type { InputEvent } from '../run/event-input.ts';
import type { ChaosPlan, PlannedPoison } from './chaos-plan.ts';
import type { PoisonKind } from './faults/fault-kind.ts';
import { createSeededRandom } from './seeded-random.ts';

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly note?: string;
}

/** Added to the delay of a flight that poison is made from, so that the poison has an id of its own. */
const POISON_DELAY_MINUTES = 100_000;
/** Longer than a request of the smallest size holds: it takes several parts, and no two are the same. */
const OVERSIZED_NOTE = Array.from({ length: 25_000 }, (_, n) => n).join(' ');
/** As JSON inside JSON these take more than the smallest request holds; their base64 does not. */
const QUOTES_TOO_MANY = 14_000;
/** Partition keys over which flights are spread when lanes shall meet. */
const SPREAD_KEYS = 97;

/**
 * The records of a run in stream order: real flights, some with a note, some put twice, and poison made from them.
 *
 * @param plan says how many and which
 * @param flights JSON texts of the data set, at least as many as the plan reads
 */
export function createChaosInput(plan: ChaosPlan, flights: readonly string[]): InputEvent[] {
  const chosen = flights
    .slice(plan.firstFlight, plan.firstFlight + plan.flights)
    .map((text, index) => withNote(JSON.parse(text) as Flight, index));
  const random = createSeededRandom(plan.seed ^ 0x5eed);
  const texts: string[][] = chosen.map((flight) => [JSON.stringify(flight)]);
  for (const index of plan.repeatedFlights) texts[index]?.push(JSON.stringify(chosen[index]));
  plan.poison.forEach((poison, serial) => {
    const flight = chosen[poison.flight];
    if (flight !== undefined) texts[poison.flight]?.push(POISON[poison.kind](distinct(flight, poison, serial), serial));
  });
  const events = texts.flatMap((group, index) =>
    group.map((data) => ({ partitionKey: partitionKey(plan, chosen[index], index), data })),
  );
  return plan.isShuffled ? random.shuffle(events) : events;
}

function partitionKey({ partitionKeys }: ChaosPlan, flight: Flight | undefined, index: number): string {
  return partitionKeys === 'origin' ? (flight?.origin ?? '') : `lane-${index % SPREAD_KEYS}`;
}

/** Notes hold what is hard to carry as text and yet valid: quotes, escapes, characters beyond the first plane. */
function withNote(flight: Flight, index: number): Flight {
  return index % 5 === 0 ? { ...flight, note: `"${index}" \\u0000 \t\u{1F6EB} Zürich; SQLState: 22P02` } : flight;
}

function distinct(flight: Flight, { flight: index }: PlannedPoison, serial: number): Flight {
  return { ...flight, delay: POISON_DELAY_MINUTES * (serial + 1) + index };
}

const POISON: Readonly<Record<PoisonKind, (flight: Flight, serial: number) => string>> = {
  'poison-not-json': (flight, serial) => `${JSON.stringify(flight).slice(0, -1)} #${serial}`,
  'poison-schema': (flight, serial) => JSON.stringify({ ...flight, distance: `far ${serial}` }),
  'poison-unknown-airport': (flight) => JSON.stringify({ ...flight, destination: 'QQQQ' }),
  'poison-projection-throws': (flight) => JSON.stringify({ ...flight, distance: 0 }),
  'poison-unstorable-text': (flight, serial) =>
    JSON.stringify({ ...flight, note: serial % 2 === 0 ? 'nul \0 inside' : 'half a pair \ud83d' }),
  'poison-constraint': (flight, serial) => JSON.stringify({ ...flight, distance: -1 - serial }),
  'poison-too-large': (flight) => JSON.stringify({ ...flight, note: '"'.repeat(QUOTES_TOO_MANY) }),
  'poison-oversized': (flight, serial) => `${JSON.stringify({ ...flight, note: OVERSIZED_NOTE })} #${serial}`,
};
