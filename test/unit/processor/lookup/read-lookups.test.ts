import { describe, expect, it } from 'vitest';
import { createLruLookupCache } from '../../../../processor/lookup/lru-lookup-cache.ts';
import type { LookupRequest, LookupSource, ReferenceRow } from '../../../../processor/ports.ts';
import { lookup } from '../../../../processor/projection.ts';
import type { FoundRows } from '../../../../processor/lookup/read-lookups.ts';
import { readLookups } from '../../../../processor/lookup/read-lookups.ts';
import { databaseError } from '../../../support/database-error.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const LOOKUPS = {
  airports: lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: { city: 'text' } }),
  prices: lookup({ table: 'prices', key: 'id', keyType: 'text', columns: { city: 'text' }, fresh: true }),
};

/** A reference table in memory: each key whose name does not begin with `no` has a row. */
class FakeLookupSource implements LookupSource {
  readonly requests: Record<string, readonly string[]>[] = [];
  readonly #fail: (keys: number) => Error | undefined;

  constructor(fail: (keys: number) => Error | undefined = () => undefined) {
    this.#fail = fail;
  }

  read(request: LookupRequest) {
    this.requests.push(Object.fromEntries(request));
    const error = this.#fail([...request.values()].flat().length);
    if (error !== undefined) return Promise.reject(error);
    const rows = [...request].map(([name, keys]) => [name, rowsOf(keys)] as const);
    return Promise.resolve(new Map(rows));
  }
}

function rowsOf(keys: readonly string[]): Map<string, ReferenceRow> {
  return new Map(keys.filter((key) => !key.startsWith('no')).map((key) => [key, { city: `city of ${key}` }]));
}

function reader(source: FakeLookupSource, maxKeyBytes = 1_000_000) {
  const clock = new FakeClock();
  const cache = createLruLookupCache({
    maxEntries: 100,
    maxBytes: 1e6,
    ttlMs: 1000,
    absentTtlMs: 100,
    now: () => clock.now(),
  });
  const read = async (keys: Record<string, readonly string[]>, resolved: FoundRows = new Map()) => {
    const misses = await readLookups(
      new Map(Object.entries(keys).map(([name, values]) => [name, new Set(values)])),
      { lookups: LOOKUPS, cache, source, maxKeyBytes },
      { resolved, calls: { clock, budgetMs: clock.budget(10_000), tally: { calls: 0, errors: 0 } } },
    );
    return { resolved, misses };
  };
  return { read, clock };
}

describe('the reference rows of a batch', () => {
  it('are read in one call for all lookups, and then come from the cache', async () => {
    const source = new FakeLookupSource();
    const { read } = reader(source);
    const first = await read({ airports: ['DTW', 'ABE'] });
    expect(source.requests).toEqual([{ airports: ['DTW', 'ABE'] }]);
    expect(first.misses).toBe(2);
    const second = await read({ airports: ['ABE', 'JFK', 'DTW'] });
    expect(source.requests[1]).toEqual({ airports: ['JFK'] });
    expect(second.misses).toBe(1);
    expect(second.resolved.get('airports')).toEqual(rowsOf(['ABE', 'JFK', 'DTW']));
  });

  it('are asked for together, whichever lookup they belong to', async () => {
    const source = new FakeLookupSource();
    await reader(source).read({ airports: ['DTW'], prices: ['p1', 'p2'] });
    expect(source.requests).toEqual([{ airports: ['DTW'], prices: ['p1', 'p2'] }]);
  });

  it('cost no call when every key is known, or none is asked for', async () => {
    const source = new FakeLookupSource();
    const { read } = reader(source);
    await read({ airports: ['DTW'] });
    expect((await read({ airports: ['DTW'] })).misses).toBe(0);
    expect((await read({ airports: [] })).misses).toBe(0);
    expect(source.requests).toHaveLength(1);
  });

  it('that do not exist are known as such, for a shorter time', async () => {
    const source = new FakeLookupSource();
    const { read, clock } = reader(source);
    expect((await read({ airports: ['none'] })).resolved.get('airports')).toEqual(new Map([['none', null]]));
    expect((await read({ airports: ['none'] })).misses).toBe(0);
    clock.advance(101);
    expect((await read({ airports: ['none'] })).misses).toBe(1);
  });

  it('that are resolved already are not read again, not even fresh ones', async () => {
    const source = new FakeLookupSource();
    const { read } = reader(source);
    const { resolved } = await read({ prices: ['p1'] });
    expect((await read({ prices: ['p1', 'p2'] }, resolved)).misses).toBe(1);
    expect(source.requests[1]).toEqual({ prices: ['p2'] });
    expect(resolved.get('prices')).toEqual(rowsOf(['p1', 'p2']));
  });

  it('of a lookup marked fresh are read for every batch', async () => {
    const source = new FakeLookupSource();
    const { read } = reader(source);
    for (const batch of [1, 2]) {
      expect((await read({ prices: ['p1'] })).misses).toBe(1);
      expect(source.requests).toHaveLength(batch);
    }
  });

  it('that do not fit in one request travel in several', async () => {
    const source = new FakeLookupSource();
    const keys = Array.from({ length: 10 }, (_, index) => `key-${index}`);
    const { resolved } = await reader(source, 50).read({ airports: keys });
    expect(source.requests.map(({ airports }) => airports?.length)).toEqual([3, 3, 3, 1]);
    expect(resolved.get('airports')?.size).toBe(10);
  });
});

describe('a result that is too large', () => {
  it('is asked for in halves until it fits', async () => {
    const source = new FakeLookupSource((keys) => (keys > 2 ? databaseError('too-large') : undefined));
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const { resolved, misses } = await reader(source).read({ airports: keys });
    expect(resolved.get('airports')).toEqual(rowsOf(keys));
    expect(misses).toBe(5);
    expect(source.requests.map(({ airports }) => airports?.length)).toEqual([5, 2, 3, 1, 2]);
  });

  it('of a single row holds the position, since nothing smaller can be asked for', async () => {
    const source = new FakeLookupSource(() => databaseError('too-large'));
    await expect(reader(source).read({ airports: ['a'] })).rejects.toMatchObject({
      name: 'HoldError',
      reason: 'configuration',
    });
  });
});

describe('a read that fails', () => {
  it.each(['configuration', 'rejection'] as const)('for %s holds the position', async (kind) => {
    const source = new FakeLookupSource(() => databaseError(kind, '42P01'));
    await expect(reader(source).read({ airports: ['a'] })).rejects.toMatchObject({ reason: 'configuration' });
  });

  it('for ever holds the position when the time is used up', async () => {
    const source = new FakeLookupSource(() => databaseError('transient'));
    await expect(reader(source).read({ airports: ['a'] })).rejects.toMatchObject({ reason: 'transient' });
  });

  it('with a bug throws it', async () => {
    const source = new FakeLookupSource(() => new TypeError('bug'));
    await expect(reader(source).read({ airports: ['a'] })).rejects.toThrow(TypeError);
  });
});
