import { describe, expect, it } from 'vitest';
import { createLruLookupCache } from '../../../../processor/lookup/lru-lookup-cache.ts';
import { AmbiguousKey } from '../../../../processor/ports.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const ROW = { city: 'Detroit' };

function cache(settings: Partial<Parameters<typeof createLruLookupCache>[0]> = {}) {
  const clock = new FakeClock();
  const defaults = { maxEntries: 3, maxBytes: 1_000_000, ttlMs: 1_000, absentTtlMs: 100, now: () => clock.now() };
  return { clock, rows: createLruLookupCache({ ...defaults, ...settings }) };
}

describe('the lookup cache', () => {
  it('tells a row, a key without a row and an unknown key apart', () => {
    const { rows } = cache();
    rows.set('airports', 'DTW', ROW);
    rows.set('airports', 'XXX', null);
    expect(['DTW', 'XXX', 'ABE'].map((key) => rows.get('airports', key))).toEqual([ROW, null, undefined]);
  });

  it('keeps the keys of different lookups apart', () => {
    const { rows } = cache();
    rows.set('a', 'k', ROW);
    expect([rows.get('b', 'k'), rows.get('', 'ak'), rows.get('a', 'k')]).toEqual([undefined, undefined, ROW]);
  });

  it('drops the row that was used longest ago, and counts it', () => {
    const { rows } = cache();
    for (const key of ['1', '2', '3']) rows.set('l', key, ROW);
    rows.get('l', '1');
    expect(rows.evictions).toBe(0);
    rows.set('l', '4', ROW);
    expect(['1', '2', '3', '4'].map((key) => rows.get('l', key) !== undefined)).toEqual([true, false, true, true]);
    expect(rows.evictions).toBe(1);
  });

  it('counts no eviction when a row is replaced or grows old', () => {
    const { rows, clock } = cache();
    rows.set('l', '1', ROW);
    rows.set('l', '1', null);
    clock.advance(5_000);
    rows.get('l', '1');
    expect(rows.evictions).toBe(0);
  });

  it('is bounded by bytes, two per character and the weight of an entry', () => {
    const entry = 200 + 2 * ('l\0k1'.length + JSON.stringify(ROW).length);
    const { rows } = cache({ maxBytes: 2 * entry, maxEntries: 100 });
    for (const key of ['k1', 'k2']) rows.set('l', key, ROW);
    expect(rows.evictions).toBe(0);
    rows.set('l', 'k3', ROW);
    expect([rows.evictions, rows.get('l', 'k1'), rows.get('l', 'k3')]).toEqual([1, undefined, ROW]);
  });

  it('does not keep a row that is larger than all of it, nor drop others for it', () => {
    const { rows } = cache({ maxBytes: 1_024 });
    rows.set('l', '1', ROW);
    rows.set('l', '2', { city: 'x'.repeat(1_000) });
    expect([rows.get('l', '1'), rows.get('l', '2'), rows.evictions]).toEqual([ROW, undefined, 0]);
  });

  it('forgets a row after its time to live, a missing one after a shorter time', () => {
    const { rows, clock } = cache();
    rows.set('l', 'row', ROW);
    rows.set('l', 'absent', null);
    clock.advance(100);
    expect([rows.get('l', 'row'), rows.get('l', 'absent')]).toEqual([ROW, null]);
    clock.advance(1);
    expect([rows.get('l', 'row'), rows.get('l', 'absent')]).toEqual([ROW, undefined]);
    clock.advance(899);
    expect(rows.get('l', 'row')).toEqual(ROW);
    clock.advance(1);
    expect(rows.get('l', 'row')).toBeUndefined();
  });

  it('forgets that a key is ambiguous as soon as that one has no row', () => {
    const { rows, clock } = cache();
    const ambiguous = new AmbiguousKey(2);
    rows.set('l', 'twice', ambiguous);
    clock.advance(100);
    expect(rows.get('l', 'twice')).toBe(ambiguous);
    clock.advance(1);
    expect(rows.get('l', 'twice')).toBeUndefined();
  });

  it('keeps a row with integers beyond 2^53', () => {
    const { rows } = cache();
    const row = { data: { id: 2n ** 64n } };
    rows.set('l', 'k', row);
    expect(rows.get('l', 'k')).toBe(row);
  });

  it('does not grow younger by being read', () => {
    const { rows, clock } = cache();
    rows.set('l', 'row', ROW);
    clock.advance(600);
    rows.get('l', 'row');
    clock.advance(600);
    expect(rows.get('l', 'row')).toBeUndefined();
  });
});
