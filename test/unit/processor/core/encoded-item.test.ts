import { expect, it } from 'vitest';
import { encodeRejection } from '../../../../processor/core/encoded-item.ts';
import type { Rejection } from '../../../../processor/core/item.ts';
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
