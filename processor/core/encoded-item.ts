/**
 * What a batch is written as: items in stream order, encoded to the JSON texts that the statement's parameters are
 * joined from, each knowing its share of the request's bytes.
 *
 * @module
 */
import { escapedBytes } from './encode-rows.ts';
import type { Origin, Rejection } from './item.ts';
import { payloadBase64 } from './item.ts';

/** An event with its rows. */
export interface EncodedEvent {
  readonly kind: 'event';
  readonly origin: Origin;
  readonly eventId: string;
  /** `[n, eventId]` as JSON text; empty where a table of the projection is the ledger and has the id already. */
  readonly idRow: string;
  /** Per table of the projection the rows as JSON texts joined by commas; empty where the event has none. */
  readonly rows: readonly string[];
  /** Bytes of the texts in a request body. */
  readonly bytes: number;
}

/** A rejection with its quarantine row. */
export interface EncodedRejection {
  readonly kind: 'rejection';
  readonly origin: Origin;
  readonly rejection: Rejection;
  /** The quarantine row as JSON text. */
  readonly row: string;
  /** Bytes of the text in a request body. */
  readonly bytes: number;
}

/** One item of a batch, ready to be written. */
export type EncodedItem = EncodedEvent | EncodedRejection;

/** Commas and brackets between the texts of one item: more than there can be. */
const SEPARATOR_BYTES = 4;

/**
 * Encodes an event whose rows are encoded.
 *
 * @param item where the event came from, its id, its number in the batch, and whether its own rows put it in the ledger
 * @param rows per table the rows as JSON texts joined by commas
 */
export function encodeEvent(
  item: { readonly origin: Origin; readonly eventId: string; readonly n: number; readonly isInOwnLedger: boolean },
  rows: readonly string[],
): EncodedEvent {
  const idRow = item.isInOwnLedger ? '' : JSON.stringify([item.n, item.eventId]);
  let bytes = escapedBytes(idRow) + SEPARATOR_BYTES;
  for (const row of rows) bytes += escapedBytes(row) + SEPARATOR_BYTES;
  return { kind: 'event', origin: item.origin, eventId: item.eventId, idRow, rows, bytes };
}

/** What a quarantine row says beside the rejection itself. */
export interface QuarantineContext {
  readonly shardId: string;
  /** Build that gave the verdict. */
  readonly codeVersion: string;
  /** Writes tried for this item before the verdict; 0 when it never came so far. */
  readonly attempts: number;
}

/** Encodes a rejection as a row of the quarantine table; the column order is that of the compiled write. */
export function encodeRejection(rejection: Rejection, context: QuarantineContext): EncodedRejection {
  const { origin, reason, detail, sqlState } = rejection;
  const row = JSON.stringify([
    context.shardId,
    origin.sequenceNumber,
    origin.subSequenceNumber,
    storable(origin.partitionKey),
    origin.arrivedAtMs,
    payloadBase64(origin),
    reason,
    storable(detail),
    sqlState ?? null,
    context.codeVersion,
    context.attempts,
    rejection.eventId ?? null,
  ]);
  return { kind: 'rejection', origin, rejection, row, bytes: escapedBytes(row) + SEPARATOR_BYTES };
}

/** Longest detail kept: the payload is beside it, so the sentence need not quote it whole. */
const MAX_DETAIL_CHARACTERS = 2_000;

/** Text that PostgreSQL stores: what it can't hold becomes U+FFFD, since a quarantine row must never fail. */
function storable(text: string): string {
  return text.slice(0, MAX_DETAIL_CHARACTERS).replaceAll('\0', '\uFFFD').toWellFormed();
}
