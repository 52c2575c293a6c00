import { createHash } from 'node:crypto';
import { PLACE_TAG } from '../../contract/put-back-place.ts';

/**
 * First bytes of a record that the Kinesis Producer Library packed from several.
 * {@link https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md}
 */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;

/** Field numbers of the `AggregatedRecord` message and its `Record` message. */
const PARTITION_KEY_TABLE = 1;
const RECORDS = 3;
const RECORD_PARTITION_KEY_INDEX = 1;
const RECORD_DATA = 3;
const RECORD_TAGS = 4;
const [TAG_KEY, TAG_VALUE] = [1, 2];

/** Protocol buffers wire types. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** One user record inside an aggregate. */
export interface SubRecord {
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Value of its {@link PLACE_TAG}, where it has one. */
  readonly place?: string;
}

/** What the bytes of a record are: themselves, an aggregate, or an aggregate whose checksum holds but whose body does not parse. */
export type Aggregate =
  | { readonly kind: 'plain' }
  | { readonly kind: 'aggregate'; readonly subRecords: readonly SubRecord[] }
  | { readonly kind: 'malformed'; readonly problem: string };

const PLAIN: Aggregate = { kind: 'plain' };

/**
 * Takes an aggregated record apart: magic number, protocol buffers body, MD5 of the body.
 *
 * A magic number without its checksum is a plain record that happens to begin so, as the Kinesis Client Library has it.
 *
 * @param bytes the record's data
 * @param maxSubRecords more sub-records than this make the aggregate malformed
 */
export function deAggregate(bytes: Buffer, maxSubRecords: number): Aggregate {
  const bodyEnd = bytes.length - DIGEST_BYTES;
  if (bodyEnd < MAGIC.length || bytes[0] !== MAGIC[0] || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return PLAIN;
  }
  const body = bytes.subarray(MAGIC.length, bodyEnd);
  if (!createHash('md5').update(body).digest().equals(bytes.subarray(bodyEnd))) return PLAIN;
  try {
    return { kind: 'aggregate', subRecords: readAggregatedRecord(body, maxSubRecords) };
  } catch (error) {
    if (error instanceof MalformedError) return { kind: 'malformed', problem: error.message };
    throw error;
  }
}

class MalformedError extends Error {}

function readAggregatedRecord(body: Buffer, maxSubRecords: number): SubRecord[] {
  const partitionKeys: string[] = [];
  const records: IndexedRecord[] = [];
  for (const field of readFields(body)) {
    if (field.number === PARTITION_KEY_TABLE) partitionKeys.push(bytesOf(field).toString('utf8'));
    if (field.number !== RECORDS) continue;
    if (records.length === maxSubRecords) throw new MalformedError(`more than ${maxSubRecords} sub-records`);
    records.push(readRecord(bytesOf(field)));
  }
  // An item must exist for every record, or its position would never be logged.
  if (records.length === 0) throw new MalformedError('no sub-records');
  return records.map(({ keyIndex, ...record }) => {
    const partitionKey = partitionKeys[keyIndex];
    if (partitionKey === undefined) {
      throw new MalformedError(`partition key ${keyIndex} of a table of ${partitionKeys.length}`);
    }
    return { partitionKey, ...record };
  });
}

function bytesOf({ number, bytes }: ProtobufField): Buffer {
  if (bytes === undefined) throw new MalformedError(`a field ${number} that holds no bytes`);
  return bytes;
}

/** A record whose partition key is still an index of the table. */
type IndexedRecord = Omit<SubRecord, 'partitionKey'> & { readonly keyIndex: number };

function readRecord(bytes: Buffer): IndexedRecord {
  let keyIndex: number | undefined;
  let data: Buffer | undefined;
  let place: string | undefined;
  for (const field of readFields(bytes)) {
    if (field.number === RECORD_PARTITION_KEY_INDEX) keyIndex = field.varint;
    if (field.number === RECORD_DATA) data = field.bytes;
    if (field.number === RECORD_TAGS) place = readPlace(bytesOf(field)) ?? place;
  }
  if (keyIndex === undefined) throw new MalformedError('a sub-record without a partition key');
  if (data === undefined) throw new MalformedError('a sub-record without data');
  return { keyIndex, data, ...(place !== undefined && { place }) };
}

function readPlace(tag: Buffer): string | undefined {
  const fields = new Map([...readFields(tag)].map(({ number, bytes }) => [number, bytes?.toString('utf8')]));
  return fields.get(TAG_KEY) === PLACE_TAG ? fields.get(TAG_VALUE) : undefined;
}

interface ProtobufField {
  readonly number: number;
  readonly varint?: number;
  readonly bytes?: Buffer;
}

function* readFields(bytes: Buffer): Generator<ProtobufField> {
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    const number = Math.floor(tag.value / 8);
    const payload = readPayload(bytes, tag.end, tag.value % 8);
    yield { number, ...payload.content };
    at = payload.end;
  }
}

interface Payload {
  readonly content: Omit<ProtobufField, 'number'>;
  readonly end: number;
}

function readPayload(bytes: Buffer, at: number, wireType: number): Payload {
  switch (wireType) {
    case WIRE.varint: {
      const { value, end } = readVarint(bytes, at);
      return { content: { varint: value }, end };
    }
    case WIRE.bytes: {
      const { value: length, end: start } = readVarint(bytes, at);
      return {
        content: { bytes: bytes.subarray(start, start + length) },
        end: within(bytes, start + length),
      };
    }
    case WIRE.fixed64:
      return { content: {}, end: within(bytes, at + 8) };
    case WIRE.fixed32:
      return { content: {}, end: within(bytes, at + 4) };
    default:
      throw new MalformedError(`wire type ${wireType}`);
  }
}

function within(bytes: Buffer, end: number): number {
  if (end > bytes.length) throw new MalformedError('a field that ends beyond its message');
  return end;
}

/** Reads a varint; the numbers here are indexes and lengths, so one beyond 2^53 is malformed, not large. */
function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = at, scale = 1; ; index += 1, scale *= 128) {
    const byte = bytes[index];
    if (byte === undefined) throw new MalformedError('a number that ends beyond its message');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: index + 1 };
    if (scale > 2 ** 42) throw new MalformedError('a number beyond 2^49');
  }
}
