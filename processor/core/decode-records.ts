import { gunzipSync } from 'node:zlib';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { deAggregate } from './de-aggregate.ts';
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

/**
 * Decodes records to items in stream order: base64, KPL aggregate, gzip, UTF-8, JSON, schema, event id.
 *
 * Never throws for what a record holds: whatever is wrong with it becomes a {@link Rejection} in its place.
 */
export async function decodeRecords(records: readonly KinesisRecord[], decoding: Decoding): Promise<DecodedItem[]> {
  const items: DecodedItem[] = [];
  for (const [recordIndex, record] of records.entries()) {
    for (const part of takeApart(record, recordIndex)) {
      if ('kind' in part) items.push(part);
      else {
        const item = decodeEvent(part, decoding);
        // Awaiting only what is a promise keeps the synchronous schemas, nearly all, on one straight path.
        items.push(item instanceof Promise ? await item : item);
      }
    }
  }
  return items;
}

interface Part {
  readonly origin: Origin;
  readonly bytes: Buffer;
}

function takeApart(record: KinesisRecord, recordIndex: number): readonly (Part | Rejection)[] {
  const { sequenceNumber, partitionKey, data, approximateArrivalTimestamp } = record.kinesis;
  const bytes = Buffer.from(data, 'base64');
  const origin: Origin = {
    recordIndex,
    sequenceNumber,
    subSequenceNumber: 0,
    partitionKey,
    arrivedAtMs: Math.round(approximateArrivalTimestamp * 1000),
    payload: data,
  };
  const aggregate = deAggregate(bytes, LIMITS.maxSubRecords);
  switch (aggregate.kind) {
    case 'plain':
      return [{ origin, bytes }];
    case 'malformed':
      return [reject(origin, 'aggregate-malformed', `the checksum holds but the body has ${aggregate.problem}`)];
    case 'aggregate':
      return aggregate.subRecords.map((subRecord, subSequenceNumber) => ({
        origin: {
          ...origin,
          subSequenceNumber,
          partitionKey: subRecord.partitionKey,
          payload: subRecord.data,
        },
        bytes: subRecord.data,
      }));
  }
}

function decodeEvent({ origin, bytes }: Part, decoding: Decoding): DecodedItem | Promise<DecodedItem> {
  const value = parseJson(bytes, origin);
  if (isRejection(value)) return value;
  let result;
  try {
    result = decoding.schema['~standard'].validate(value.json);
  } catch (error) {
    return reject(origin, 'schema', `the schema threw ${errorText(error)}`);
  }
  if (!(result instanceof Promise)) return identify(origin, result, decoding);
  return result.then(
    (settled) => identify(origin, settled, decoding),
    (error: unknown) => reject(origin, 'schema', `the schema threw ${errorText(error)}`),
  );
}

function isRejection(value: object): value is Rejection {
  return 'kind' in value;
}

/** Refuses what is not UTF-8 and takes a byte order mark off, which some producers write although JSON has none. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer, origin: Origin): { readonly json: unknown } | Rejection {
  const inflated = isGzip(bytes) ? inflate(bytes, origin) : bytes;
  if (!Buffer.isBuffer(inflated)) return inflated;
  let text: string;
  try {
    text = UTF8.decode(inflated);
  } catch {
    return reject(origin, 'not-utf8', 'expected JSON in UTF-8, got other bytes');
  }
  try {
    return { json: JSON.parse(text) as unknown };
  } catch (error) {
    return reject(origin, 'not-json', errorText(error));
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function inflate(bytes: Buffer, origin: Origin): Buffer | Rejection {
  try {
    return gunzipSync(bytes, { maxOutputLength: LIMITS.maxInflatedBytes });
  } catch (error) {
    if (error instanceof RangeError) {
      return reject(origin, 'gzip-too-large', `inflates to more than ${LIMITS.maxInflatedBytes} bytes`);
    }
    return reject(origin, 'gzip-malformed', errorText(error));
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
  return (
    typeof value === 'string' &&
    value !== '' &&
    Buffer.byteLength(value) <= LIMITS.maxEventIdBytes &&
    !value.includes('\0') &&
    value.isWellFormed()
  );
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
