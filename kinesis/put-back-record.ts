import { createHash } from 'node:crypto';
import { PLACE_TAG } from '../contract/put-back-place.ts';
import type { RecordToPut } from './put-records.ts';

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);

/**
 * Wraps a record so that it keeps the place it had first: an aggregate of one record, as the Kinesis Producer Library
 * makes them, with the place in a tag. Consumers that take aggregates apart get the same bytes as before.
 * {@link https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md}
 *
 * @param place text of `formatPlace`
 */
export function withPlace({ partitionKey, data }: RecordToPut, place: string): RecordToPut {
  const tag = Buffer.concat([bytesField(1, Buffer.from(PLACE_TAG)), bytesField(2, Buffer.from(place))]);
  // The key is the first one of the table: field 1, value 0.
  const record = Buffer.concat([Buffer.from([0x08, 0x00]), bytesField(3, data), bytesField(4, tag)]);
  const body = Buffer.concat([bytesField(1, Buffer.from(partitionKey)), bytesField(3, record)]);
  const digest = createHash('md5').update(body).digest();
  return { partitionKey, data: Buffer.concat([MAGIC, body, digest]) };
}

/** A field of protocol buffers that holds bytes, which is wire type 2. */
function bytesField(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
