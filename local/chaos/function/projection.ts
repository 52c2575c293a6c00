import * as z from 'zod/mini';
import { flights } from '../../../functions/flights/projection.ts';
import { defineProjection, inserts, versions } from '../../../processor/projection.ts';
import { fallInto, TRAPS } from './traps.ts';

const flight = z.object({
  date: z.string(),
  delay: z.int(),
  distance: z.int(),
  origin: z.string(),
  destination: z.string(),
  note: z.optional(z.string()),
  ticket: z.optional(z.bigint()),
  trap: z.optional(z.enum(TRAPS)),
});

/** An update of the gate at an airport: most of them have the version of another one. */
const gateReport = z.object({ airport: z.string(), at: z.string(), gate: z.string(), serial: z.bigint() });

/**
 * The flights as they are deployed, and more ways to go wrong: notes hold text that PostgreSQL does not take, tickets
 * and serial numbers are integers beyond 2^53, a division by the distance throws for a flight that goes nowhere, reports
 * of one gate have equal versions, and some flights are traps for the code itself.
 */
export const flightsUnderTest = defineProjection({
  name: 'flights',
  schema: z.union([flight, gateReport]),
  eventId: (event) => {
    if ('gate' in event) return `gate report ${event.serial}`;
    return (fallInto(event.trap, 'event-id') as string | undefined) ?? flights.eventId(event);
  },
  lookups: flights.lookups,
  lookupKeys: (event) => {
    if ('gate' in event) return { airports: [] };
    return (fallInto(event.trap, 'lookup-keys') as never) ?? { airports: [event.origin, event.destination] };
  },
  tables: {
    ...flights.tables,
    flight_notes: inserts({ columns: { flight_id: 'text', note: 'text', ticket: 'bigint?', details: 'jsonb' } }),
    gates: versions({
      key: { airport: 'text' },
      version: { at: 'timestamp' },
      columns: { gate: 'text', serial: 'bigint', report: 'jsonb' },
    }),
  },
  project: (event, lookups, eventId) => {
    if ('gate' in event) {
      const { airport, at, serial } = event;
      return { gates: { airport, at, gate: event.gate, serial, report: event } };
    }
    const { note, ticket = null, trap, ...flight } = event;
    if (flight.distance === 0) throw new RangeError('a flight goes somewhere: expected a distance other than 0');
    const rows = flights.project(flight, lookups, eventId);
    const caught = fallInto(trap, 'project');
    if (note === undefined && caught === undefined) return rows;
    const details = { ticket, seats: [ticket, flight.origin], late: trap === 'json' ? caught : null };
    const row = { flight_id: eventId, note: note ?? '', ticket, details };
    switch (trap) {
      case 'answer':
        return caught as never;
      case 'cell':
        return { ...rows, flight_notes: { ...row, note: caught } } as never;
      case 'list':
        return { ...rows, flight_notes: [row, caught] } as never;
      default:
        return { ...rows, flight_notes: row } as never;
    }
  },
});
