import type { SeededRandom } from './seeded-random.ts';

/** When the tariffs of an alliance come, seen from the run. */
export type TariffTime = 'before' | 'during' | 'last' | 'too-late';

/** Alliances: what a booking costs, and when that is known. */
export const ALLIANCES = {
  north: { cents: 1_200, comes: 'before' },
  south: { cents: 900, comes: 'during' },
  east: { cents: 700, comes: 'last' },
  /** When its tariffs come, nobody tries the bookings any more by himself. */
  west: { cents: 500, comes: 'too-late' },
  /** Such bookings are skipped. */
  free: { cents: 0, comes: 'before' },
  /** The database takes no booking at this price. */
  refused: { cents: -1, comes: 'during' },
  /** Such a booking ends the process: comes when all of them wait. */
  deadly: { cents: 666, comes: 'last' },
} as const satisfies Readonly<Record<string, { readonly cents: number; readonly comes: TariffTime }>>;

/** Name of one of {@link ALLIANCES}. */
export type Alliance = keyof typeof ALLIANCES;

/** Cabins, each with a tariff of its own: what it costs beyond the price of the alliance. */
export const CABINS = { coach: 0, first: 100 } as const;

/** Carriers by name, which is the partition key of all that is about them. */
const CARRIERS: Readonly<Record<string, Alliance>> = {
  N1: 'north',
  N2: 'north',
  S1: 'south',
  S2: 'south',
  E1: 'east',
  W1: 'west',
  F1: 'free',
  R1: 'refused',
  D1: 'deadly',
};

const USUAL_CARRIERS = Object.keys(CARRIERS).filter((name) => !['R1', 'D1'].includes(name));
/** Those that may be gone; what the others say has to hold in the end. */
const MAY_GO: readonly Alliance[] = ['north', 'south', 'east', 'west'];

/** Partition key of the records that must come while they do no harm. */
export const DEADLY_KEY = 'D1';

/** A document of its own, put behind a flight. */
export interface PlannedDocument {
  /** Index of the flight. */
  readonly flight: number;
  readonly partitionKey: string;
  readonly content: object;
}

/** Its tariffs come last, so that the booking with the ballast waits in every run. */
const LATE_CARRIER = 'E1';

/** More than is read in one result: the entry is read in slices. */
const BALLAST = 'ballast '.repeat(60_000);
const [MAX_REVISION, GONE_CHANCE, UNKNOWN_CHANCE, REPEATED_SHARE] = [4, 0.2, 0.05, 0.12];

/**
 * Draws bookings with carriers, people who board with them, and what is new about the carriers, in any order.
 *
 * @param random of its own, so that plans without bookings stay what they are
 * @param options how many bookings, flights to put them behind, and whether some of them end the process when they are tried again
 */
export function drawBookings(
  random: SeededRandom,
  { count, flights, isDeadly }: { readonly count: number; readonly flights: number; readonly isDeadly: boolean },
): PlannedDocument[] {
  if (count === 0) return [];
  const place = <const Content extends object>(partitionKey: string, content: Content) => ({
    flight: random.integer(0, flights - 1),
    partitionKey,
    content,
  });
  const usual = times(count - 1, () => random.pick(USUAL_CARRIERS));
  const carriers = [LATE_CARRIER, ...usual, ...(isDeadly ? ['D1', 'D1'] : []), 'R1'];
  const cabins = Object.keys(CABINS);
  const bookings = carriers.map((carrier, n) =>
    place(carrier, { booking: `B${n}`, carrier, cabin: random.pick(cabins), ...(n === 0 && { ballast: BALLAST }) }),
  );
  const known = [...times(Math.ceil(count / 2), () => random.pick(USUAL_CARRIERS)), LATE_CARRIER, 'R1', 'D1'];
  const filings = known.map((carrier, filed) => place(carrier, filing(random, carrier, filed)));
  const boardings = times(count, (boarding) => {
    const booking = random.chance(UNKNOWN_CHANCE) ? undefined : bookings[random.integer(0, bookings.length - 1)];
    const document = place(`desk-${boarding % 5}`, { boarding, of: booking?.content.booking ?? 'B-unknown' });
    // At the carrier's own desk, and often right behind the booking.
    return booking === undefined || boarding % 2 === 0 ? document : { ...booking, content: document.content };
  });
  const all = [...bookings, ...filings, ...boardings];
  const repeated = times(Math.floor(all.length * REPEATED_SHARE), () => random.pick(all));
  return [...all, ...repeated.map(({ partitionKey, content }) => place(partitionKey, content))];
}

function filing(random: SeededRandom, carrier: string, filed: number): object {
  const alliance = CARRIERS[carrier] ?? 'west';
  const gone = MAY_GO.includes(alliance) && random.chance(GONE_CHANCE);
  return { carrier, revision: random.integer(1, MAX_REVISION), alliance, filed, ...(gone && { gone }) };
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
