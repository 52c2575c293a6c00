import { describe, expect, it } from 'vitest';
import type { DecodedItem } from '../../../../processor/decode/item.ts';
import { gatherLookupKeys, lookupKeyText } from '../../../../processor/lookup/lookup-keys.ts';
import { lookup } from '../../../../processor/projection.ts';
import { origin } from '../../../support/encoded-event.ts';

const UUID = '0B0E0C52-5D0C-4B0E-9A53-0D1F1B9C2A11';

describe('a lookup key', () => {
  it.each([
    ['text', 'DTW', 'DTW'],
    ['text', '', ''],
    ['text', 5, '5'],
    ['uuid', UUID, UUID.toLowerCase()],
    ['integer', 2_147_483_647, '2147483647'],
    ['integer', '-2147483648', '-2147483648'],
    ['integer', '007', '7'],
    ['integer', -0, '0'],
    ['bigint', 9_223_372_036_854_775_807n, '9223372036854775807'],
    ['bigint', '-9223372036854775808', '-9223372036854775808'],
  ] as const)('of type %s takes %s in one form', (keyType, key, text) => {
    expect(lookupKeyText(keyType, key)).toBe(text);
  });

  it.each([
    ['text', 'a\0'],
    ['text', '\ud800'],
    ['text', null],
    ['text', undefined],
    ['text', true],
    ['text', ['a']],
    ['uuid', UUID.slice(1)],
    ['uuid', `{${UUID}}`],
    ['integer', 2_147_483_648],
    ['integer', -2_147_483_649],
    ['integer', 1.5],
    ['integer', NaN],
    ['integer', ''],
    ['integer', ' 1'],
    ['bigint', 9_223_372_036_854_775_808n],
    ['bigint', '-9223372036854775809'],
    ['bigint', 1e21],
  ] as const)('of type %s is none when it is %o', (keyType, key) => {
    expect(lookupKeyText(keyType, key)).toBeUndefined();
  });
});

describe('gathering the keys of a batch', () => {
  const lookups = {
    airports: lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: { city: 'text' } }),
    carriers: lookup({ table: 'carriers', key: 'id', keyType: 'integer', columns: { name: 'text' } }),
  };
  const event = (n: number, value: unknown): DecodedItem => ({
    kind: 'event',
    origin: origin(n),
    eventId: `e${n}`,
    event: value,
  });
  const rejection: DecodedItem = { kind: 'rejection', origin: origin(0), reason: 'not-json', detail: '' };
  const lookupKeys = (value: unknown) => value as Record<string, unknown[]>;

  it('counts each key once for the read and each time for the requests', () => {
    const items = [
      event(0, { airports: ['DTW', 'ABE'], carriers: [1] }),
      event(1, { airports: ['DTW'], carriers: ['1', 2] }),
    ];
    const gathered = gatherLookupKeys(items, { lookups, lookupKeys });
    expect(gathered.keys).toEqual(
      new Map([
        ['airports', new Set(['DTW', 'ABE'])],
        ['carriers', new Set(['1', '2'])],
      ]),
    );
    expect(gathered.requests).toBe(6);
    expect(gathered.items).toEqual(items);
  });

  it('leaves out keys that no row can have, and rejections', () => {
    const gathered = gatherLookupKeys([rejection, event(1, { airports: ['\0'], carriers: ['x'] })], {
      lookups,
      lookupKeys,
    });
    expect([...gathered.keys.values()].map(({ size }) => size)).toEqual([0, 0]);
    expect(gathered.items[0]).toBe(rejection);
  });

  it('rejects only the event whose lookupKeys throws or gives nothing', () => {
    const gathered = gatherLookupKeys([event(0, undefined), event(1, { airports: ['DTW'] })], { lookups, lookupKeys });
    expect(gathered.items.map(({ kind }) => kind)).toEqual(['rejection', 'event']);
    expect(gathered.items[0]).toMatchObject({
      reason: 'projection-threw',
      detail: expect.stringMatching(/^lookupKeys threw TypeError: /) as string,
    });
  });

  it('asks nothing of a projection without lookups', () => {
    const never = () => {
      throw new Error('asked');
    };
    expect(gatherLookupKeys([event(0, {})], { lookups: {}, lookupKeys: never })).toEqual({
      items: [event(0, {})],
      keys: new Map(),
      requests: 0,
    });
  });
});
