import { gunzipSync } from 'node:zlib';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { deAggregate } from './de-aggregate.ts';
import { isStorableText } from './escaped-text.ts';
import type { DecodedItem, Origin, Rejection, RejectionReason } from './item.ts';
import { errorText, hearLateRejection } from './item.ts';
import type { KinesisRecord } from './kinesis-record.ts';

/** What decoding needs to know of a projection. */
export interface Decoding {
  readonly schema: StandardSchemaV1;
  readonly eventId: (event: unknown) => string;
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
  const items: DecodedItem[] = [];
  for (let recordIndex = 0; recordIndex < records.length; recordIndex += 1) {
    const record = records[recordIndex];
    if (record === undefined) continue;
    const decoded = decodeRecord(record, recordIndex, decoding);
    for (const item of Array.isArray(decoded) ? decoded : [decoded]) {
      // Awaiting only what is a promise keeps the synchronous schemas, nearly all, on one straight path.
      items.push(item instanceof Promise ? await item : item);
    }
  }
  return items;
}

type Decoded = DecodedItem | Promise<DecodedItem>;

function decodeRecord({ kinesis }: KinesisRecord, recordIndex: number, decoding: Decoding): Decoded | Decoded[] {
  const bytes = Buffer.from(kinesis.data, 'base64');
  const origin: Origin = {
    recordIndex,
    sequenceNumber: kinesis.sequenceNumber,
    subSequenceNumber: 0,
    partitionKey: kinesis.partitionKey,
    arrivedAtMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    payload: kinesis.data,
  };
  const aggregate = deAggregate(bytes, LIMITS.maxSubRecords);
  switch (aggregate.kind) {
    case 'plain':
      return decodeEvent(origin, bytes, decoding);
    case 'malformed':
      return reject(origin, 'aggregate-malformed', `the checksum holds but the body has ${aggregate.problem}`);
    case 'aggregate':
      return aggregate.subRecords.map(({ partitionKey, data }, subSequenceNumber) =>
        decodeEvent({ ...origin, subSequenceNumber, partitionKey, payload: data }, data, decoding),
      );
  }
}

function decodeEvent(origin: Origin, bytes: Buffer, decoding: Decoding): Decoded {
  let result;
  try {
    const json = parseJson(bytes);
    result = validate(json, decoding.schema);
  } catch (error) {
    if (error instanceof UndecodableError) return reject(origin, error.reason, error.message);
    throw error;
  }
  if (!(result instanceof Promise)) return identify(origin, result, decoding);
  return result.then(
    (settled) => identify(origin, settled, decoding),
    (error: unknown) => reject(origin, 'schema', `the schema threw ${errorText(error)}`),
  );
}

/** Says why bytes are no event. */
class UndecodableError extends Error {
  readonly reason: RejectionReason;

  constructor(reason: RejectionReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

function validate(json: unknown, schema: StandardSchemaV1) {
  try {
    return schema['~standard'].validate(json);
  } catch (error) {
    throw new UndecodableError('schema', `the schema threw ${errorText(error)}`);
  }
}

/** Refuses what is not UTF-8 and takes a byte order mark off, which some producers write although JSON has none. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer): unknown {
  const text = decodeText(isGzip(bytes) ? inflate(bytes) : bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UndecodableError('not-json', errorText(error));
  }
}

function decodeText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new UndecodableError('not-utf8', 'expected JSON in UTF-8, got other bytes');
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function inflate(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: LIMITS.maxInflatedBytes });
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UndecodableError('gzip-too-large', `inflates to more than ${LIMITS.maxInflatedBytes} bytes`);
    }
    throw new UndecodableError('gzip-malformed', errorText(error));
  }
}

function identify(origin: Origin, result: StandardSchemaV1.Result<unknown>, decoding: Decoding): DecodedItem {
  if (result.issues !== undefined) return reject(origin, 'schema', describeIssues(result.issues));
  let eventId: unknown;
  try {
    eventId = decoding.eventId(result.value);
  } catch (error) {
    return reject(origin, 'event-id', `eventId threw ${errorText(error)}`);
  }
  if (!isEventId(eventId)) {
    hearLateRejection(eventId);
    return reject(
      origin,
      'event-id',
      `expected 1 to ${LIMITS.maxEventIdBytes} bytes of storable text, got ${describe(eventId)}`,
    );
  }
  return { kind: 'event', origin, eventId, event: result.value };
}

function isEventId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isStorableText(value) && isShort(value);
}

function isShort(text: string): boolean {
  const maxBytes = LIMITS.maxEventIdBytes;
  return text.length * MAX_UTF8_BYTES_PER_UNIT <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;
}

function describeIssues(issues: readonly StandardSchemaV1.Issue[]): string {
  return issues.map(({ path, message }) => [describePath(path), message].filter(Boolean).join(': ')).join('; ');
}

function describePath(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
}

function reject(origin: Origin, reason: RejectionReason, detail: string): Rejection {
  return { kind: 'rejection', origin, reason, detail };
}
