import * as z from 'zod/mini';
import { counters, inserts, lookup, remove, skip, versions } from '../../../processor/projection.ts';

/** What is new about a carrier: a version that may be old or equal, or that it is gone. */
const filing = z.object({
  carrier: z.string(),
  revision: z.int(),
  alliance: z.string(),
  filed: z.int(),
  gone: z.optional(z.literal(true)),
});

/** A booking with a carrier, at the tariff of the carrier's alliance. */
const booking = z.object({
  booking: z.string(),
  carrier: z.string(),
  cabin: z.string(),
  ballast: z.optional(z.string()),
});

/** Somebody boards with a booking, which may be on its way still. */
const boarding = z.object({ boarding: z.int(), of: z.string() });

/** Events that lack rows which come later, or never do. */
export const bookingEvents = [filing, booking, boarding] as const;

/** One of {@link bookingEvents}. */
export type BookingEvent = z.infer<(typeof bookingEvents)[number]>;

/** Whether an event is one of these. */
export function isBookingEvent(event: object): event is BookingEvent {
  return 'revision' in event || 'cabin' in event || 'boarding' in event;
}

/** Identity of an event. */
export function bookingEventId(event: BookingEvent): string {
  if ('revision' in event) return `filing ${event.filed}`;
  return 'cabin' in event ? `booking ${event.booking}` : `boarding ${event.boarding}`;
}

/** One table that the projection writes itself, and one with a key of two columns that comes from its rows. */
export const bookingLookups = {
  carriers: lookup({
    table: 'carriers',
    key: 'carrier',
    keyType: 'text',
    columns: { revision: 'integer', alliance: 'text' },
    absent: 'later',
  }),
  tariffs: lookup({
    table: 'tariffs',
    key: ['alliance', 'cabin'],
    keyType: ['text', 'text'],
    columns: { cents: 'integer' },
    absent: 'later',
  }),
};

/** Keys of {@link bookingLookups}. */
export function bookingKeys(
  event: BookingEvent,
  carriers: (key: string) => { readonly alliance: string } | undefined,
): { readonly carriers: readonly string[]; readonly tariffs: readonly (readonly [string, string])[] } {
  if (!('cabin' in event)) return { carriers: [], tariffs: [] };
  const row = carriers(event.carrier);
  return { carriers: [event.carrier], tariffs: row === undefined ? [] : [[row.alliance, event.cabin]] };
}

/** Tables of these events. */
export const bookingTables = {
  carriers: versions({ key: { carrier: 'text' }, version: { revision: 'integer' }, columns: { alliance: 'text' } }),
  bookings: inserts({
    columns: { booking: 'text', carrier: 'text', revision: 'integer', alliance: 'text', cents: 'integer' },
  }),
  boardings: inserts({ columns: { boarding: 'integer', booking: 'text' } }),
  carrier_cents: counters({ key: { carrier: 'text' }, counters: { bookings: 'bigint', cents: 'bigint' } }),
};

/** The tariff of a booking that nobody wants, and of one that ends the process. */
const [FREE, DEADLY] = [0, 666];

interface Accessors {
  readonly carriers: (key: string) => { readonly revision: number; readonly alliance: string };
  readonly tariffs: (key: [string, string]) => { readonly cents: number };
}

/** Rows of these events. */
export function projectBooking(event: BookingEvent, { carriers, tariffs }: Accessors): object {
  if ('revision' in event) return { carriers: filingRow(event) };
  if ('boarding' in event) return { boardings: { boarding: event.boarding, booking: event.of } };
  const { revision, alliance } = carriers(event.carrier);
  const { cents } = tariffs([alliance, event.cabin]);
  if (cents === FREE) return skip('free-of-charge');
  if (cents === DEADLY) process.exit(7);
  const { booking: name, carrier } = event;
  return {
    bookings: { booking: name, carrier, revision, alliance, cents },
    carrier_cents: { carrier, bookings: 1, cents },
  };
}

function filingRow({ carrier, revision, alliance, gone }: z.infer<typeof filing>): object {
  return gone === true ? remove({ carrier, revision }) : { carrier, revision, alliance };
}
