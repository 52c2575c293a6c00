/**
 * Where on its stream an event stands, and what a projection sees of it.
 *
 * @module
 */

/** A place on a stream. An event that was put back by a redrive keeps the place that it had first. */
export interface Place {
  readonly shardId: string;
  /** Sequence number of the record. */
  readonly sequenceNumber: string;
  /** Index in an aggregated record; null where the record is none. */
  readonly subRecord: number | null;
  /** Index among the documents of the record or sub-record. */
  readonly document: number;
  /** Index among what a document became that was put back and has several in it now; 0 as a rule. */
  readonly piece: number;
  /** Milliseconds since 1970. */
  readonly arrivedAtMs: number;
}

/** What a projection sees of the record that an event came in. */
export interface EventRecord {
  /** Decimal digits, 56 and more: an integer beyond every number type but bigint. */
  readonly sequenceNumber: string;
  /** Tells the events of one record apart; 0 for a record that is one event. Their order is that of `position`. */
  readonly subSequenceNumber: number;
  /**
   * Decimal digits: an integer that grows along a partition key, across reshards too, since the shards that replace others
   * go on with larger sequence numbers. For columns of type `position`.
   */
  readonly position: string;
  readonly partitionKey: string;
  readonly shardId: string;
  /** When the record arrived on the stream; where it does not say so, when it was processed. */
  readonly arrivedAt: Date;
}

/** More than the sub-records that a record may have, so that two events of one record never share a number. */
const SUB_RECORD_NUMBERS = 2 ** 17;

/** Documents of a sub-record that have numbers of their own in an integer of four bytes. */
export const MAX_DOCUMENTS_OF_SUB_RECORD = 2 ** (31 - 17);

/** Digits of the indexes in a position: as many as decoding lets through. */
const DIGITS = { subRecord: 5, document: 5, piece: 2 } as const;
const ONLY_EVENT = '0'.repeat(DIGITS.subRecord + DIGITS.document + DIGITS.piece);

/** Pieces of a document that have positions of their own. */
export const MAX_PIECES = 10 ** DIGITS.piece;

/**
 * The place as one integer: the sequence number with the indexes behind it, each in a fixed number of digits. It depends on
 * nothing else in the record, so that it stays the same whatever a build makes of the record's other events.
 */
export function positionOf({ sequenceNumber, subRecord, document, piece }: Place): string {
  if ((subRecord ?? 0) + document + piece === 0) return sequenceNumber + ONLY_EVENT;
  const indexes = [
    String(subRecord ?? 0).padStart(DIGITS.subRecord, '0'),
    String(document).padStart(DIGITS.document, '0'),
    String(piece).padStart(DIGITS.piece, '0'),
  ];
  return sequenceNumber + indexes.join('');
}

/**
 * The number of an event in its record, which the quarantine has room for: the index of a document, or the index in an
 * aggregate, as the Kinesis Client Library counts. What else a sub-record holds is numbered beyond all sub-records.
 */
export function subSequenceNumberOf({ subRecord, document }: Pick<Place, 'subRecord' | 'document'>): number {
  return subRecord === null ? document : subRecord + document * SUB_RECORD_NUMBERS;
}

/** What a projection sees of an event's place. */
export function eventRecord(place: Place, partitionKey: string): EventRecord {
  const { shardId, sequenceNumber, arrivedAtMs } = place;
  return {
    sequenceNumber,
    subSequenceNumber: subSequenceNumberOf(place),
    position: positionOf(place),
    partitionKey,
    shardId,
    arrivedAt: new Date(arrivedAtMs),
  };
}
