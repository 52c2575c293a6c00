/**
 * SQL and parameters of the handlers that write one flight at a time, through the Data API's own parameters.
 *
 * @module
 */
import type { SqlParameter } from '@aws-sdk/client-rds-data';
import { RDSDataClient } from '@aws-sdk/client-rds-data';

/** An event of the stream. */
export interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** What a flight is enriched with, by airport code. */
export type Places = ReadonlyMap<string, { readonly city: string; readonly state: string }>;

/** Reads the airports of one flight. */
export const SELECT_AIRPORTS = 'SELECT iata, city, state FROM airports WHERE iata IN (:origin, :destination)';

/** Inserts one flight. */
export const INSERT_FLIGHT = `INSERT INTO flights (flight_id, departed_at, origin, origin_city, origin_state, destination,
  destination_city, destination_state, delay, distance)
VALUES (:flight_id, :departed_at, :origin, :origin_city, :origin_state, :destination, :destination_city,
  :destination_state, :delay, :distance)
ON CONFLICT (flight_id) DO NOTHING`;

/** Counts one flight. */
export const COUNT_FLIGHT = `INSERT INTO airport_days AS t (airport, day, flights, delayed_flights, delay_minutes)
VALUES (:airport, :day, 1, :delayed, :minutes)
ON CONFLICT (airport, day) DO UPDATE SET flights = t.flights + 1,
  delayed_flights = t.delayed_flights + excluded.delayed_flights,
  delay_minutes = t.delay_minutes + excluded.delay_minutes`;

/** A client as every handler here uses it, and the database it calls. */
export function openDatabase(): {
  readonly client: RDSDataClient;
  readonly database: { readonly resourceArn: string; readonly secretArn: string; readonly database: string };
} {
  const { CLUSTER_ARN: resourceArn = '', SECRET_ARN: secretArn = '', DATABASE: database = '' } = process.env;
  return { client: new RDSDataClient({}), database: { resourceArn, secretArn, database } };
}

/** The event of a record. */
export function parseFlight(data: string): Flight {
  return JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as Flight;
}

/** Parameters of {@link SELECT_AIRPORTS}. */
export function airportParameters({ origin, destination }: Flight): SqlParameter[] {
  return [text('origin', origin), text('destination', destination)];
}

/** Rows of airports, `iata`, `city` and `state`, by code. */
export function toPlaces(records: readonly (readonly { readonly stringValue?: string | undefined }[])[] = []): Places {
  return new Map(
    records.map(([iata, city, state]) => [
      iata?.stringValue ?? '',
      { city: city?.stringValue ?? '', state: state?.stringValue ?? '' },
    ]),
  );
}

/** Parameters of {@link INSERT_FLIGHT}. */
export function flightParameters(flight: Flight, places: Places): SqlParameter[] {
  const { date, delay, distance, origin, destination } = flight;
  const [from, to] = [places.get(origin), places.get(destination)];
  if (from === undefined || to === undefined) throw new Error(`no airport ${origin} or ${destination}`);
  const departedAt = { stringValue: `${date.replaceAll('/', '-')}:00` };
  return [
    text('flight_id', `${date} ${origin}-${destination} ${delay}`),
    { name: 'departed_at', value: departedAt, typeHint: 'TIMESTAMP' },
    text('origin', origin),
    text('origin_city', from.city),
    text('origin_state', from.state),
    text('destination', destination),
    text('destination_city', to.city),
    text('destination_state', to.state),
    integer('delay', delay),
    integer('distance', distance),
  ];
}

/** Parameters of {@link COUNT_FLIGHT}. */
export function counterParameters({ date, delay, origin }: Flight): SqlParameter[] {
  return [
    text('airport', origin),
    { name: 'day', value: { stringValue: date.slice(0, 10).replaceAll('/', '-') }, typeHint: 'DATE' },
    integer('delayed', delay > 0 ? 1 : 0),
    integer('minutes', Math.max(0, delay)),
  ];
}

function text(name: string, stringValue: string): SqlParameter {
  return { name, value: { stringValue } };
}

function integer(name: string, longValue: number): SqlParameter {
  return { name, value: { longValue } };
}
