import * as z from 'zod/mini';
import { flights } from '../../../functions/flights/projection.ts';
import { defineProjection, inserts } from '../../../processor/projection.ts';

const flight = z.object({
  date: z.string().check(z.regex(/^\d{4}\/\d\d\/\d\d \d\d:\d\d$/)),
  delay: z.int(),
  distance: z.int(),
  origin: z.string(),
  destination: z.string(),
  note: z.optional(z.string()),
});

/**
 * The flights as they are deployed, and two ways more to go wrong: a note, which can hold text that PostgreSQL does
 * not take, and a division by the distance, which throws for a flight that goes nowhere.
 */
export const flightsUnderTest = defineProjection({
  name: 'flights',
  schema: flight,
  eventId: flights.eventId,
  lookups: flights.lookups,
  lookupKeys: flights.lookupKeys,
  tables: { ...flights.tables, flight_notes: inserts({ columns: { flight_id: 'text', note: 'text' } }) },
  project: ({ note, ...rest }, lookups, flight_id) => {
    if (rest.distance === 0) throw new RangeError('a flight goes somewhere: expected a distance other than 0');
    const rows = flights.project(rest, lookups, flight_id);
    return note === undefined ? rows : { ...rows, flight_notes: { flight_id, note } };
  },
});
