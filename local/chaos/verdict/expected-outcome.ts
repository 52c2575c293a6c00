/**
 * What a run must leave behind, computed from its input alone and by other means than the project's own: no schema
 * library, no projection, no SQL. Whoever changes the flights' projection changes this too, by hand.
 *
 * @module
 */
import type { InputEvent } from '../../run/event-input.ts';

/** City and state by airport code. */
export type Airports = ReadonlyMap<string, { readonly city: string; readonly state: string }>;

/** A row as text cells, in the order in which the outcome is read. */
export type TextRow = readonly (string | null)[];

/** Content of the user's tables: rows as texts, in any order. */
export interface ExpectedTables {
  readonly flights: readonly TextRow[];
  readonly flight_notes: readonly TextRow[];
  readonly airport_days: readonly TextRow[];
  readonly latest_departures: readonly TextRow[];
}

/** What must become of the records of a run. */
export interface ExpectedFates {
  /** Ids of the events that must be in effect, each once. */
  readonly inEffect: ReadonlyMap<string, Flight>;
  /** Payloads that must be in the quarantine, and how many records have them. */
  readonly quarantined: ReadonlyMap<string, number>;
}

/** A flight as it is on the stream. */
export interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly note?: string;
}

/** Far from the size that is decided by a few bytes, in either direction. */
const MAX_QUOTES_IN_NOTE = 12_000;

/** Sorts the records of the input by what must become of them. */
export function expectedFates(input: readonly InputEvent[], airports: Airports): ExpectedFates {
  const inEffect = new Map<string, Flight>();
  const quarantined = new Map<string, number>();
  for (const { data } of input) {
    const flight = soundFlight(data, airports);
    if (flight !== undefined) inEffect.set(flightId(flight), flight);
    else quarantined.set(data, (quarantined.get(data) ?? 0) + 1);
  }
  return { inEffect, quarantined };
}

/** What the project promises to be one event. */
export function flightId({ date, origin, destination, delay }: Flight): string {
  return `${date} ${origin}-${destination} ${delay}`;
}

function soundFlight(data: string, airports: Airports): Flight | undefined {
  let flight: Flight;
  try {
    flight = JSON.parse(data) as Flight;
  } catch {
    return undefined;
  }
  return isSound(flight, airports) ? flight : undefined;
}

function isSound({ delay, distance, origin, destination, note = '' }: Flight, airports: Airports): boolean {
  const checks = [
    Number.isInteger(delay),
    Number.isInteger(distance) && distance > 0,
    airports.has(origin) && airports.has(destination),
    !note.includes('\0') && Buffer.from(note).toString() === note,
    note.split('"').length <= MAX_QUOTES_IN_NOTE,
  ];
  return checks.every((holds) => holds);
}

/** The tables that the events in effect add up to. */
export function expectedTables(flights: Iterable<Flight>, airports: Airports): ExpectedTables {
  const all = [...flights];
  return {
    flights: all.map((flight) => flightRow(flight, airports)),
    flight_notes: all.flatMap((flight) => (flight.note === undefined ? [] : [[flightId(flight), flight.note]])),
    airport_days: airportDays(all),
    latest_departures: latestDepartures(all),
  };
}

function departure({ date }: Flight): string {
  return `${date.split('/').join('-')}:00`;
}

function flightRow(flight: Flight, airports: Airports): TextRow {
  const { origin, destination, delay, distance } = flight;
  const place = (code: string): TextRow => [code, airports.get(code)?.city ?? null, airports.get(code)?.state ?? null];
  return [
    flightId(flight),
    departure(flight),
    ...place(origin),
    ...place(destination),
    String(delay),
    String(distance),
  ];
}

function airportDays(flights: readonly Flight[]): TextRow[] {
  const days = new Map<string, { flights: number; delayed: number; minutes: number }>();
  for (const flight of flights) {
    const key = `${flight.origin} ${departure(flight).slice(0, 10)}`;
    const day = days.get(key) ?? { flights: 0, delayed: 0, minutes: 0 };
    days.set(key, day);
    day.flights += 1;
    day.delayed += flight.delay > 0 ? 1 : 0;
    day.minutes += Math.max(0, flight.delay);
  }
  return [...days].map(([key, day]) => [
    ...key.split(' '),
    ...[day.flights, day.delayed, day.minutes].map((count) => String(count)),
  ]);
}

function latestDepartures(flights: readonly Flight[]): TextRow[] {
  const latest = new Map<string, { version: string; row: TextRow }>();
  for (const flight of flights) {
    const { origin, destination, delay } = flight;
    const version = `${departure(flight)}|${flightId(flight)}`;
    if (version <= (latest.get(origin)?.version ?? '')) continue;
    latest.set(origin, { version, row: [origin, departure(flight), flightId(flight), destination, String(delay)] });
  }
  return [...latest.values()].map(({ row }) => row);
}
