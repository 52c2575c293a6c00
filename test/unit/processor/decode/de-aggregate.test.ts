import { describe, expect, it } from 'vitest';
import { deAggregate } from '../../../../processor/decode/de-aggregate.ts';
import { aggregate, sealAggregate } from '../../../support/aggregate.ts';

const MANY = 1000;
const THREE = [
  { partitionKey: 'a', data: 'first' },
  { partitionKey: 'b', data: Buffer.from([0xff, 0x00, 0xc2]) },
  { partitionKey: 'a', data: 'third' },
];

/** `[field number << 3 | wire type, length, …bytes]`, all lengths below 128. */
function field(tag: number, bytes: Buffer | readonly number[]): Buffer {
  return Buffer.from([tag, bytes.length, ...bytes]);
}

const KEY = field(0x0a, Buffer.from('k'));
const EMPTY_RECORD = field(0x1a, [0x08, 0x00, 0x1a, 0x00]);

describe('an aggregate made by the producer library', () => {
  it('gives its sub-records in order, each with its own partition key and bytes', () => {
    expect(deAggregate(aggregate(THREE), MANY)).toEqual({
      kind: 'aggregate',
      subRecords: THREE.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data) })),
    });
  });

  it('keeps a sub-record beyond one length byte whole', () => {
    const data = Buffer.alloc(70_000, 0x41);
    expect(deAggregate(aggregate([{ partitionKey: 'k'.repeat(200), data }]), MANY)).toEqual({
      kind: 'aggregate',
      subRecords: [{ partitionKey: 'k'.repeat(200), data }],
    });
  });

  it('may hold as many sub-records as allowed, and not one more', () => {
    expect(deAggregate(aggregate(THREE), 3).kind).toBe('aggregate');
    expect(deAggregate(aggregate(THREE), 2)).toEqual({ kind: 'malformed', problem: 'more than 2 sub-records' });
  });

  it('is a plain record when any one byte of it differs, since the checksum fails', () => {
    const bytes = aggregate(THREE);
    for (const at of [0, 3, 4, 10, bytes.length - 17, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x01;
      expect(deAggregate(changed, MANY)).toEqual({ kind: 'plain' });
    }
  });
});

describe('bytes that are no aggregate', () => {
  it.each([
    ['nothing', ''],
    ['less than the magic number', 'f3899a'],
    ['the magic number alone', 'f3899ac2'],
    ['the magic number and one byte less than a checksum', `f3899ac2${'00'.repeat(15)}`],
    ['the magic number and other bytes', `f3899ac2${'00'.repeat(40)}`],
  ])('%s is a plain record', (_what, hex) => {
    expect(deAggregate(Buffer.from(hex, 'hex'), MANY)).toEqual({ kind: 'plain' });
  });
});

describe('a body whose checksum holds', () => {
  it.each([
    ['no sub-records', Buffer.alloc(0), 'no sub-records'],
    ['keys but no sub-records', KEY, 'no sub-records'],
    ['a field cut short', aggregate(THREE).subarray(4, -17), 'a field that ends beyond its message'],
    [
      'a key index beyond the table',
      Buffer.concat([KEY, field(0x1a, [0x08, 0x01, 0x1a, 0x00])]),
      'partition key 1 of a table of 1',
    ],
    [
      'a sub-record without a key',
      Buffer.concat([KEY, field(0x1a, [0x1a, 0x00])]),
      'a sub-record without a partition key',
    ],
    ['a sub-record without data', Buffer.concat([KEY, field(0x1a, [0x08, 0x00])]), 'a sub-record without data'],
    [
      'a sub-record that is a number',
      Buffer.concat([KEY, EMPTY_RECORD, Buffer.from([0x18, 0x01])]),
      'a field 3 that holds no bytes',
    ],
    ['a wire type that was never used', Buffer.from([0x0f]), 'wire type 7'],
    ['a number that never ends', Buffer.from([0x08, 0xff]), 'a number that ends beyond its message'],
    ['a number that is too large', Buffer.from([0x08, ...Buffer.alloc(9, 0xff), 0x01]), 'a number beyond 2^49'],
    ['a fixed number cut short', Buffer.from([0x09, 0x00]), 'a field that ends beyond its message'],
    ['a length beyond the body', Buffer.from([0x1a, 0x7f, 0x00]), 'a field that ends beyond its message'],
  ])('with %s is malformed', (_what, body, problem) => {
    expect(deAggregate(sealAggregate(body), MANY)).toEqual({ kind: 'malformed', problem });
  });

  it('is read past the fields of later versions, whatever their wire type', () => {
    const later = Buffer.concat([
      Buffer.from([0x48, 0x96, 0x01]),
      Buffer.from([0x51, ...Buffer.alloc(8, 1)]),
      Buffer.from([0x5d, ...Buffer.alloc(4, 1)]),
      field(0x62, Buffer.from('later')),
    ]);
    expect(deAggregate(sealAggregate(Buffer.concat([later, EMPTY_RECORD, KEY, later])), MANY)).toEqual({
      kind: 'aggregate',
      subRecords: [{ partitionKey: 'k', data: Buffer.alloc(0) }],
    });
  });
});
