import type { FirstPlace } from '../../contract/put-back-place.ts';
import { formatPlace } from '../../contract/put-back-place.ts';
import { escapedBytes } from '../../data-api/statement-body.ts';
import type { Origin, Rejection } from '../decode/item.ts';
import { payloadBase64, placeOf, WHOLE_RECORD } from '../decode/item.ts';
import { countParts } from './payload-parts.ts';

/** A rejection with its quarantine row. */
export interface EncodedRejection {
  readonly kind: 'rejection';
  readonly origin: Origin;
  readonly rejection: Rejection;
  /** The quarantine row as JSON text. */
  readonly row: string;
  /** Bytes of the text in a request body. */
  readonly bytes: number;
  /** Parts in which the payload travels ahead of the row; 0 where the row holds it. */
  readonly parts: number;
}

/** The comma behind the text, and to spare. */
const SEPARATOR_BYTES = 4;

/** What a quarantine row says beside the rejection itself. */
export interface QuarantineContext {
  readonly shardId: string;
  /** Build that gave the verdict. */
  readonly codeVersion: string;
  /** Writes tried for this item before the verdict; 0 when it never came so far. */
  readonly attempts: number;
  /** Whether the projection depends on the place of an event, so that a redrive has to keep it. */
  readonly keepsPlace?: boolean;
  /** Bytes that a row may take in a request; a payload that takes it beyond travels ahead of it, in parts. */
  readonly maxItemBytes: number;
}

/** Encodes a rejection as a row of the quarantine table; the column order is that of the compiled write. */
export function encodeRejection(rejection: Rejection, context: QuarantineContext): EncodedRejection {
  const { origin } = rejection;
  const { maxItemBytes } = context;
  const whole = encodeRow(rejection, context, { payload: payloadBase64(origin), parts: null });
  if (whole.bytes <= maxItemBytes) return { kind: 'rejection', origin, rejection, ...whole, parts: 0 };
  const parts = countParts(origin, maxItemBytes);
  return { kind: 'rejection', origin, rejection, ...encodeRow(rejection, context, { payload: null, parts }), parts };
}

function encodeRow(
  { origin, reason, detail, sqlState, eventId }: Rejection,
  { shardId, codeVersion, attempts, keepsPlace = false }: QuarantineContext,
  { payload, parts }: { readonly payload: string | null; readonly parts: number | null },
): Pick<EncodedRejection, 'row' | 'bytes'> {
  const row = JSON.stringify([
    shardId,
    origin.sequenceNumber,
    origin.subSequenceNumber,
    storableText(origin.partitionKey),
    placeOf(origin).arrivedAtMs,
    payload,
    reason,
    storableText(detail),
    sqlState ?? null,
    codeVersion,
    attempts,
    eventId ?? null,
    parts,
    ...(keepsPlace ? [formatPlace(firstPlace(origin))] : []),
  ]);
  return { row, bytes: escapedBytes(row) + SEPARATOR_BYTES };
}

/** Where the payload stood first, in the words of a redrive. */
function firstPlace(origin: Origin): FirstPlace {
  const { part, subSequenceNumber } = origin;
  const place = placeOf(origin);
  const isWhole = subSequenceNumber === WHOLE_RECORD;
  return {
    ...place,
    subRecord: isWhole ? null : place.subRecord,
    document: part === 'own' && !isWhole ? place.document : null,
  };
}

/** Longest detail kept: the payload is beside it, so the sentence need not quote it whole. */
const MAX_DETAIL_CHARACTERS = 2_000;

/** A detail as PostgreSQL stores it: cut to a bound, and what it can't hold becomes U+FFFD, since the row must never fail. */
export function storableText(text: string): string {
  return text.slice(0, MAX_DETAIL_CHARACTERS).replaceAll('\0', '\uFFFD').toWellFormed();
}
