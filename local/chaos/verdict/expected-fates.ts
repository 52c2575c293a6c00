/**
 * What must become of each record of a run, computed from its bytes alone and by other means than the project's own: no
 * schema library, no projection, no SQL. Whoever changes what the function under test takes changes this too, by hand.
 *
 * @module
 */
import type { TextEvent } from '../../input/event-input.ts';
import { isBookingDocument } from './expected-bookings.ts';
import { documentsOf, heartbeatOf, readDocument, type ExpectedEntry } from './expected-documents.ts';

/** City and state by airport code; airports that are there twice are left out. */
export type Airports = ReadonlyMap<string, { readonly city: string; readonly state: string }>;

/** A flight as it is on the stream. */
export interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly note?: string;
  /** Digits of an integer that JavaScript's numbers may have no form for. */
  readonly ticket?: string;
  readonly trap?: string;
}

/** A report of the gate at an airport, as it is on the stream. */
export interface GateReport {
  readonly airport: string;
  readonly at: string;
  readonly gate: string;
  /** Digits, as of {@link Flight.ticket}. */
  readonly serial: string;
}

/** A report about the stand at an airport, as it is on the stream: what is absent in it stays as it is. */
export interface StandReport {
  readonly airport: string;
  readonly at: string;
  /** Digits, as of {@link Flight.ticket}. */
  readonly number: string;
  readonly gone?: true;
  readonly stand?: string | null;
  readonly crew?: string;
  readonly level?: string;
}

/** An event of any kind but those about bookings. */
export type ChaosEvent = Flight | GateReport | StandReport;

/** What must become of the records of a run. */
export interface ExpectedFates {
  /** Events that must be in effect, each once, by id, in the order of the stream. */
  readonly inEffect: ReadonlyMap<string, ChaosEvent>;
  /** Entries that must be in the quarantine, one for each record. */
  readonly quarantined: readonly ExpectedEntry[];
  /**
   * Events whose rows are sound and that end the process while they are written: they must be in effect or in the
   * quarantine, whichever comes first, by id.
   */
  readonly either: ReadonlyMap<string, { readonly event: ChaosEvent; readonly entry: ExpectedEntry }>;
  /** Records that repeat an event that must be in effect. */
  readonly repeated: number;
  /** How many events must be skipped, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Sorts the records of the input by what must become of them; those about bookings are left out. */
export function expectedFates(input: readonly TextEvent[], airports: Airports): ExpectedFates {
  const inEffect = new Map<string, ChaosEvent>();
  const quarantined: ExpectedEntry[] = [];
  const either = new Map<string, { event: ChaosEvent; entry: ExpectedEntry }>();
  let repeated = 0;
  const documents = input.flatMap((record) => documentsOf(record.data));
  for (const data of documents.filter(
    (document) => heartbeatOf(document) === undefined && !isAboutBookings(document),
  )) {
    const event = readEvent(data);
    const [reason, sqlState = null] = event === undefined ? ['not-json'] : rejectionOf(event, airports);
    if (reason !== undefined) quarantined.push({ payload: data, reason, sqlState });
    if (event === undefined || reason !== undefined) continue;
    const id = eventId(event);
    if (isTrap(event, ['unheard'])) {
      either.set(id, { event, entry: { payload: data, reason: 'kills-function', sqlState } });
    } else if (inEffect.has(id)) repeated += 1;
    else inEffect.set(id, event);
  }
  return { inEffect, quarantined, either, repeated, skipped: skippedAmong(documents) };
}

function isAboutBookings(data: string): boolean {
  const document = readDocument(data);
  return document !== undefined && isBookingDocument(document);
}

function skippedAmong(documents: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const reason of documents.flatMap((data) => heartbeatOf(data) ?? [])) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** Reads a record, with every digit of its integers; `undefined` when it is no JSON. */
export function readEvent(data: string): ChaosEvent | undefined {
  try {
    const parsed = JSON.parse(data) as ChaosEvent;
    return { ...parsed, ...digits(data, 'ticket'), ...digits(data, 'serial'), ...digits(data, 'number') };
  } catch {
    return undefined;
  }
}

function digits(data: string, member: string): Readonly<Record<string, string>> {
  const found = new RegExp(`"${member}":(\\d+)`).exec(data)?.[1];
  return found === undefined ? {} : { [member]: found };
}

/** What the function under test promises to be one event. */
export function eventId(event: ChaosEvent): string {
  if ('gate' in event) return `gate report ${event.serial}`;
  if ('number' in event) return `stand report ${event.number}`;
  const { date, origin, destination, delay } = event;
  return `${date} ${origin}-${destination} ${delay}`;
}

/** Nothing for an event that must be in effect. */
type Verdict = readonly [reason?: string, sqlState?: string];

/** What must be said about an event that can never succeed. */
function rejectionOf(event: ChaosEvent, airports: Airports): Verdict {
  if ('gate' in event || 'number' in event) return [];
  const [, verdict] = VERDICTS.find(([holds]) => holds(event, airports)) ?? [];
  return verdict?.(event) ?? [];
}

const ENDS_THE_PROCESS = ['exit', 'exit-early', 'loop', 'heap'];
const LATE_VALUES = ['cell', 'list', 'json', 'answer'];
/** Far from the size that is decided by a few bytes, in either direction. */
const MAX_QUOTES_IN_NOTE = 12_000;
const MAX_BIGINT = 2n ** 63n - 1n;
const REFUSED_DISTANCE = 20_000;
/** What the trigger on flights raises, by the distance. */
const TRIGGER_STATES = ['AIR01', '0A000', '25P01', '38001', '42501', '45000', '55000', '72000', 'F0000', 'HV000'];

type Holds = (flight: Flight, airports: Airports) => boolean;

/** The first that holds counts: an event comes no further than to where it is rejected. */
const VERDICTS: readonly (readonly [holds: Holds, verdict: (flight: Flight) => Verdict])[] = [
  [({ delay, distance }) => ![delay, distance].every(Number.isSafeInteger), () => ['schema']],
  [(flight) => isTrap(flight, ['event-id']), () => ['event-id']],
  [(flight) => isTrap(flight, ENDS_THE_PROCESS), () => ['kills-function']],
  [(flight) => isTrap(flight, ['lookup-keys']), () => ['row-invalid']],
  [({ origin, destination }) => [origin, destination].includes('TWIN'), () => ['lookup-ambiguous']],
  [(flight, airports) => !airports.has(flight.origin) || !airports.has(flight.destination), () => ['lookup-absent']],
  [(flight) => flight.distance === 0 || isTrap(flight, ['ask-nothing']), () => ['projection-threw']],
  [(flight) => isTrap(flight, LATE_VALUES) || !isStorable(flight), () => ['row-invalid']],
  [({ note = '' }) => note.split('"').length > MAX_QUOTES_IN_NOTE, () => ['too-large']],
  [({ distance }) => distance < 0, () => ['database', '23514']],
  [
    ({ distance }) => distance >= REFUSED_DISTANCE,
    ({ distance }) => ['database', TRIGGER_STATES[distance % TRIGGER_STATES.length] ?? ''],
  ],
];

function isTrap(event: ChaosEvent, traps: readonly string[]): boolean {
  return 'trap' in event && traps.includes(event.trap ?? '');
}

function isStorable({ date, note = '', ticket = '0' }: Flight): boolean {
  return (
    /^\d{4}\/\d\d\/\d\d \d\d:\d\d$/.test(date) &&
    BigInt(ticket) <= MAX_BIGINT &&
    !note.includes('\0') &&
    Buffer.from(note).toString() === note
  );
}
