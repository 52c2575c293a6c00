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
  /** Whether it is retried automatically instead of being quarantined for good. */
  readonly waits: boolean;
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
  /** How long an event that may heal is tried again, in seconds; 0, and left out, for not at all. */
  readonly healForSeconds?: number;
  /** Whether the event is tried again: its entry is there, and waits until it is said what came of the try. */
  readonly isRetry?: boolean;
  /** Whether the projection depends on the place of an event, so that a redrive has to keep it. */
  readonly keepsPlace?: boolean;
  /** Bytes that a row may take in a request; a payload that takes it beyond travels ahead of it, in parts. */
  readonly maxItemBytes: number;
}

/** Encodes a rejection as a row of the quarantine table; the column order is that of the compiled write. */
export function encodeRejection(rejection: Rejection, context: QuarantineContext): EncodedRejection {
  const { origin } = rejection;
  const { maxItemBytes, healForSeconds = 0, isRetry = false } = context;
  const waits = isRetry || (rejection.mayHeal === true && healForSeconds > 0);
  const item = { kind: 'rejection', origin, rejection, waits } as const;
  const whole = encodeRow(item, context, { payload: payloadBase64(origin), parts: null });
  if (whole.bytes <= maxItemBytes) return { ...item, ...whole, parts: 0 };
  const parts = countParts(origin, maxItemBytes);
  return { ...item, ...encodeRow(item, context, { payload: null, parts }), parts };
}

function encodeRow(
  { rejection, waits }: Pick<EncodedRejection, 'rejection' | 'waits'>,
  { shardId, codeVersion, attempts, healForSeconds, keepsPlace = false }: QuarantineContext,
  { payload, parts }: { readonly payload: string | null; readonly parts: number | null },
): Pick<EncodedRejection, 'row' | 'bytes'> {
  const { origin, reason, detail, sqlState, eventId } = rejection;
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
    ...behind(waits ? healForSeconds : undefined, keepsPlace ? formatPlace(firstPlace(origin)) : undefined),
  ]);
  return { row, bytes: escapedBytes(row) + SEPARATOR_BYTES };
}

/** Cells that few rows have: the place, and the time to wait. */
function behind(healForSeconds: number | undefined, place: string | undefined): readonly unknown[] {
  if (healForSeconds !== undefined) return [place ?? null, healForSeconds];
  return place === undefined ? [] : [place];
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
