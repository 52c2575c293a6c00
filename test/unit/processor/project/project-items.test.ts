import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { compileProjection } from '../../../../processor/compile-projection.ts';
import type { DecodedItem } from '../../../../processor/decode/item.ts';
import type { ResolvedLookups } from '../../../../processor/lookup/lookup-accessors.ts';
import type { EncodedBatch } from '../../../../processor/project/project-items.ts';
import { projectItems } from '../../../../processor/project/project-items.ts';
import { defineProjection, inserts, lookup, versions } from '../../../../processor/projection.ts';
import { AmbiguousKey } from '../../../../processor/ports.ts';
import { askedKeys } from '../../../support/asked-keys.ts';
import { origin } from '../../../support/encoded-event.ts';
import { rowTexts } from '../../../support/row-texts.ts';
import { collectUnhandledRejections } from '../../../support/unhandled-rejections.ts';

interface Options {
  readonly absent?: 'reject' | 'undefined';
  readonly ledger?: 'flights';
  readonly maxItemBytes?: number;
  readonly resolved?: ResolvedLookups;
  /** Keys of airports that the event at an index asks for. */
  readonly asks?: (n: number) => readonly string[];
}

const RESOLVED: ResolvedLookups = new Map([
  [
    'airports',
    new Map<string, unknown>([
      ['DTW', { city: 'Detroit' }],
      ['XXX', null],
      ['DUP', new AmbiguousKey(2)],
    ]),
  ],
]);

const NEWEST_FROM = { table: 'flights', columns: { no: 'id' } } as const;

/** A row whose text is never there. */
class LateNote {
  readonly data = null;
  get id(): unknown {
    return Promise.reject(new Error('late'));
  }
}

/** Projects events that are themselves what the projection returns, or a function that returns it. */
function project(events: readonly unknown[], options: Options = {}): EncodedBatch {
  const columns = { id: 'text', data: 'jsonb?' } as const;
  const projection = defineProjection({
    name: 'test',
    schema: z.any(),
    eventId: () => '',
    lookups: {
      airports: lookup({
        table: 'airports',
        key: 'iata',
        keyType: 'text',
        columns: { city: 'text' },
        absent: options.absent ?? 'reject',
      }),
    },
    lookupKeys: () => ({ airports: [] }),
    tables: {
      newest: versions({ key: { id: 'text' }, version: { no: 'text' }, columns: {}, from: NEWEST_FROM }),
      flights: inserts({ columns, key: ['id'] }),
      notes: inserts({ columns }),
    },
    ...(options.ledger && { ledger: options.ledger }),
    project: (event: unknown, lookups) =>
      (typeof event === 'function' ? (event as (given: typeof lookups) => unknown)(lookups) : event) as object,
  });
  const items = events.map((event, n): DecodedItem => ({ kind: 'event', origin: origin(n), eventId: `e${n}`, event }));
  return projectItems(items, compileProjection(projection).step, {
    resolved: options.resolved ?? RESOLVED,
    asked: new Map([['airports', askedKeys(...events.map((_, n) => options.asks?.(n) ?? ['DTW', 'XXX', 'DUP']))]]),
    encoding: { shardId: 's', codeVersion: 'v', maxItemBytes: options.maxItemBytes ?? 100_000 },
  });
}

/** Per item: why it is rejected, or its rows per table. */
function verdicts({ items, rows }: EncodedBatch): unknown[] {
  return items.map((item, n) =>
    item.kind === 'rejection' ? [item.rejection.reason, item.rejection.detail] : rowTexts(rows, n, [0, 1]),
  );
}

describe('an event without rows', () => {
  it.each([[{}], [{ flights: [] }], [{ flights: [], notes: [] }], [{ flights: undefined }]])(
    'is skipped as no-rows: %o',
    (projected) => {
      const { items, rows } = project([projected, { notes: [{ id: 'n', data: null }] }]);
      expect(items).toMatchObject([{ kind: 'skip', reason: 'no-rows' }, { kind: 'event' }]);
      expect(rowTexts(rows, 0, [0, 1, 2])).toEqual(['', '', '']);
    },
  );

  it('is rejected where a table is the ledger, which must get its row', () => {
    const { items } = project([{}], { ledger: 'flights' });
    expect(items).toMatchObject([{ kind: 'rejection', rejection: { reason: 'row-invalid' } }]);
  });
});

describe('what a projection returns', () => {
  it('may be one row, several or none per table', () => {
    const row = (id: string) => ({ id, data: null });
    const batch = project([{ flights: row('a') }, { flights: [row('a'), row('b')], notes: [] }, {}]);
    expect(verdicts(batch)).toEqual([
      ['[0,"a",null]', ''],
      ['[1,"a",null],[1,"b",null]', ''],
      ['', ''],
    ]);
    expect(rowTexts(batch.rows, 0, [2])).toEqual(['[0,"e0"]']);
  });

  it.each([
    ['nothing', undefined, '`project` must return rows by table, got nothing'],
    ['null', null, '`project` must return rows by table, got null'],
    ['a text', 'x', '`project` must return rows by table, got "x"'],
    ['a list', [], '`project` must return rows by table, got a list'],
    ['a Map', new Map([['flights', {}]]), '`project` must return rows by table, got a value of type Map'],
    [
      'what only looks like a promise',
      { then: () => undefined },
      '`project` must return rows by table, got a promise; it must not be async',
    ],
    ['a promise', Promise.resolve({}), '`project` must return rows by table, got a promise; it must not be async'],
    ['a table that is not declared', { planes: {} }, 'the projection declares no table `planes`'],
    [
      'a row for a table that takes its rows from another',
      { flights: { id: 'a', data: 1 }, newest: { id: 'a', no: 'a' } },
      '`newest` takes its rows from `flights`; leave it out',
    ],
    ['no row for a table', { flights: null }, '`flights` must be a row, got null'],
    [
      'a row without a column',
      { flights: [{ id: 'a', data: 1 }, { id: 'a' }] },
      /^`flights.data` must be a JSON value/,
    ],
  ])('rejects the event alone when it is %s', (_what, returned, detail) => {
    const { items, rows } = project([() => returned, { flights: { id: 'a', data: 1 } }]);
    expect(items[0]).toMatchObject({
      kind: 'rejection',
      rejection: {
        reason: 'row-invalid',
        detail: detail instanceof RegExp ? (expect.stringMatching(detail) as string) : detail,
      },
    });
    expect(rowTexts(rows, 0, [0, 1, 2])).toEqual(['', '', '']);
    expect(rowTexts(rows, 1, [0, 1, 2])).toEqual(['[1,"a",1]', '', '[1,"e1"]']);
  });

  it('rejects the event alone when the projection, or a row of it, throws', () => {
    const thrower = () => {
      throw new RangeError('too far');
    };
    const getter = {
      flights: {
        get id() {
          return thrower();
        },
        data: null,
      },
    };
    const toJson = { flights: { id: 'a', data: { toJSON: thrower } } };
    for (const event of [
      thrower,
      getter,
      toJson,
      {
        flights: {
          id: 'a',
          data: {
            a: {
              get b() {
                return thrower();
              },
            },
          },
        },
      },
    ]) {
      expect(verdicts(project([event, {}]))).toEqual([
        ['projection-threw', 'RangeError: too far'],
        ['', ''],
      ]);
    }
  });
});

describe('a reference row', () => {
  const ask = (key: unknown) => (lookups: { airports: (key: unknown) => { city: string } | undefined }) => ({
    flights: { id: 'a', data: lookups.airports(key)?.city ?? 'unknown' },
  });

  it('is given to the projection by its key', () => {
    expect(verdicts(project([ask('DTW')]))).toEqual([['[0,"a","Detroit"]', '']]);
  });

  it('that does not exist rejects the event, or is undefined where the lookup says so', () => {
    expect(verdicts(project([ask('XXX')]))).toEqual([['lookup-absent', '`airports` has no row for "XXX"']]);
    expect(verdicts(project([ask('XXX')], { absent: 'undefined' }))).toEqual([['[0,"a","unknown"]', '']]);
  });

  it('cannot exist for a key of the wrong kind', () => {
    expect(verdicts(project([ask(null), ask('\0')]))).toEqual([
      ['lookup-absent', '`airports` has no row for null'],
      ['lookup-absent', '`airports` has no row for "\\u0000"'],
    ]);
  });

  it('that has to be one of several is none', () => {
    const detail = '`airports` has 2 rows whose `iata` is "DUP"; a lookup needs a unique key';
    for (const absent of ['reject', 'undefined'] as const) {
      expect(verdicts(project([ask('DUP')], { absent }))).toEqual([['lookup-ambiguous', detail]]);
    }
  });

  it('that was not asked for is a bug that says how to mend it', () => {
    const detail = 'Error: lookup `airports` was not asked for "ABE"; add the key to lookupKeys';
    expect(verdicts(project([ask('ABE')]))).toEqual([['projection-threw', detail]]);
    expect(verdicts(project([ask('ABE')], { resolved: new Map() }))).toEqual([['projection-threw', detail]]);
  });

  it('is given to no event that did not ask for it, whichever events are beside it', () => {
    const asks = (n: number) => (n === 1 ? [] : ['DTW']);
    expect(verdicts(project([ask('DTW'), ask('DTW'), ask('DTW')], { asks }))).toEqual([
      ['[0,"a","Detroit"]', ''],
      ['projection-threw', 'Error: lookup `airports` was not asked for "DTW"; add the key to lookupKeys'],
      ['[2,"a","Detroit"]', ''],
    ]);
  });

  it.each([
    [Promise.resolve('DTW'), 'a promise; await it'],
    [{ iata: 'DTW' }, 'an object'],
    [2 ** 53, '9007199254740992'],
  ])('is not asked for with %o', (key, got) => {
    const detail = `TypeError: a key of lookup \`airports\` must be text, a bigint or a number up to 2^53, got ${got}`;
    expect(verdicts(project([ask(key)], { absent: 'undefined' }))).toEqual([['projection-threw', detail]]);
  });
});

describe('a promise', () => {
  const late = collectUnhandledRejections();

  const failing = (): never => Promise.reject(new Error('late')) as never;
  const wrapper = (): unknown => {
    const inner = failing() as Promise<never>;
    return { then: inner.then.bind(inner) };
  };

  it.each([
    [
      'in a column',
      () => ({ notes: { id: failing(), data: null } }),
      '`notes.id` must be a string, got a promise; await it',
    ],
    [
      'of another library',
      () => ({ notes: { id: wrapper(), data: null } }),
      '`notes.id` must be a string, got a promise; await it',
    ],
    [
      'that a getter makes',
      () => ({ notes: new LateNote() as object }),
      '`notes.id` must be a string, got a promise; await it',
    ],
    [
      'in jsonb',
      () => ({ notes: { id: 'a', data: { b: [{ c: failing() }] } } }),
      /its `b\[0\]\.c` is a promise; await it$/,
    ],
    ['as a row', () => ({ notes: failing() }), '`notes` must be a row, got a promise; await it'],
    [
      'in a list of rows',
      () => ({ notes: [{ id: 'a', data: 1 }, failing()] }),
      '`notes` must be a row, got a promise; await it',
    ],
    [
      'for a list of rows',
      () => ({ flights: failing(), notes: [] }),
      '`flights` must be a row, got a promise; await it',
    ],
    [
      'behind what is wrong already',
      () => ({ flights: 5, notes: { id: 1, data: [new Map([[failing(), failing()]])] } }),
      '`flights` must be a row, got 5',
    ],
    [
      'in a column too many',
      () => ({ notes: { id: 'a', data: null, more: failing() } }),
      '`notes` has no column `more`; declare it or leave it out',
    ],
    ['for a table too many', () => ({ planes: [failing()] }), 'the projection declares no table `planes`'],
    [
      'in what throws when it is looked at',
      () => ({
        notes: new Proxy(
          { id: failing() },
          {
            ownKeys: () => {
              throw new Error('no');
            },
          },
        ),
      }),
      /^`notes.id` must be a string, got a promise/,
    ],
  ] as readonly (readonly [string, () => object, string | RegExp])[])(
    '%s rejects the event alone, and is heard when it fails',
    async (_where, returned, detail) => {
      const [first, second] = verdicts(project([returned, { notes: { id: 'b', data: null } }])) as [
        [string, string],
        unknown,
      ];
      expect(first[0]).toBe('row-invalid');
      if (detail instanceof RegExp) expect(first[1]).toMatch(detail);
      else expect(first[1]).toBe(detail);
      expect(second).toEqual(['', '[1,"b",null]']);
      await new Promise(setImmediate);
      expect(late).toEqual([]);
    },
  );

  it('is heard also when a row throws, and behind a `toJSON` that hides it', async () => {
    const thrower = {
      get id() {
        throw new Error('bug');
      },
      data: failing(),
    };
    const hiding = { note: failing(), toJSON: () => 'fine' };
    expect(verdicts(project([() => ({ notes: thrower }), { notes: { id: 'a', data: hiding } }]))).toEqual([
      ['projection-threw', 'Error: bug'],
      ['', '[1,"a","fine"]'],
    ]);
    await new Promise(setImmediate);
    expect(late).toEqual([]);
  });
});

describe('a name that every object has a member of', () => {
  const NAMES = Object.getOwnPropertyNames(Object.prototype);

  it.each(NAMES)('%s is a table, a column and a lookup like any other', (name) => {
    const projection = defineProjection({
      name: 'names',
      schema: z.any(),
      eventId: () => '',
      lookups: { [name]: lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: { city: 'text' } }) },
      lookupKeys: () => ({}),
      tables: { [name]: inserts({ columns: { [name]: 'text' } }), other: inserts({ columns: { id: 'text' } }) },
      project: (event: unknown) => event as object,
    });
    const events = [{ other: { id: 'a' } }, { [name]: { [name]: 'b' } }, { [name]: {} }];
    const items = events.map((event, n): DecodedItem => ({
      kind: 'event',
      origin: origin(n),
      eventId: `e${n}`,
      event,
    }));
    const asked = new Map([[name, askedKeys([], [], [])]]);
    const encoding = { shardId: 's', codeVersion: 'v', maxItemBytes: 100_000 };
    const batch = projectItems(items, compileProjection(projection).step, { resolved: new Map(), asked, encoding });
    expect(verdicts(batch)).toEqual([
      ['', '[0,"a"]'],
      ['[1,"b"]', ''],
      ['row-invalid', `\`${name}.${name}\` must be a string, got nothing`],
    ]);
  });
});

describe('a table that is the ledger', () => {
  const DETAIL = '`flights` is the ledger: it must get one row whose `id` is the event id';

  it('gets exactly one row under the event id', () => {
    const good = { flights: { id: 'e0', data: null } };
    expect(verdicts(project([good], { ledger: 'flights' }))).toEqual([['[0,"e0",null]', '']]);
    for (const bad of [{}, { flights: { id: 'other', data: null } }, { flights: [{ id: 'e0', data: null }] }]) {
      expect(verdicts(project([bad], { ledger: 'flights' }))).toEqual([['row-invalid', DETAIL]]);
    }
  });
});

describe('the size of an event', () => {
  it('is accepted at the limit and rejected above it, with what it takes', () => {
    const event = { flights: { id: 'x'.repeat(100), data: null } };
    const [{ bytes } = { bytes: 0 }] = project([event]).items;
    expect(project([event], { maxItemBytes: bytes }).items[0]?.kind).toBe('event');
    expect(verdicts(project([event], { maxItemBytes: bytes - 1 }))).toEqual([
      ['too-large', `its rows take ${bytes} bytes of a request that holds ${bytes - 1}`],
    ]);
  });
});

it('passes on every event of one id, because only the database knows which was accepted', () => {
  const { step } = compileProjection(
    defineProjection({
      name: 'same',
      schema: z.number(),
      eventId: () => 'same',
      tables: { t: inserts({ columns: { id: 'integer' } }) },
      project: (event) => ({ t: { id: event } }),
    }),
  );
  const items = [1, 2].map((event, n): DecodedItem => ({ kind: 'event', origin: origin(n), eventId: 'same', event }));
  const encoding = { shardId: 's', codeVersion: 'v', maxItemBytes: 1000 };
  const { rows } = projectItems(items, step, { resolved: new Map(), asked: new Map(), encoding });
  expect(rowTexts(rows, 0, [0, 1])).toEqual(['[0,1]', '[0,"same"]']);
  expect(rowTexts(rows, 1, [0, 1])).toEqual(['[1,2]', '[1,"same"]']);
});
