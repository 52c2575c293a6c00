/**
 * What must become of bookings, of those who board with them, and of what is filed about carriers: plain loops over the
 * documents. A booking that had all it needed when it came has the row that the carrier had then; one that lacked
 * something may have any row that the carrier had from then on.
 *
 * @module
 */
import type { TextEvent } from '../../input/event-input.ts';
import { ALLIANCES, CABINS, type Alliance } from '../booking-plan.ts';
import type { TextRow } from '../chaos-input.ts';
import { documentsOf, readDocument, type ExpectedEntry } from './expected-documents.ts';

/** What is filed about a carrier, as it is on the stream. */
interface Filing {
  readonly carrier: string;
  readonly revision: number;
  readonly alliance: Alliance;
  readonly filed: number;
  readonly gone?: true;
}

interface Booking {
  readonly booking: string;
  readonly carrier: string;
  readonly cabin: keyof typeof CABINS;
}

interface Boarding {
  readonly boarding: number;
  readonly of: string;
}

/** An event of these. */
export type BookingDocument = Filing | Booking | Boarding;

/** Tables of these events: rows as texts. */
export interface BookingTables {
  /** Carrier, revision and alliance. */
  readonly carriers: readonly TextRow[];
  /** Booking, carrier, revision, alliance and price. */
  readonly bookings: readonly TextRow[];
  /** Boarding and booking. */
  readonly boardings: readonly TextRow[];
  /** Carrier, bookings and the sum of their prices. */
  readonly carrier_cents: readonly TextRow[];
}

/** What must become of these events. */
export interface ExpectedBookings {
  /** Ids of events that must be in effect, each once. */
  readonly inEffect: readonly string[];
  /** Entries that must be open in the end, one for each document. */
  readonly quarantined: readonly ExpectedEntry[];
  readonly tables: BookingTables;
  /** How many documents are skipped at least once, if any are. */
  readonly skipped: number;
  /** Ids of events that must never have waited: all they needed was written before they came, or is of their partition key. */
  readonly prompt: ReadonlySet<string>;
  /** Filings that lost to a newer one: at least those that were older when they came, at most all. */
  readonly superseded: { readonly min: number; readonly max: number };
}

/** What was left behind, as far as it decides where several ways are right. */
export interface BookingsLeft {
  readonly ledger: ReadonlyMap<string, unknown>;
  readonly bookings: readonly TextRow[];
}

/** Why nobody wants a booking that costs nothing. */
export const FREE_OF_CHARGE = 'free-of-charge';

/** Whether a document is about bookings. */
export function isBookingDocument(document: object): document is BookingDocument {
  return 'filed' in document || 'cabin' in document || 'boarding' in document;
}

/** The identity that the function under test promises. */
export function bookingDocumentId(document: BookingDocument): string {
  if ('filed' in document) return `filing ${document.filed}`;
  return 'cabin' in document ? `booking ${document.booking}` : `boarding ${document.boarding}`;
}

/**
 * Works out what must be left of bookings.
 *
 * @param input records in the order of the stream
 * @param left what was left: of several right ways, the one that was taken
 */
export function expectedBookings(input: readonly TextEvent[], left: BookingsLeft): ExpectedBookings {
  const documents = input
    .flatMap(({ data, partitionKey }) => documentsOf(data).map((payload) => ({ payload, partitionKey })))
    .flatMap((delivery, at) => placed({ ...delivery, at }) ?? []);
  const { histories, superseded, filings, ids } = followCarriers(documents.flatMap(only(isFiling)));
  const booked = grouped(documents.flatMap(only(isBooking)));
  const bookings = [...booked].map(([id, deliveries]) => judgeBooking(id, deliveries, { histories, left }));
  const rows = bookings.flatMap(({ row }) => (row === undefined ? [] : [row]));
  const there = new Set(rows.map(([booking]) => booking));
  const boarded = grouped(documents.flatMap(only(isBoarding)));
  const boardings = [...boarded].map(([id, deliveries]) => judgeBoarding(id, deliveries, there));
  return {
    inEffect: [...ids, ...[...bookings, ...boardings].flatMap(({ id, row }) => (row === undefined ? [] : [id]))],
    quarantined: [...bookings, ...boardings].flatMap(({ entries }) => entries),
    tables: {
      carriers: [...histories].flatMap(([carrier, states]) => carrierRow(carrier, states.at(-1)?.row)),
      bookings: rows,
      boardings: boardings.flatMap(({ row }) => (row === undefined ? [] : [row])),
      carrier_cents: sums(rows),
    },
    skipped: bookings.reduce((sum, { skipped }) => sum + skipped, 0),
    prompt: promptEvents({ booked, boarded, histories, there }),
    superseded: { min: superseded, max: filings },
  };
}

/** A document and its place among all documents. */
interface Placed<Document> extends Delivery {
  readonly document: Document;
}

interface Delivery {
  readonly payload: string;
  readonly partitionKey: string;
  readonly at: number;
}

function placed(delivery: Delivery): Placed<BookingDocument> | undefined {
  const document = readDocument(delivery.payload);
  return document !== undefined && isBookingDocument(document) ? { ...delivery, document } : undefined;
}

function only<Document extends BookingDocument>(is: (document: BookingDocument) => document is Document) {
  return (place: Placed<BookingDocument>): Placed<Document>[] =>
    is(place.document) ? [place as Placed<Document>] : [];
}

const isFiling = (document: BookingDocument): document is Filing => 'filed' in document;
const isBooking = (document: BookingDocument): document is Booking => 'cabin' in document;
const isBoarding = (document: BookingDocument): document is Boarding => 'boarding' in document;

/** Deliveries of one event, in the order of the stream: at least one. */
type Deliveries<D extends BookingDocument> = readonly [Placed<D>, ...Placed<D>[]];

function grouped<D extends BookingDocument>(all: readonly Placed<D>[]): ReadonlyMap<string, Deliveries<D>> {
  return Map.groupBy(all, ({ document }) => bookingDocumentId(document)) as Map<string, never>;
}

interface Events {
  readonly booked: ReadonlyMap<string, Deliveries<Booking>>;
  readonly boarded: ReadonlyMap<string, Deliveries<Boarding>>;
  readonly histories: Histories;
  /** Bookings that have a row. */
  readonly there: ReadonlySet<unknown>;
}

/** Bookings whose carrier and tariff were there, and those who board with one of them behind it under its partition key. */
function promptEvents({ booked, boarded, histories, there }: Events): ReadonlySet<string> {
  const prompt = new Map(
    [...booked].flatMap(([id, [first]]) => {
      const row = promptRow(histories.get(first.document.carrier) ?? [], first.at);
      return row === undefined ? [] : [[id, first]];
    }),
  );
  const behind = [...boarded].filter(([, [first]]) => {
    const booking = there.has(first.document.of) ? prompt.get(`booking ${first.document.of}`) : undefined;
    return booking?.partitionKey === first.partitionKey && booking.at < first.at;
  });
  return new Set([...prompt.keys(), ...behind.map(([id]) => id)]);
}

/** What a carrier's row was from some document on; no row where it was not there, or is gone. */
interface CarrierState {
  readonly from: number;
  readonly row: CarrierRow | undefined;
}

type CarrierRow = Pick<Filing, 'revision' | 'alliance'>;

type Histories = ReadonlyMap<string, readonly CarrierState[]>;

/** Goes through what is filed about each carrier, one after the other: it has one partition key. */
function followCarriers(filings: readonly Placed<Filing>[]) {
  const histories = new Map<string, CarrierState[]>();
  const newest = new Map<string, number>();
  const ids = new Set<string>();
  let superseded = 0;
  for (const { document, at } of filings) {
    const { carrier, revision, alliance, gone } = document;
    const id = bookingDocumentId(document);
    if (ids.has(id)) continue;
    ids.add(id);
    if (revision < (newest.get(carrier) ?? 0)) {
      superseded += 1;
      continue;
    }
    newest.set(carrier, revision);
    const state = { from: at, row: gone === true ? undefined : { revision, alliance } };
    histories.set(carrier, [...(histories.get(carrier) ?? []), state]);
  }
  return { histories, superseded, filings: ids.size, ids: [...ids] };
}

interface Judged {
  readonly id: string;
  readonly row: TextRow | undefined;
  readonly entries: readonly ExpectedEntry[];
  readonly skipped: number;
}

function judgeBooking(
  id: string,
  deliveries: Deliveries<Booking>,
  { histories, left }: { readonly histories: Histories; readonly left: BookingsLeft },
): Judged {
  const [first] = deliveries;
  const nothing = { id, row: undefined, entries: [], skipped: 0 };
  const { booking, carrier, cabin } = first.document;
  const states = histories.get(carrier) ?? [];
  const isSure = deliveries.some(({ at }) => promptRow(states, at) !== undefined) || isThereInTime(states.at(-1)?.row);
  const found = left.bookings.find(([name]) => name === booking)?.[2];
  const row = seenRow(possibleRows(states, first.at), found);
  if (row === undefined || !(isSure || left.ledger.has(id))) {
    return { ...nothing, entries: deliveries.map(({ payload }) => waitingEntry(payload, 'lookup-absent', null)) };
  }
  switch (row.alliance) {
    case 'free':
      return { ...nothing, skipped: deliveries.length };
    case 'refused':
      return { ...nothing, entries: deliveries.map(({ payload }) => refusedEntry(payload)) };
    default:
      return { ...nothing, row: [booking, carrier, String(row.revision), row.alliance, price(row.alliance, cabin)] };
  }
}

/** Of the possible rows the one that a booking got, by its revision; undefined where none helps it before it is given up. */
function seenRow(rows: readonly CarrierRow[], revision: string | null | undefined): CarrierRow | undefined {
  const row = rows.find((possible) => String(possible.revision) === revision) ?? rows[0];
  return isThereInTime(row) ? row : undefined;
}

/** The rows of a carrier that a booking may get: the one that is there when it comes, if nothing else is missing then. */
function possibleRows(states: readonly CarrierState[], at: number): readonly CarrierRow[] {
  const prompt = promptRow(states, at);
  if (prompt !== undefined) return [prompt];
  return states.filter((_, n) => (states[n + 1]?.from ?? Infinity) > at).flatMap(({ row }) => row ?? []);
}

/** The row of a carrier for a booking that lacks nothing when it comes. */
function promptRow(states: readonly CarrierState[], at: number): CarrierRow | undefined {
  const row = states.findLast(({ from }) => from < at)?.row;
  return row !== undefined && ALLIANCES[row.alliance].comes === 'before' ? row : undefined;
}

/** Whether a booking finds all it needs before it is given up. */
function isThereInTime(row: CarrierRow | undefined): boolean {
  return row !== undefined && ALLIANCES[row.alliance].comes !== 'too-late' && row.alliance !== 'deadly';
}

function price(alliance: Alliance, cabin: keyof typeof CABINS): string {
  return String(ALLIANCES[alliance].cents + CABINS[cabin]);
}

function judgeBoarding(id: string, deliveries: Deliveries<Boarding>, bookings: ReadonlySet<unknown>): Judged {
  const [first] = deliveries;
  if (bookings.has(first.document.of)) {
    return { id, row: [String(first.document.boarding), first.document.of], entries: [], skipped: 0 };
  }
  return {
    id,
    row: undefined,
    skipped: 0,
    entries: deliveries.map(({ payload }) => waitingEntry(payload, 'database', '23503')),
  };
}

function waitingEntry(payload: string, reason: string, sqlState: string | null): ExpectedEntry {
  return { payload, reason, sqlState, hasWaited: true };
}

/** It may have waited before the price was known, or not. */
function refusedEntry(payload: string): ExpectedEntry {
  return { payload, reason: 'database', sqlState: '23514', hasWaited: undefined };
}

function carrierRow(carrier: string, row: CarrierRow | undefined): TextRow[] {
  return row === undefined ? [] : [[carrier, String(row.revision), row.alliance]];
}

function sums(bookings: readonly TextRow[]): TextRow[] {
  return [...Map.groupBy(bookings, ([, carrier]) => carrier)].map(([carrier, rows]) => {
    const cents = rows.reduce((sum, row) => sum + Number(row[4]), 0);
    return [carrier ?? null, String(rows.length), String(cents)];
  });
}
