import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { compileProjection } from '../../../../processor/compile-projection.ts';
import type { DecodedItem } from '../../../../processor/decode/item.ts';
import type { ResolvedLookups } from '../../../../processor/lookup/lookup-keys.ts';
import type { EncodedBatch } from '../../../../processor/project/project-items.ts';
import { projectItems } from '../../../../processor/project/project-items.ts';
import { defineProjection, inserts, lookup, versions } from '../../../../processor/projection.ts';
import { origin } from '../../../support/encoded-event.ts';
import { rowTexts } from '../../../support/row-texts.ts';

interface Options {
  readonly absent?: 'reject' | 'undefined';
  readonly ledger?: 'flights';
  readonly maxItemBytes?: number;
  readonly resolved?: ResolvedLookups;
}

const RESOLVED: ResolvedLookups = new Map([
  [
    'airports',
    new Map([
      ['DTW', { city: 'Detroit' }],
      ['XXX', null],
    ]),
  ],
]);

const NEWEST_FROM = { table: 'flights', columns: { no: 'id' } } as const;

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
    encoding: { shardId: 's', codeVersion: 'v', maxItemBytes: options.maxItemBytes ?? 100_000 },
  });
}

/** Per item: why it is rejected, or its rows per table. */
function verdicts({ items, rows }: EncodedBatch): unknown[] {
  return items.map((item, n) =>
    item.kind === 'rejection' ? [item.rejection.reason, item.rejection.detail] : rowTexts(rows, n, [0, 1]),
  );
}

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
    ['nothing', undefined, '`project` must return rows by table, got undefined'],
    ['null', null, '`project` must return rows by table, got null'],
    ['a text', 'x', '`project` must return rows by table, got string'],
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
    expect(verdicts(project([toJson]))[0]).toMatchObject({ 0: 'row-invalid' });
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

  it('that was not asked for is a bug that says how to mend it', () => {
    const detail = 'Error: lookup `airports` was not asked for "ABE"; add the key to lookupKeys';
    expect(verdicts(project([ask('ABE')]))).toEqual([['projection-threw', detail]]);
    expect(verdicts(project([ask('ABE')], { resolved: new Map() }))).toEqual([['projection-threw', detail]]);
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
  const { rows } = projectItems(items, step, { resolved: new Map(), encoding });
  expect(rowTexts(rows, 0, [0, 1])).toEqual(['[0,1]', '[0,"same"]']);
  expect(rowTexts(rows, 1, [0, 1])).toEqual(['[1,2]', '[1,"same"]']);
});
