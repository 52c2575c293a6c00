import { describe, expect, it } from 'vitest';
import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../../../contract/limits.ts';
import { LaneBatcher } from '../../../../local/mapping/lane-batcher.ts';
import { invocationEvent, invocationEventBytes } from '../../../../local/mapping/mapping-record.ts';
import { aRecord, records } from './records.ts';

function filled(
  count: number,
  limits: { batchSize: number; windowMs: number; maximumRecordAgeSeconds: number },
  nowMs = 0,
): LaneBatcher {
  const batcher = new LaneBatcher(limits, nowMs);
  for (const record of records(count)) batcher.push(record, nowMs);
  return batcher;
}

describe('batch size', () => {
  it.each([
    { waiting: 9, readyAtMs: 5_000 },
    { waiting: 10, readyAtMs: 0 },
    { waiting: 11, readyAtMs: 0 },
  ])('$waiting of 10 records: ready at $readyAtMs', ({ waiting, readyAtMs }) => {
    expect(filled(waiting, { batchSize: 10, windowMs: 5_000, maximumRecordAgeSeconds: -1 }).readyAtMs()).toBe(
      readyAtMs,
    );
  });

  it('takes no more than the batch size and keeps the order', () => {
    const batcher = filled(25, { batchSize: 10, windowMs: 0, maximumRecordAgeSeconds: -1 });
    const sizes = [batcher.take(), batcher.take(), batcher.take()].map((batch) => batch.map(({ ordinal }) => ordinal));
    expect(sizes.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(sizes.flat()).toEqual(Array.from({ length: 25 }, (_, index) => index));
    expect(batcher.readyAtMs()).toBeUndefined();
  });

  it('keeps order and count over many more records than it compacts at', () => {
    const batcher = filled(50_000, { batchSize: 7_000, windowMs: 0, maximumRecordAgeSeconds: -1 });
    const taken: number[] = [];
    while (batcher.length > 0) taken.push(...batcher.take().map(({ ordinal }) => ordinal));
    expect(taken).toEqual(Array.from({ length: 50_000 }, (_, index) => index));
  });
});

describe('batching window', () => {
  it('lets a single record go at once when there is no window', () => {
    expect(filled(1, { batchSize: 100, windowMs: 0, maximumRecordAgeSeconds: -1 }, 42).readyAtMs()).toBe(42);
  });

  it('opens when the batch before is resolved', () => {
    const batcher = filled(1, { batchSize: 100, windowMs: 2_000, maximumRecordAgeSeconds: -1 });
    batcher.take();
    batcher.openWindow(10_000);
    batcher.push(aRecord(1), 11_500);
    expect(batcher.readyAtMs()).toBe(12_000);
  });

  it('opens again with the first record after it went by without any', () => {
    const batcher = new LaneBatcher({ batchSize: 100, windowMs: 2_000, maximumRecordAgeSeconds: -1 }, 0);
    batcher.push(aRecord(0), 9_000);
    expect(batcher.readyAtMs()).toBe(11_000);
    batcher.push(aRecord(1), 10_500);
    expect(batcher.readyAtMs()).toBe(11_000);
  });
});

describe('six megabytes of encoded event', () => {
  const overhead = invocationEventBytes([aRecord(0, 1_000_000, '')]);
  const separated = invocationEventBytes([aRecord(0, 1_000_000, ''), aRecord(1, 1_000_000, '')]);
  const aRecordOf = (ordinal: number, dataBytes: number) => aRecord(ordinal, 1_000_000, 'A'.repeat(dataBytes));
  /** Data of a second record with which the event has exactly the largest size. */
  const exact = LAMBDA_MAX_PAYLOAD_BYTES - separated - 1_000;

  it.each([
    { what: 'exactly at the limit', extra: 0, size: 2 },
    { what: 'one byte above it', extra: 1, size: 1 },
  ])('two records $what: a batch of $size', ({ extra, size }) => {
    const batcher = new LaneBatcher({ batchSize: 100, windowMs: 60_000, maximumRecordAgeSeconds: -1 }, 0);
    batcher.push(aRecordOf(0, 1_000), 0);
    batcher.push(aRecordOf(1, exact + extra), 0);
    expect(batcher.readyAtMs()).toBe(0);
    const batch = batcher.take();
    expect(batch).toHaveLength(size);
    expect(Buffer.byteLength(invocationEvent(batch))).toBeLessThanOrEqual(LAMBDA_MAX_PAYLOAD_BYTES);
    expect(batcher.length).toBe(2 - size);
  });

  it('puts a record that is too large on its own into a batch of its own', () => {
    const batcher = new LaneBatcher({ batchSize: 100, windowMs: 0, maximumRecordAgeSeconds: -1 }, 0);
    batcher.push(aRecord(0), 0);
    batcher.push(aRecordOf(1, LAMBDA_MAX_PAYLOAD_BYTES - overhead + 1), 0);
    batcher.push(aRecord(2), 0);
    expect(
      [batcher.take(), batcher.take(), batcher.take()].map((batch) => batch.map(({ ordinal }) => ordinal)),
    ).toEqual([[0], [1], [2]]);
  });
});
