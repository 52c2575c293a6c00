import * as z from 'zod/mini';
import { flights } from '../../../functions/flights/projection.ts';
import { defineProjection, inserts, ndjson, remove, skip, sql, versions } from '../../../processor/projection.ts';
import {
  bookingEventId,
  bookingEvents,
  bookingKeys,
  bookingLookups,
  bookingTables,
  isBookingEvent,
  projectBooking,
} from './bookings.ts';
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

/** What is new about the stand at an airport: some of its columns, or that it is gone. */
const standReport = z.object({
  airport: z.string(),
  at: z.string(),
  number: z.bigint(),
  gone: z.optional(z.literal(true)),
  stand: z.optional(z.nullable(z.string())),
  crew: z.optional(z.string()),
  level: z.optional(z.string()),
});

/** What nobody wants: it has no id. */
const heartbeat = z.object({ heartbeat: z.string() });

const NO_KEYS = { airports: [] as string[], carriers: [] as string[], tariffs: [] as [string, string][] };

/**
 * The flights as they are deployed, several in some records and heartbeats between them, and more ways to go wrong: notes
 * hold text that PostgreSQL does not take, tickets and serial numbers are integers beyond 2^53, a flight that goes nowhere makes the projection throw, reports of one
 * gate have equal versions, reports of one stand change some columns or remove its row, some flights are traps for the
 * code itself, and bookings lack rows that come later.
 */
export const flightsUnderTest = defineProjection({
  name: 'flights',
  decode: ndjson(),
  schema: z.union([flight, gateReport, standReport, heartbeat, ...bookingEvents]),
  eventId: (event) => {
    if ('heartbeat' in event) return undefined;
    if (isBookingEvent(event)) return bookingEventId(event);
    if ('gate' in event) return `gate report ${event.serial}`;
    if ('number' in event) return `stand report ${event.number}`;
    return (fallInto(event.trap, 'event-id') as string | undefined) ?? flights.eventId(event);
  },
  lookups: { ...flights.lookups, ...bookingLookups },
  lookupKeys: (event, { carriers }) => {
    if (isBookingEvent(event)) return { airports: [], ...bookingKeys(event, carriers) };
    if ('gate' in event || 'number' in event || 'heartbeat' in event) return NO_KEYS;
    const airports = event.trap === 'ask-nothing' ? [] : [event.origin, event.destination];
    return (fallInto(event.trap, 'lookup-keys') as typeof NO_KEYS | undefined) ?? { ...NO_KEYS, airports };
  },
  tables: {
    ...flights.tables,
    ...bookingTables,
    flight_notes: inserts({ columns: { flight_id: 'text', note: 'text', ticket: 'bigint?', details: 'jsonb' } }),
    // Every JavaScript object seems to have a member of this name, and a statement might call a row so.
    constructor: inserts({ columns: { v: 'text' } }),
    gates: versions({
      key: { airport: 'text' },
      version: { at: 'timestamp' },
      columns: { gate: 'text', serial: 'bigint', report: 'jsonb' },
      removes: false,
    }),
    stands: versions({
      key: { airport: 'text' },
      version: { at: 'timestamp' },
      columns: { number: 'bigint', stand: 'text?', crew: 'text?', level: sql('stand_level?') },
      patch: true,
    }),
  },
  project: (event, lookups, context) => {
    if ('heartbeat' in event) return skip(event.heartbeat);
    if (isBookingEvent(event)) return projectBooking(event, lookups) as never;
    if ('gate' in event) {
      const { airport, at, serial } = event;
      return { gates: { airport, at, gate: event.gate, serial, report: event } } as never;
    }
    if ('number' in event) return { stands: standRow(event) } as never;
    if (event.distance === 0) throw new RangeError('a flight goes somewhere: expected a distance other than 0');
    const caught = fallInto(event.trap, 'project');
    if (event.trap === 'answer') return caught as never;
    // TypeScript takes every object for one that has a row of the table named constructor, and a wrong one.
    return Object.assign(
      {},
      flights.project(event, lookups, context),
      noteRows(event, caught, context.eventId),
    ) as never;
  },
});

function standRow({ gone, ...row }: z.infer<typeof standReport>): object {
  return gone === true ? remove({ airport: row.airport, at: row.at }) : row;
}

/** The note of a flight that has one, or a row that is spoiled by what came out of a trap. */
function noteRows({ note, ticket, trap, origin }: z.infer<typeof flight>, caught: unknown, flight_id: string): object {
  if (note === undefined && caught === undefined) return {};
  const number = ticket ?? null;
  const details = { ticket: number, seats: [number, origin], late: trap === 'json' ? caught : null };
  const row = { flight_id, note: trap === 'cell' ? caught : (note ?? ''), ticket: number, details };
  return { flight_notes: trap === 'list' ? [row, caught] : row, constructor: { v: flight_id } };
}
