/**
 * How a record that is put back on the stream says where it stood first: the operator commands write it, the processor
 * reads it.
 *
 * @module
 */

/** Key of the tag that holds the place, in the one record of an aggregate; other consumers pass over it. */
export const PLACE_TAG = 'kinesis-to-aurora/place';

/** The place that an event had before it was put back. */
export interface FirstPlace {
  readonly shardId: string;
  /** Decimal digits. */
  readonly sequenceNumber: string;
  /** Index in an aggregated record; null where the bytes are those of the whole record. */
  readonly subRecord: number | null;
  /** Index of the document that the bytes are; null where they are all of the record or sub-record. */
  readonly document: number | null;
  /** Index among what the document became when it was put back before; 0 as a rule. */
  readonly piece: number;
  /** Milliseconds since 1970. */
  readonly arrivedAtMs: number;
}

/** The place as text, as the quarantine and the tag have it. */
export function formatPlace(place: FirstPlace): string {
  const { shardId, sequenceNumber, subRecord, document, piece, arrivedAtMs } = place;
  return JSON.stringify([shardId, sequenceNumber, subRecord, document, piece, arrivedAtMs]);
}

/**
 * Reads what {@link formatPlace} wrote.
 *
 * @returns `undefined` for any other text
 */
export function parsePlace(text: string): FirstPlace | undefined {
  let cells: unknown;
  try {
    cells = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(cells) || cells.length !== 6) return undefined;
  const [shardId, sequenceNumber, subRecord, document, piece, arrivedAtMs] = cells as readonly unknown[];
  const isPlace =
    typeof shardId === 'string' &&
    typeof sequenceNumber === 'string' &&
    /^\d{1,128}$/.test(sequenceNumber) &&
    [subRecord ?? 0, document ?? 0, piece, arrivedAtMs].every(isIndex);
  return isPlace ? ({ shardId, sequenceNumber, subRecord, document, piece, arrivedAtMs } as FirstPlace) : undefined;
}

function isIndex(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
