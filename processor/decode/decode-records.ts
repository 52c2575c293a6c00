import { gunzipSync } from 'node:zlib';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { SubRecord } from './de-aggregate.ts';
import { deAggregate } from './de-aggregate.ts';
import type { Condemnation, DecodedItem, KinesisRecord, Origin, Rejection, RejectionReason } from './item.ts';
import { errorText, payloadBytes, shardIdOf, WHOLE_AGGREGATE } from './item.ts';
import { describeIssues } from './describe-issues.ts';
import type { EventRecord } from './place.ts';
import { eventRecord, subSequenceNumberOf } from './place.ts';
import { parseJson } from './parse-json.ts';
import { isStorableText } from '../tables/storable-text.ts';
import { describeValue, hearLateRejections, isPromiseLike } from '../user-values.ts';

/** What decoding needs to know of a projection. */
export interface Decoding {
  readonly schema: StandardSchemaV1;
  readonly eventId: (event: unknown, record: EventRecord) => unknown;
}

/** Bounds of what one record may grow to: hostile input meets them, honest input does not. */
const LIMITS = {
  /** More than twice what a write can carry: a whole batch of such records still fits an environment's memory. */
  maxInflatedBytes: 10 * 1024 * 1024,
  maxSubRecords: 100_000,
  /** An id is a key of two indexes, whose entries PostgreSQL bounds at about 2,700 bytes. */
  maxEventIdBytes: 1024,
} as const;

const MAX_UTF8_BYTES_PER_UNIT = 3;

/**
 * Decodes records to items in stream order: base64, KPL aggregate, gzip, UTF-8, JSON, schema, event id.
 *
 * Never throws for what a record holds: whatever is wrong with it becomes a {@link Rejection} in its place.
 */
export async function decodeRecords(records: readonly KinesisRecord[], decoding: Decoding): Promise<DecodedItem[]> {
  const texts = readTexts(records.map(({ kinesis }) => kinesis.data));
  const items: DecodedItem[] = [];
  for (let recordIndex = 0; recordIndex < records.length; recordIndex += 1) {
    const record = records[recordIndex];
    if (record === undefined) continue;
    const origin = originOf(record, recordIndex);
    if (record.condemned !== undefined) {
      items.push(setAsideWhole(origin, record.condemned));
      continue;
    }
    const text = texts?.[recordIndex];
    const decoded = text === undefined ? decodeRecord(origin, decoding) : decodeEvent(origin, text, decoding);
    // Awaiting only what is a promise keeps the synchronous schemas, nearly all, on one straight path.
    if (Array.isArray(decoded)) for (const item of decoded) items.push(item instanceof Promise ? await item : item);
    else items.push(decoded instanceof Promise ? await decoded : decoded);
  }
  return items;
}

type Decoded = DecodedItem | Promise<DecodedItem>;

function originOf({ eventID, kinesis }: KinesisRecord, recordIndex: number): Origin {
  const { sequenceNumber, partitionKey, data } = kinesis;
  const arrivedAtMs = Math.round(kinesis.approximateArrivalTimestamp * 1000);
  return {
    recordIndex,
    sequenceNumber,
    subSequenceNumber: 0,
    partitionKey,
    arrivedAtMs,
    place: { shardId: shardIdOf(eventID), sequenceNumber, subRecord: null, document: 0, arrivedAtMs },
    payload: data,
  };
}

/** An aggregate is set aside as it is: which of its sub-records ends the process is not known. */
function setAsideWhole(origin: Origin, { detail, eventId }: Condemnation): Rejection {
  const isAggregate = deAggregate(payloadBytes(origin), LIMITS.maxSubRecords).kind === 'aggregate';
  const whole = isAggregate ? { ...origin, subSequenceNumber: WHOLE_AGGREGATE } : origin;
  return { ...reject(whole, 'kills-function', detail), ...(eventId !== undefined && { eventId }) };
}

/** A record that has no text of its own, or may have none. */
function decodeRecord(origin: Origin, decoding: Decoding): Decoded | Decoded[] {
  const bytes = payloadBytes(origin);
  const aggregate = deAggregate(bytes, LIMITS.maxSubRecords);
  switch (aggregate.kind) {
    case 'plain':
      return decodeBytes(origin, bytes, decoding);
    case 'malformed':
      return reject(origin, 'aggregate-malformed', `the checksum holds but the body has ${aggregate.problem}`);
    case 'aggregate':
      return decodeSubRecords(origin, aggregate.subRecords, decoding);
  }
}

function decodeSubRecords(whole: Origin, subRecords: readonly SubRecord[], decoding: Decoding): Decoded[] {
  const texts = readTexts(subRecords.map(({ data }) => data));
  return subRecords.map(({ partitionKey, data }, subRecord) => {
    const place = { ...whole.place, subRecord };
    const origin = { ...whole, subSequenceNumber: subSequenceNumberOf(place), partitionKey, place, payload: data };
    const text = texts?.[subRecord];
    return text === undefined ? decodeBytes(origin, data, decoding) : decodeEvent(origin, text, decoding);
  });
}

function decodeBytes(origin: Origin, bytes: Buffer, decoding: Decoding): Decoded {
  const inflated = isGzip(bytes) ? inflate(origin, bytes) : bytes;
  if (!Buffer.isBuffer(inflated)) return inflated;
  const text = decodeText(inflated);
  if (text === undefined) return reject(origin, 'not-utf8', 'expected JSON in UTF-8, got other bytes');
  return decodeEvent(origin, text, decoding);
}

/** Some producers put it in front of a text, although JSON has none. */
const BYTE_ORDER_MARK = 0xfeff;

function decodeEvent(origin: Origin, text: string, decoding: Decoding): Decoded {
  let json: unknown;
  try {
    json = parseJson(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch (error) {
    return reject(origin, 'not-json', errorText(error));
  }
  try {
    const answer = decoding.schema['~standard'].validate(json) as SchemaAnswer;
    if (!isPromiseLike(answer)) return judge(origin, answer, decoding) ?? rejectIssues(origin, answer, json);
    return Promise.resolve(answer)
      .then((result) => judge(origin, result, decoding) ?? rejectIssues(origin, result, json))
      .catch((error: unknown) => rejectThrown(origin, error));
  } catch (error) {
    return rejectThrown(origin, error);
  }
}

/** Whatever a schema says, also one that says nothing. */
type SchemaResult = StandardSchemaV1.Result<unknown> | undefined;
type SchemaAnswer = SchemaResult | PromiseLike<SchemaResult>;

/** The event or rejection that a valid result becomes. */
function judge(origin: Origin, result: SchemaResult, decoding: Decoding): DecodedItem | undefined {
  return result === undefined || result.issues !== undefined ? undefined : identify(origin, result.value, decoding);
}

function rejectIssues(origin: Origin, result: SchemaResult, json: unknown): Rejection {
  const issues = result?.issues;
  return reject(origin, 'schema', issues === undefined ? 'the schema returned nothing' : describeIssues(issues, json));
}

function rejectThrown(origin: Origin, error: unknown): Rejection {
  return reject(origin, 'schema', `the schema threw ${errorText(error)}`);
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function inflate(origin: Origin, bytes: Buffer): Buffer | Rejection {
  try {
    return gunzipSync(bytes, { maxOutputLength: LIMITS.maxInflatedBytes });
  } catch (error) {
    if (error instanceof RangeError) {
      return reject(origin, 'gzip-too-large', `inflates to more than ${LIMITS.maxInflatedBytes} bytes`);
    }
    return reject(origin, 'gzip-malformed', errorText(error));
  }
}

function identify(origin: Origin, event: unknown, decoding: Decoding): DecodedItem {
  const { place, partitionKey } = origin;
  let eventId: unknown;
  try {
    eventId = decoding.eventId(event, eventRecord(place, partitionKey));
  } catch (error) {
    return unidentified(origin, event, `eventId threw ${errorText(error)}`);
  }
  if (isEventId(eventId)) return { kind: 'event', origin, eventId, event };
  hearLateRejections(eventId);
  return unidentified(
    origin,
    event,
    `expected 1 to ${LIMITS.maxEventIdBytes} bytes of storable text, got ${describeValue(eventId)}${idAdvice(eventId)}`,
  );
}

/** Whether the event needs an id is known when the projection has seen it. */
function unidentified(origin: Origin, event: unknown, detail: string): DecodedItem {
  return { kind: 'event', origin, eventId: '', event, unidentified: reject(origin, 'event-id', detail) };
}

function isEventId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isStorableText(value) && isShort(value);
}

function isShort(text: string): boolean {
  const maxBytes = LIMITS.maxEventIdBytes;
  return text.length * MAX_UTF8_BYTES_PER_UNIT <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

function idAdvice(value: unknown): string {
  if (isPromiseLike(value)) return '; `eventId` must not be async';
  return typeof value === 'number' || typeof value === 'bigint' ? '; write `String(id)`' : '';
}

function reject(origin: Origin, reason: RejectionReason, detail: string): Rejection {
  return { kind: 'rejection', origin, reason, detail };
}

/** Stands between the texts of a batch: JSON has no such character, so no record that parses holds one. */
const SEPARATOR = '\0';

/** A byte order mark is text to it: only where a record begins is known which one is to be taken off. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the texts of many payloads at once: one by one, each costs three calls out of JavaScript, which take half as
 * long as parsing its JSON.
 *
 * @param payloads base64 texts, or bytes
 * @returns the text of each; `undefined` when some are not UTF-8, as compressed and aggregated ones never are, or hold
 *   a NUL character: then each has to be looked at by itself
 */
export function readTexts(payloads: readonly (string | Buffer)[]): readonly string[] | undefined {
  const bytes = Buffer.allocUnsafe(roomFor(payloads));
  const texts = decodeText(bytes.subarray(0, writeAll(payloads, bytes)))?.split(SEPARATOR);
  return texts?.length === payloads.length ? texts : undefined;
}

/**
 * Reads bytes as UTF-8.
 *
 * @returns `undefined` for other bytes
 */
export function decodeText(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Four characters of base64 are three bytes at most. */
function roomFor(payloads: readonly (string | Buffer)[]): number {
  let room = 0;
  for (const payload of payloads) {
    room += typeof payload === 'string' ? Math.ceil((3 * payload.length) / 4) : payload.length;
    room += SEPARATOR.length;
  }
  return room;
}

/** Writes the payloads with separators in between; returns where they end. */
function writeAll(payloads: readonly (string | Buffer)[], bytes: Buffer): number {
  let end = 0;
  for (const payload of payloads) {
    end += typeof payload === 'string' ? bytes.write(payload, end, 'base64') : payload.copy(bytes, end);
    bytes[end++] = SEPARATOR.charCodeAt(0);
  }
  return Math.max(0, end - SEPARATOR.length);
}
