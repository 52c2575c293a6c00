import * as z from 'zod/mini';
import { counters, defineProjection, inserts, lookup, versions } from '../../processor/projection.ts';

const code = z.string().check(z.regex(/^[A-Z0-9]{3,4}$/, 'expected an airport code such as DTW'));
const minute = z.string().check(z.regex(/^\d{4}\/\d\d\/\d\d \d\d:\d\d$/, 'expected a time such as 2001/01/31'));
const place = { city: 'text', state: 'text' } as const;
const cities = {
  origin_city: 'text',
  origin_state: 'text',
  destination_city: 'text',
  destination_state: 'text',
} as const;
const departure = { flight_id: 'text', departed_at: 'timestamp', destination: 'text', delay: 'integer' } as const;

/** Flights by origin: one row each, counters per airport and day, and the latest departure per airport. */
export const flights = defineProjection({
  name: 'flights',
  schema: z.compile(z.object({ date: minute, delay: z.int(), distance: z.int(), origin: code, destination: code })),
  eventId: (flight) => `${flight.date} ${flight.origin}-${flight.destination} ${flight.delay}`,
  lookups: { airports: lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: place }) },
  lookupKeys: (flight) => ({ airports: [flight.origin, flight.destination] }),
  tables: {
    flights: inserts({ key: ['flight_id'], columns: { ...departure, distance: 'integer', origin: 'text', ...cities } }),
    airport_days: counters({
      key: { airport: 'text', day: 'date' },
      counters: { flights: 'bigint', delayed_flights: 'bigint', delay_minutes: 'bigint' },
    }),
    latest_departures: versions({
      key: { airport: 'text' },
      version: { departed_at: 'timestamp', flight_id: 'text' },
      columns: { destination: 'text', delay: 'integer' },
      // The rows of flights say all of it: they are sent and read once for both tables.
      from: { table: 'flights', columns: { airport: 'origin' } },
    }),
  },
  // Its key is the event id, so it can tell a repeated event from a new one: a fifth of the database's work saved.
  ledger: 'flights',
  // Dates stay as they are: PostgreSQL reads year/month/day as such whatever its settings.
  project: ({ date, delay, distance, origin, destination }, { airports }, { eventId: flight_id }) => {
    const { city: origin_city, state: origin_state } = airports(origin);
    const { city: destination_city, state: destination_state } = airports(destination);
    const cities = { origin_city, origin_state, destination_city, destination_state };
    return {
      flights: { flight_id, departed_at: date, destination, delay, distance, origin, ...cities },
      airport_days: {
        airport: origin,
        day: date.slice(0, 10),
        flights: 1,
        delayed_flights: delay > 0 ? 1 : 0,
        delay_minutes: Math.max(0, delay),
      },
    };
  },
});
