import { describe, expect, it } from 'vitest';
import type { DecodedItem } from '../../../../processor/decode/item.ts';
import { gatherLookupKeys, lookupKeyBytes, lookupKeyText } from '../../../../processor/lookup/lookup-keys.ts';
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
    ['bigint', 2 ** 53],
    ['text', 2 ** 53],
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
  const lookupKeys = (value: unknown) =>
    (typeof value === 'function' ? (value as () => unknown)() : value) as Record<string, unknown[]>;
  const gather = (items: readonly DecodedItem[], maxKeyBytes = 1_000) =>
    gatherLookupKeys(items, { lookups, lookupKeys }, maxKeyBytes);

  it('counts each key once for the read and each time for the requests', () => {
    const items = [
      event(0, { airports: ['DTW', 'ABE'], carriers: [1] }),
      event(1, { airports: ['DTW'], carriers: ['1', 2] }),
    ];
    const gathered = gather(items);
    expect(gathered.keys).toEqual(
      new Map([
        ['airports', new Set(['DTW', 'ABE'])],
        ['carriers', new Set(['1', '2'])],
      ]),
    );
    expect(gathered.requests).toBe(6);
    expect(gathered.items).toEqual(items);
  });

  it('remembers who asked for what, each key in its one form', () => {
    const items = [event(0, { airports: ['DTW'] }), rejection, event(2, { airports: ['ABE'], carriers: ['007'] })];
    const { asked } = gather(items);
    const whoAsked = (name: string, key: string) => [0, 1, 2].filter((item) => asked.get(name)?.has(item, key));
    expect(whoAsked('airports', 'DTW')).toEqual([0]);
    expect(whoAsked('airports', 'ABE')).toEqual([2]);
    expect(whoAsked('carriers', '7')).toEqual([2]);
    expect(whoAsked('carriers', '007')).toEqual([]);
  });

  it('leaves out keys that no row can have, and rejections', () => {
    const gathered = gather([rejection, event(1, { airports: ['\0', null], carriers: ['x', undefined] })]);
    expect([...gathered.keys.values()].map(({ size }) => size)).toEqual([0, 0]);
    expect(gathered.items[0]).toBe(rejection);
    expect(gathered.items[1]).toMatchObject({ kind: 'event' });
  });

  it('takes no list for no keys', () => {
    const gathered = gather([event(0, {}), event(1, { airports: undefined, carriers: [1] })]);
    expect(gathered.items.map(({ kind }) => kind)).toEqual(['event', 'event']);
    expect(gathered.requests).toBe(1);
  });

  const lists = '`lookupKeys` must return lists of keys by lookup';
  const forms = 'must be text, a bigint or a number up to 2^53';
  it.each([
    ['nothing', undefined, 'row-invalid', `${lists}, got nothing`],
    ['a text', 'DTW', 'row-invalid', `${lists}, got "DTW"`],
    [
      'a promise',
      () => Promise.reject(new Error('late')),
      'row-invalid',
      `${lists}, got a promise; it must not be async`,
    ],
    [
      'a text for a list',
      { airports: 'DTW' },
      'row-invalid',
      '`lookupKeys.airports` must be a list of keys, got "DTW"',
    ],
    ['null for a list', { airports: null }, 'row-invalid', '`lookupKeys.airports` must be a list of keys, got null'],
    [
      'a promise of a list',
      () => ({ airports: Promise.reject(new Error('late')) }),
      'row-invalid',
      '`lookupKeys.airports` must be a list of keys, got a promise; await it',
    ],
    [
      'a promise in a list',
      () => ({ airports: ['DTW', Promise.reject(new Error('late'))], carriers: Promise.reject(new Error('late')) }),
      'row-invalid',
      `\`lookupKeys.airports[1]\` ${forms}, got a promise; await it`,
    ],
    ['an object in a list', { airports: [{}] }, 'row-invalid', `\`lookupKeys.airports[0]\` ${forms}, got an object`],
    [
      'a number that may be rounded',
      { carriers: [1, 2 ** 53] },
      'row-invalid',
      `\`lookupKeys.carriers[1]\` ${forms}, got 9007199254740992`,
    ],
    [
      'what throws',
      () => {
        throw new TypeError('bug');
      },
      'projection-threw',
      'lookupKeys threw TypeError: bug',
    ],
    [
      'what throws when it is read',
      {
        get airports() {
          throw new TypeError('bug');
        },
      },
      'projection-threw',
      'lookupKeys threw TypeError: bug',
    ],
  ])('rejects only the event whose lookupKeys gives %s, under its id', async (_what, answer, reason, detail) => {
    const gathered = gather([event(0, { airports: ['DTW'] }), event(1, answer), event(2, { airports: ['DTW'] })]);
    expect(gathered.items.map(({ kind }) => kind)).toEqual(['event', 'rejection', 'event']);
    expect(gathered.items[1]).toMatchObject({ eventId: 'e1', reason, detail });
    expect([0, 1, 2].map((item) => gathered.asked.get('airports')?.has(item, 'DTW'))).toEqual([true, false, true]);
    expect(gathered.requests).toBe(2);
    // Vitest fails a run in which a rejection was not heard.
    await new Promise(setImmediate);
  });

  it('rejects an event whose key no request can carry, and does not ask for it', () => {
    const key = '\u0001'.repeat(100);
    const bytes = lookupKeyBytes(key);
    const items = [event(0, { airports: [key] }), event(1, { airports: ['DTW'] })];
    expect(gather(items, bytes).keys.get('airports')).toEqual(new Set([key, 'DTW']));
    const gathered = gather(items, bytes - 1);
    expect(gathered.items[0]).toMatchObject({
      reason: 'too-large',
      eventId: 'e0',
      detail: `\`lookupKeys.airports[0]\` takes ${bytes} bytes of a request that holds ${bytes - 1}`,
    });
    expect(gathered.keys.get('airports')).toEqual(new Set(['DTW']));
  });

  it('asks nothing of a projection without lookups', () => {
    const never = () => {
      throw new Error('asked');
    };
    expect(gatherLookupKeys([event(0, {})], { lookups: {}, lookupKeys: never }, 1_000)).toEqual({
      items: [event(0, {})],
      asked: new Map(),
      keys: new Map(),
      requests: 0,
    });
  });
});
