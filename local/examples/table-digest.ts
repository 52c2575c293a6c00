import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { TextEvent } from '../input/event-input.ts';

/** Tables that a run is verified by. */
export const VERIFIED_TABLES = ['flights', 'airport_days', 'latest_departures'] as const;

/** One of {@link VERIFIED_TABLES}. */
export type VerifiedTable = (typeof VERIFIED_TABLES)[number];

/** Content of a table in two numbers: any row too many, missing or different changes them. */
export interface TableDigest {
  readonly rows: number;
  /** Sum over the rows of the first 32 bits of the MD5 of the row's text. */
  readonly sum: number;
}

const ROW_TEXT: Readonly<Record<VerifiedTable, string>> = {
  flights: `concat_ws('|', flight_id, departed_at::text, origin, origin_city, origin_state, destination,
    destination_city, destination_state, delay, distance)`,
  airport_days: `concat_ws('|', airport, day::text, flights, delayed_flights, delay_minutes)`,
  latest_departures: `concat_ws('|', airport, departed_at::text, flight_id, destination, delay)`,
};

/** SQL that reads a table's digest. */
export function digestSql(table: VerifiedTable): string {
  return `SELECT count(*)::integer AS rows, coalesce(sum(('x' || left(md5(${ROW_TEXT[table]}), 8))::bit(32)::bigint), 0)::float8 AS sum FROM ${table}`;
}

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

interface AirportDay {
  flights: number;
  delayed: number;
  minutes: number;
}

/** What the tables must hold after the given events, in code that shares nothing with what is measured. */
export function expectedDigests(events: Iterable<TextEvent>): Readonly<Record<VerifiedTable, TableDigest>> {
  const places = readPlaces();
  const flights: string[] = [];
  const days = new Map<string, AirportDay>();
  const latest = new Map<string, { readonly version: string; readonly text: string }>();
  for (const { data } of events) {
    const { date, delay, distance, origin, destination } = JSON.parse(data) as Flight;
    const id = `${date} ${origin}-${destination} ${delay}`;
    const at = `${date.replaceAll('/', '-')}:00`;
    flights.push([id, at, origin, places(origin), destination, places(destination), delay, distance].join('|'));
    addToDay(days, `${origin}|${at.slice(0, 10)}`, delay);
    const version = `${at}|${id}`;
    const known = latest.get(origin);
    if (known === undefined || version > known.version) {
      latest.set(origin, { version, text: [origin, at, id, destination, delay].join('|') });
    }
  }
  const dayTexts = [...days].map(([key, day]) => [key, day.flights, day.delayed, day.minutes].join('|'));
  return {
    flights: digest(flights),
    airport_days: digest(dayTexts),
    latest_departures: digest([...latest.values()].map(({ text }) => text)),
  };
}

function addToDay(days: Map<string, AirportDay>, key: string, delay: number): void {
  const day = days.get(key) ?? { flights: 0, delayed: 0, minutes: 0 };
  days.set(key, day);
  day.flights += 1;
  if (delay <= 0) return;
  day.delayed += 1;
  day.minutes += delay;
}

function digest(rows: readonly string[]): TableDigest {
  let sum = 0;
  for (const row of rows) sum += parseInt(hash('md5', row).slice(0, 8), 16);
  return { rows: rows.length, sum };
}

/** City and state of an airport, as two cells. */
function readPlaces(): (iata: string) => string {
  const data = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/airports.csv');
  const airports: readonly { readonly iata: string; readonly city: string; readonly state: string }[] = parse(
    readFileSync(data, 'utf8'),
    { columns: true },
  );
  const places = new Map(airports.map(({ iata, city, state }) => [iata, `${city}|${state}`]));
  return (iata) => places.get(iata) ?? '';
}
