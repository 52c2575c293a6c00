import { describe, expect, it } from 'vitest';
import type { DecodedItem } from '../../../../processor/decode/item.ts';
import { KeyMisfit, keyShapeOf, lookupKeyText } from '../../../../processor/lookup/key-text.ts';
import type { LookupPlan } from '../../../../processor/lookup/lookup-keys.ts';
import { gatherLookupKeys, lookupKeyBytes } from '../../../../processor/lookup/lookup-keys.ts';
import type { FoundRows } from '../../../../processor/lookup/read-lookups.ts';
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
    expect(lookupKeyText(keyShapeOf({ key: 'k', keyType }), key)).toBe(text);
  });

  it.each([
    ['text', 'a\0'],
    ['text', '\ud800'],
    ['text', null],
    ['text', undefined],
    ['text', true],
    ['uuid', UUID.slice(1)],
    ['uuid', `{${UUID}}`],
    ['integer', 2_147_483_648],
    ['integer', -2_147_483_649],
    ['integer', 1.5],
    ['integer', ''],
    ['integer', ' 1'],
    ['bigint', 9_223_372_036_854_775_808n],
    ['bigint', '-9223372036854775809'],
  ] as const)('of type %s is none when it is %o', (keyType, key) => {
    expect(lookupKeyText(keyShapeOf({ key: 'k', keyType }), key)).toBeUndefined();
  });
});

describe('a key of any other type', () => {
  it.each([
    ['citext', 'Ann', 'Ann'],
    ['char', 'DTW  ', 'DTW  '],
    ['boolean', true, 'true'],
    ['smallint', 32_767, '32767'],
    ['numeric', '1.0', '1.0'],
    ['numeric', 10n ** 30n, '1000000000000000000000000000000'],
    ['numeric', 1e-7, '1e-7'],
    ['numeric', '.5', '.5'],
    ['numeric', '+1.e5', '+1.e5'],
    ['date', '2001-02-28', '2001-02-28'],
    ['timestamp', '2001-01-31 10:00:00', '2001-01-31 10:00:00'],
    ['timestamptz', '2001-01-31T10:00:00Z', '2001-01-31T10:00:00Z'],
  ] as const)('%s takes %s', (keyType, key, text) => {
    expect(lookupKeyText(keyShapeOf({ key: 'k', keyType }), key)).toBe(text);
  });

  it.each([
    ['boolean', 'yes'],
    ['smallint', 32_768],
    ['numeric', '1e1000'],
    ['numeric', 'NaN'],
    ['numeric', '.'],
    ['date', '2001-02-29'],
    ['date', 'today'],
    ['timestamp', '2001-01-31 10:00:00+01'],
    ['timestamptz', '2001-01-31 10:00:00'],
  ] as const)('%s is none when it is %o', (keyType, key) => {
    expect(lookupKeyText(keyShapeOf({ key: 'k', keyType }), key)).toBeUndefined();
  });
});

describe('a key of several values', () => {
  const shape = keyShapeOf({ key: ['shop', 'sku'], keyType: ['text', 'integer'] });

  it('is the JSON of its values, each in its one form', () => {
    expect(lookupKeyText(shape, ['s1', '007'])).toBe('["s1","7"]');
    expect(lookupKeyText(shape, ['"],["', 7])).toBe('["\\"],[\\"","7"]');
  });

  it.each([[['s1', null]], [['s1', undefined]], [['s1', 'x']], [[null, null]], [['\0', 1]]])(
    'is of no row in %o',
    (key) => {
      expect(lookupKeyText(shape, key)).toBeUndefined();
    },
  );

  it.each([
    [['s1'], '', 'must be a list of the values of `shop`, `sku`, got a list of 1'],
    [['s1', 1, 2], '', 'must be a list of the values of `shop`, `sku`, got a list of 3'],
    ['s1', '', 'must be a list of the values of `shop`, `sku`, got "s1"'],
    [{ shop: 's1' }, '', 'must be a list of the values of `shop`, `sku`, got an object'],
    [['s1', {}], '[1]', 'must be text, a bigint or a number up to 2^53, got an object'],
    [[2 ** 53, 1], '[0]', 'must be text, a bigint or a number up to 2^53, got 9007199254740992'],
  ])('is a mistake in %o', (key, path, detail) => {
    expect(lookupKeyText(shape, key)).toEqual(new KeyMisfit(path, detail));
  });

  it('may be a list of one', () => {
    expect(lookupKeyText(keyShapeOf({ key: ['id'], keyType: ['text'] }), ['a'])).toBe('["a"]');
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
    gatherLookupKeys(items, { lookups, lookupKeys }, { maxKeyBytes, resolved: new Map(), isLast: false });

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
    const context = { maxKeyBytes: 1_000, resolved: new Map() as FoundRows, isLast: false };
    const never = () => {
      throw new Error('asked');
    };
    expect(gatherLookupKeys([event(0, {})], { lookups: {}, lookupKeys: never }, context)).toEqual({
      items: [event(0, {})],
      asked: new Map(),
      keys: new Map(),
      requests: 0,
      isUnfinished: false,
    });
  });

  it('names the value that is wrong in a key of several', () => {
    const prices = lookup({
      table: 'p',
      key: ['shop', 'sku'],
      keyType: ['text', 'text'],
      columns: { cents: 'integer' },
    });
    const plan = { lookups: { prices }, lookupKeys } as LookupPlan;
    const keys = [[['a', 'b']], [['a']], [['a', {}]], ['["a","b"]']];
    const { items, requests } = gatherLookupKeys(
      keys.map((given, n) => event(n, { prices: given })),
      plan,
      { maxKeyBytes: 1_000, resolved: new Map(), isLast: false },
    );
    expect(requests).toBe(1);
    expect(items.slice(1)).toMatchObject([
      { detail: '`lookupKeys.prices[0]` must be a list of the values of `shop`, `sku`, got a list of 1' },
      { detail: `\`lookupKeys.prices[0][1]\` ${forms}, got an object` },
      { detail: '`lookupKeys.prices[0]` must be a list of the values of `shop`, `sku`, got "[\\"a\\",\\"b\\"]"' },
    ]);
  });
});

describe('keys that come from the rows of other lookups', () => {
  const customers = lookup({ table: 'customers', key: 'id', keyType: 'text', columns: { region: 'text?' } });
  const regions = lookup({ table: 'regions', key: 'id', keyType: 'text', columns: { name: 'text' } });
  const event = (n: number, value: object): DecodedItem => ({
    kind: 'event',
    origin: origin(n),
    eventId: `e${n}`,
    event: value,
  });
  const chained = {
    lookups: { customers, regions },
    lookupKeys: (event: unknown, lookups: Readonly<Record<string, (key: unknown) => unknown>>) => {
      const { id, forgets } = event as { id: string; forgets?: boolean };
      const row = lookups['customers']?.(id) as { region: string } | undefined;
      return { customers: forgets === true ? [] : [id], regions: [row?.region] };
    },
  };
  const gather = (items: readonly DecodedItem[], rows: Record<string, unknown>, isLast = false) =>
    gatherLookupKeys(items, chained, {
      maxKeyBytes: 1_000,
      resolved: new Map([['customers', new Map(Object.entries(rows))]]),
      isLast,
    });

  it('are asked for once those rows are read', () => {
    const items = [event(0, { id: 'a' }), event(1, { id: 'b' }), event(2, { id: 'none' })];
    const first = gather(items, {});
    expect([first.isUnfinished, first.keys.get('regions')]).toEqual([true, new Set()]);
    const second = gather(items, { a: { region: 'r1' }, b: { region: null }, none: null });
    expect([second.isUnfinished, second.keys.get('regions')]).toEqual([false, new Set(['r1'])]);
    expect(second.asked.get('regions')?.has(0, 'r1')).toBe(true);
    expect(second.asked.get('regions')?.has(1, 'r1')).toBe(false);
  });

  it.each([{}, { a: { region: 'r1' } }])(
    'need the event to ask for those rows itself, whatever others ask for',
    (rows) => {
      const { items } = gather([event(0, { id: 'a', forgets: true }), event(1, { id: 'a' })], rows);
      expect(items).toMatchObject([
        { kind: 'rejection', detail: 'lookup `customers` was not asked for "a"; add the key to lookupKeys' },
        { kind: 'event' },
      ]);
    },
  );

  it('end somewhere', () => {
    expect(gather([event(0, { id: 'a' })], {}, true).items).toMatchObject([
      { kind: 'rejection', reason: 'row-invalid', detail: '`lookupKeys` chains too many lookups' },
    ]);
  });
});
