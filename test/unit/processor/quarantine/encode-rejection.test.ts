import { describe, expect, it } from 'vitest';
import { encodeRejection } from '../../../../processor/quarantine/encode-rejection.ts';
import type { Rejection } from '../../../../processor/decode/item.ts';
import { encodedRejection, origin } from '../../../support/encoded-event.ts';

const CONTEXT = { shardId: 's', codeVersion: 'v', attempts: 3, maxItemBytes: 100_000 };

function cells(rejection: Partial<Rejection>): unknown[] {
  const { row } = encodeRejection(
    { kind: 'rejection', origin: origin(0), reason: 'schema', detail: 'd', ...rejection },
    CONTEXT,
  );
  return JSON.parse(row) as unknown[];
}

it('writes a quarantine row in the order of its columns', () => {
  const from = origin(0, { subSequenceNumber: 4, payload: Buffer.from([0xff]) });
  expect(cells({ origin: from, sqlState: '22007', reason: 'database', eventId: 'e-1' })).toEqual([
    's',
    from.sequenceNumber,
    4,
    'key-1',
    1_000_000_000_000,
    '/w==',
    'database',
    'd',
    '22007',
    'v',
    3,
    'e-1',
    null,
  ]);
  expect(cells({})[11]).toBeNull();
  expect(cells({})[8]).toBeNull();
});

it('replaces what PostgreSQL cannot store, because a quarantine row must never fail', () => {
  expect(cells({ detail: 'a\0b\ud800', origin: origin(0, { partitionKey: '\0' }) })).toMatchObject({
    3: '\uFFFD',
    7: 'a\uFFFDb\uFFFD',
  });
});

it('keeps 2000 characters of the detail and no half of a pair', () => {
  expect(cells({ detail: 'x'.repeat(2_000) })[7]).toHaveLength(2_000);
  expect(cells({ detail: `${'x'.repeat(1_999)}😀` })[7]).toBe(`${'x'.repeat(1_999)}\uFFFD`);
});

it('counts at least the bytes that its row takes in a request', () => {
  const { row, bytes } = encodedRejection(0);
  expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(row)) - 2);
});

describe('a payload', () => {
  const payload = Buffer.alloc(3_000, 'x').toString('base64');
  const whole = encodedRejection(0, { payload });

  it('is in the row where that fits a request to the byte', () => {
    const { row, parts } = encodedRejection(0, { payload }, whole.bytes);
    expect([row, parts]).toEqual([whole.row, 0]);
  });

  it('travels ahead where the row is one byte too large, and the row says in how many parts', () => {
    const { row, parts, bytes } = encodedRejection(0, { payload }, whole.bytes - 1);
    expect(JSON.parse(row)).toMatchObject({ 5: null, 12: parts });
    expect(parts).toBe(1);
    expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(row)) - 2);
    expect(bytes).toBeLessThan(whole.bytes - payload.length + 20);
  });

  it('leaves a row that fits the smallest request, whatever the rest of it holds', () => {
    const worst = '\u0001';
    const { bytes, parts } = encodeRejection(
      {
        kind: 'rejection',
        origin: origin(0, { payload: 'A'.repeat(40_000), partitionKey: worst.repeat(256) }),
        reason: 'aggregate-malformed',
        detail: worst.repeat(100_000),
        sqlState: '22007',
        eventId: worst.repeat(1_024),
      },
      { shardId: 'shardId-000000000000', codeVersion: 'v'.repeat(64), attempts: 10_000, maxItemBytes: 32 * 1024 },
    );
    expect(parts).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(32 * 1024);
  });
});
