/**
 * What a run must leave in the tables, computed from the events in effect and the rows that were there before: plain
 * loops, no SQL.
 *
 * @module
 */
import type { RowsBefore, TextRow } from '../chaos-input.ts';
import type { Airports, ChaosEvent, Flight, GateReport } from './expected-fates.ts';
import { eventId } from './expected-fates.ts';
import type { BookingTables } from './expected-bookings.ts';
import { expectedStands } from './expected-stands.ts';

/** Content of the user's tables: rows as texts, in any order. */
export interface ExpectedTables extends BookingTables {
  readonly flights: readonly TextRow[];
  readonly flight_notes: readonly TextRow[];
  readonly airport_days: readonly TextRow[];
  readonly latest_departures: readonly TextRow[];
  readonly gates: readonly TextRow[];
  readonly stands: readonly TextRow[];
  /** Of a table that has the name of something that every JavaScript object has. */
  readonly inherited_name: readonly TextRow[];
}

/**
 * The tables that events add up to, but for those about bookings.
 *
 * @param events in effect, each once, in the order of the stream
 * @param airports the reference table
 * @param before rows that were there before them
 */
export function expectedTables(
  events: readonly ChaosEvent[],
  airports: Airports,
  before: RowsBefore,
): Omit<ExpectedTables, keyof BookingTables> {
  const flights = events.filter((event): event is Flight => 'delay' in event);
  return {
    flights: flights.map((flight) => flightRow(flight, airports)),
    flight_notes: flights.flatMap(noteRow),
    airport_days: airportDays(flights, before.airport_days),
    latest_departures: newest(flights.map(departureRow), before.latest_departures, 2),
    gates: newest(reportsIn(events).map(gateRow), before.gates, 1),
    stands: expectedStands(events).rows,
    inherited_name: flights.flatMap((flight) => (flight.note === undefined ? [] : [[eventId(flight)]])),
  };
}

/** How many events may have lost to a newer version, by how the stream may have been cut into batches. */
export interface SupersededRange {
  /** Older than a row that was there at any rate when they came. */
  readonly min: number;
  /** All but those whose row is there in the end. */
  readonly max: number;
}

/**
 * Counts the events that may have had no effect because another one was newer: only reports write nothing but a row
 * that can lose. Those of stands lose or don't wherever batches are cut.
 *
 * @param events in effect, each once, in the order of the stream
 * @param before rows that were there before them
 */
export function expectedSuperseded(events: readonly ChaosEvent[], before: RowsBefore): SupersededRange {
  const reports = reportsIn(events).map(gateRow);
  const there = new Map(before.gates.map((row) => [row[0], row]));
  let min = 0;
  for (const row of reports) {
    const current = there.get(row[0]);
    if (current === undefined || isAtLeast(row, current, 1)) there.set(row[0], row);
    else min += 1;
  }
  const winners = [...there.values()].filter((row) => reports.includes(row)).length;
  const { superseded } = expectedStands(events);
  return { min: min + superseded, max: reports.length - winners + superseded };
}

function reportsIn(events: readonly ChaosEvent[]): GateReport[] {
  return events.filter((event): event is GateReport => 'gate' in event);
}

function departure({ date }: Flight): string {
  return `${date.split('/').join('-')}:00`;
}

function flightRow(flight: Flight, airports: Airports): TextRow {
  const { origin, destination, delay, distance } = flight;
  const place = (code: string): TextRow => [code, airports.get(code)?.city ?? null, airports.get(code)?.state ?? null];
  return [eventId(flight), departure(flight), ...place(origin), ...place(destination), String(delay), String(distance)];
}

/** The ticket is there twice: in a column, and with the airport in the list of the details. */
function noteRow(flight: Flight): TextRow[] {
  const { note, ticket = null, origin } = flight;
  return note === undefined ? [] : [[eventId(flight), note, ticket, ticket, `[${ticket ?? 'null'}, "${origin}"]`]];
}

function departureRow(flight: Flight): TextRow {
  const { origin, destination, delay } = flight;
  return [origin, departure(flight), eventId(flight), destination, String(delay)];
}

/** The serial number is there twice: in a column, and in the report as it came. */
function gateRow({ airport, at, gate, serial }: GateReport): TextRow {
  return [airport, at, gate, serial, serial];
}

/** The newest row per key, which is the first cell; the next ones are the version. Of equal ones the later stays. */
function newest(rows: readonly TextRow[], before: readonly TextRow[], versionCells: number): TextRow[] {
  const latest = new Map(before.map((row) => [row[0], row]));
  for (const row of rows) {
    const there = latest.get(row[0]);
    if (there === undefined || isAtLeast(row, there, versionCells)) latest.set(row[0], row);
  }
  return [...latest.values()];
}

/** Whether a row's version is not older; a missing one is the oldest. */
function isAtLeast(row: TextRow, there: TextRow, versionCells: number): boolean {
  for (let cell = 1; cell <= versionCells; cell += 1) {
    const [mine, other] = [row[cell] ?? '', there[cell] ?? ''];
    if (mine !== other) return mine > other;
  }
  return true;
}

function airportDays(flights: readonly Flight[], before: readonly TextRow[]): TextRow[] {
  const days = new Map(before.map((row) => [row.slice(0, 2).join(' '), row.slice(2)]));
  for (const flight of flights) {
    const key = `${flight.origin} ${departure(flight).slice(0, 10)}`;
    const added = [1, flight.delay > 0 ? 1 : 0, Math.max(0, flight.delay)];
    const there = days.get(key) ?? [];
    days.set(
      key,
      added.map((count, index) => String(Number(there[index] ?? 0) + count)),
    );
  }
  return [...days].map(([key, counts]) => [...key.split(' '), ...counts]);
}
