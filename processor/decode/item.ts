/**
 * What a batch decodes to: items in stream order, each an event, a rejection or skipped, each with its origin.
 *
 * @module
 */
import type { Place } from './place.ts';

/**
 * One record of an invocation, as the event source mapping delivers it; only the members that the processor reads.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html}
 */
export interface KinesisRecord {
  /** `<shardId>:<sequenceNumber>`. */
  readonly eventID: string;
  readonly kinesis: {
    /** Decimal digits, 56 and more: an integer beyond every number type but bigint. */
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    /** The record's bytes in base64. */
    readonly data: string;
    /** Seconds since 1970, with milliseconds behind the point. */
    readonly approximateArrivalTimestamp: number;
  };
  /** The verdict that no code of the user's may see this record again: the engine's own, never the mapping's. */
  readonly condemned?: Condemnation;
}

/** The shard in a record's `eventID`. */
export function shardIdOf(eventId: string): string {
  const end = eventId.indexOf(':');
  return end < 0 ? eventId : eventId.slice(0, end);
}

/** Shard of the records of a batch, which have it in common; empty for none. */
export function shardOf(records: readonly KinesisRecord[]): string {
  return shardIdOf(records[0]?.eventID ?? '');
}

/** When a record arrived on the stream, in milliseconds since 1970. */
export function arrivedAtMs({ kinesis }: KinesisRecord): number {
  return Math.round(kinesis.approximateArrivalTimestamp * 1000);
}

/** Why a record must not be processed: doing so ends the process. */
export interface Condemnation {
  /** What happened, for the quarantine table; may quote the data, so it is never logged. */
  readonly detail: string;
  /** Id of its event, if a process got that far: what is in effect is not quarantined. */
  readonly eventId?: string;
}

/** Where an item came from: enough to find it on the stream again. */
export interface Origin {
  /** Index of the record in the batch. */
  readonly recordIndex: number;
  readonly sequenceNumber: string;
  /** Number inside the record, from 0; {@link WHOLE_RECORD} for a record of several events as it is. */
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  /** Milliseconds since 1970. */
  readonly arrivedAtMs: number;
  /** Shard of the record. */
  readonly shardId: string;
  /** The place, where it is not that of a record with one event: {@link placeOf} gives it in any case. */
  readonly place: Place | undefined;
  /** The item's bytes as they were on the stream: base64 text of a plain record, bytes of a part of one, or how to make them. */
  readonly payload: string | Buffer | (() => Buffer);
  /** Whether the payload is all that was there, the item's own part of it, or shared with other items. */
  readonly part: 'all' | 'own' | 'shared';
}

/** Sub-sequence number of a record that is rejected whole; some of its events may have an entry of their own. */
export const WHOLE_RECORD = -1;

/** Why a record can never succeed. The codes are stored, filtered by and alarmed on: they are part of the interface. */
export const REJECTION_REASONS = [
  'aggregate-malformed',
  'gzip-malformed',
  'gzip-too-large',
  'zlib-malformed',
  'zlib-too-large',
  'zstd-malformed',
  'zstd-too-large',
  'not-utf8',
  'not-json',
  'not-decoded',
  'schema',
  'event-id',
  'lookup-absent',
  'lookup-ambiguous',
  'projection-threw',
  'row-invalid',
  'too-large',
  'database',
  'kills-function',
] as const;

/** One of {@link REJECTION_REASONS}. */
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** The verdict that an item can never succeed as it is. */
export interface Rejection {
  readonly kind: 'rejection';
  readonly origin: Origin;
  readonly reason: RejectionReason;
  /** What was expected and what came, for the quarantine table; may quote the data, so it is never logged. */
  readonly detail: string;
  /** SQLSTATE, where the database gave the verdict. */
  readonly sqlState?: string;
  /** Id of the event, if decoding got that far: an event is in effect or quarantined, never both. */
  readonly eventId?: string;
  /** Whether a missing row may still arrive: the event is retried automatically before anybody is notified. */
  readonly mayHeal?: boolean;
}

/** The verdict on an item that never became an event. */
export function reject(origin: Origin, reason: RejectionReason, detail: string): Rejection {
  return { kind: 'rejection', origin, reason, detail };
}

/** The verdict on an event. */
export function rejectEvent(
  { origin, eventId }: Pick<DecodedEvent, 'origin' | 'eventId'>,
  reason: RejectionReason,
  detail: string,
): Rejection {
  return { kind: 'rejection', origin, reason, detail, eventId };
}

/** A decoded, validated event. */
export interface DecodedEvent {
  readonly kind: 'event';
  readonly origin: Origin;
  /** Empty where the event has none. */
  readonly eventId: string;
  readonly event: unknown;
  /** What is wrong with an event that has no usable id, unless it is skipped: then it needs none. */
  readonly unidentified?: Rejection;
}

/** An event that the projection does not want, in its place: its record is committed with the others. */
export interface SkippedEvent {
  readonly kind: 'skip';
  readonly origin: Origin;
  readonly reason: string;
  /** It takes no room in a request. */
  readonly bytes: 0;
}

/** An event, a rejection, or a skipped event. */
export type DecodedItem = DecodedEvent | Rejection | SkippedEvent;

/**
 * What the projection sees, and what an event without an id is known by. Most events never need it, so it is made here:
 * an object that lives as long as its event costs a twentieth of all that is done with the event.
 */
export function placeOf({ place, shardId, sequenceNumber, arrivedAtMs }: Origin): Place {
  return place ?? { shardId, sequenceNumber, subRecord: null, document: 0, piece: 0, arrivedAtMs };
}

/**
 * The item's payload in base64, whichever form it is kept in. What a replay tool gave may be in another alphabet, or be no
 * base64 at all: Node.js reads what it can, and the database would refuse it.
 */
export function payloadBase64(origin: Origin): string {
  return payloadBytes(origin).toString('base64');
}

/** The item's payload as bytes, whichever form it is kept in. */
export function payloadBytes({ payload }: Origin): Buffer {
  const bytes = madePayload(payload);
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : bytes;
}

/** A payload in one of its two usual forms. */
export function madePayload(payload: Origin['payload']): string | Buffer {
  return typeof payload === 'function' ? payload() : payload;
}

/** What an error of any kind, thrown by a user's function, says; never throws itself, whatever was thrown. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return `a value of type ${typeof error} that has no text`;
  }
}
