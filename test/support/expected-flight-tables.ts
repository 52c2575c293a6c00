import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** Content of the three tables, as rows in the order of their keys. */
export interface FlightTables {
  readonly flights: readonly unknown[];
  readonly airportDays: readonly unknown[];
  readonly latestDepartures: readonly unknown[];
}

const DATA = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data');

/** What SQL reads the tables with, so that rows look as they do in {@link expectedFlightTables}. */
export const FLIGHT_QUERIES: Readonly<Record<keyof FlightTables, string>> = {
  flights: `SELECT flight_id, departed_at::text, origin, origin_city, origin_state, destination, destination_city,
    destination_state, delay, distance FROM flights ORDER BY flight_id`,
  airportDays: `SELECT airport, day::text, flights::integer, delayed_flights::integer, delay_minutes::integer
    FROM airport_days ORDER BY airport COLLATE "C", day`,
  latestDepartures: `SELECT airport, departed_at::text, flight_id, destination, delay FROM latest_departures
    ORDER BY airport COLLATE "C"`,
};

/** The tables for the first flights of the file, computed here in a few loops that share no code with the project. */
export function expectedFlightTables(count: number): FlightTables {
  const airports = readAirports();
  const flights = (JSON.parse(readFileSync(join(DATA, 'flights-20k.json'), 'utf8')) as Flight[]).slice(0, count);
  const rows = flights.map((flight) => {
    const [origin, destination] = [airports.get(flight.origin)!, airports.get(flight.destination)!];
    const [day, time] = flight.date.split(' ') as [string, string];
    return {
      flight_id: `${flight.date} ${flight.origin}-${flight.destination} ${flight.delay}`,
      departed_at: `${day.split('/').join('-')} ${time}:00`,
      origin: flight.origin,
      origin_city: origin.city,
      origin_state: origin.state,
      destination: flight.destination,
      destination_city: destination.city,
      destination_state: destination.state,
      delay: flight.delay,
      distance: flight.distance,
    };
  });
  const days = new Map<
    string,
    { airport: string; day: string; flights: number; delayed_flights: number; delay_minutes: number }
  >();
  const latest = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    const day = row.departed_at.slice(0, 10);
    const entry = days.get(`${row.origin} ${day}`) ?? {
      airport: row.origin,
      day,
      flights: 0,
      delayed_flights: 0,
      delay_minutes: 0,
    };
    entry.flights += 1;
    if (row.delay > 0) {
      entry.delayed_flights += 1;
      entry.delay_minutes += row.delay;
    }
    days.set(`${row.origin} ${day}`, entry);
    const newest = latest.get(row.origin);
    const version = [row.departed_at, row.flight_id].join('|');
    if (newest === undefined || version > [newest.departed_at, newest.flight_id].join('|')) latest.set(row.origin, row);
  }
  return {
    flights: rows.toSorted((a, b) => order(a.flight_id, b.flight_id)),
    airportDays: [...days.values()].sort((a, b) => order(`${a.airport} ${a.day}`, `${b.airport} ${b.day}`)),
    latestDepartures: [...latest.values()]
      .map(({ origin, departed_at, flight_id, destination, delay }) => ({
        airport: origin,
        departed_at,
        flight_id,
        destination,
        delay,
      }))
      .sort((a, b) => order(a.airport, b.airport)),
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** No cell of the file that is read here holds a comma, except quoted names, which are skipped from the right. */
function readAirports(): Map<string, { readonly city: string; readonly state: string }> {
  const lines = readFileSync(join(DATA, 'airports.csv'), 'utf8').trim().split(/\r?\n/).slice(1);
  return new Map(
    lines.map((line) => {
      const cells = line.split(',');
      const [state, , ,] = cells.slice(-4);
      return [cells[0]!, { city: cells.at(-5)!, state: state! }];
    }),
  );
}
