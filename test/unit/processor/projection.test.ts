import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { AnyProjection } from '../../../processor/projection.ts';
import {
  counters,
  defineProjection,
  inserts,
  lookup,
  ndjson,
  ProjectionError,
  versions,
} from '../../../processor/projection.ts';

/** What is told at start-up is what TypeScript did not look at. */
type AnyDeclaration = Partial<AnyProjection>;

const SOUND = {
  name: 'sound',
  schema: z.any(),
  eventId: () => 'id',
  tables: { t: inserts({ columns: { id: 'text' } }) },
  project: () => ({}),
} as const;

function problems(change: Partial<AnyDeclaration>): readonly string[] {
  try {
    defineProjection({ ...SOUND, ...change } as unknown as typeof SOUND);
  } catch (error) {
    if (error instanceof ProjectionError) return error.problems;
    throw error;
  }
  return [];
}

const TYPES =
  "text, boolean, smallint, integer, bigint, numeric, double precision, date, timestamp, timestamptz, time, interval, inet, uuid, jsonb, json, bytea, position, a list such as text[], or sql('...') with the name of any other";
const column = (name: string) => ({ t: inserts({ columns: { [name]: 'text' } }) });
const key = { k: 'text' } as const;
const state = { key, version: { v: 'date' }, columns: {} } as const;
const airports = lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: { city: 'text' } });
const MANY = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`c${index}`, 'text' as const]));

describe('a declaration that cannot work', () => {
  it.each([
    [
      'a name in capitals',
      { name: 'Flights' },
      '`name` must be lower-case letters, digits and hyphens, at most 63, got "Flights"',
    ],
    [
      'rows that are promised',
      // eslint-disable-next-line @typescript-eslint/require-await
      { project: (async () => ({})) as never },
      '`project` must return its result, got an async function; what has to be waited for is a lookup',
    ],
    [
      'a schema that is none',
      { schema: { parse: () => undefined } as never },
      '`schema` must be a Standard Schema, such as one of zod, got an object',
    ],
    [
      'no schema',
      { schema: undefined as never },
      '`schema` must be a Standard Schema, such as one of zod, got nothing',
    ],
    ['no function for the rows', { project: undefined as never }, '`project` must be a function, got nothing'],
    [
      'tables that are none',
      { tables: null as never },
      '`tables` must be an object with a name for each table, got null',
    ],
    [
      'a table that nobody made',
      { tables: { t: { id: 'text' } as never } },
      'table `t` must be what inserts, versions or counters returns, got an object',
    ],
    [
      'a lookup that nobody made',
      { lookups: { airports: undefined as never } },
      'lookup `airports` must be what lookup returns, got nothing',
    ],
    ['no tables', { tables: {} }, '`tables` must name at least one table, got none'],
    [
      'a table with no columns',
      { tables: { t: inserts({ columns: {} }) } },
      'table `t`: expected at least one column, got none',
    ],
    [
      'a table name in quotes',
      { tables: { '"t"': inserts({ columns: key }) } },
      'table `"t"`: expected a name such as orders or sales.orders of letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most 63 bytes, got "\\"t\\""',
    ],
    [
      'a table name in three parts',
      { tables: { 'a.b.c': inserts({ columns: key }) } },
      'table `a.b.c`: expected a name such as orders or sales.orders of letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most 63 bytes, got "a.b.c"',
    ],
    [
      'a column with a space',
      { tables: column('a:b') },
      'table `t`: a column must be a name of letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most 63 bytes, got "a:b"',
    ],
    [
      'a column of an unknown type',
      { tables: { t: inserts({ columns: { a: 'varchar' as 'text' } }) } },
      `table \`t\`: column \`a\` must be of a type from ${TYPES}, with ? behind it where null is allowed, got "varchar"`,
    ],
    [
      'a key that is no column',
      { tables: { t: inserts({ columns: key, key: ['x' as 'k'] }) } },
      'table `t`: `key` names "x", which is not one of its columns',
    ],
    [
      'counters without a key',
      { tables: { t: counters({ key: {}, counters: { n: 'bigint' } }) } },
      'table `t`: `key` must name at least one column, got none',
    ],
    [
      'counters without counters',
      { tables: { t: counters({ key, counters: {} }) } },
      'table `t`: `counters` must name at least one column, got none',
    ],
    [
      'a counter that may be null',
      { tables: { t: counters({ key, counters: { n: 'bigint?' as 'bigint' } }) } },
      'table `t`: `counters` column `n` must not be nullable, got "bigint?"',
    ],
    [
      'a state without a version',
      { tables: { t: versions({ key, version: {}, columns: {} }) } },
      'table `t`: `version` must name at least one column, got none',
    ],
    [
      'a key that may be null',
      { tables: { t: versions({ key: { k: 'text?' as 'text' }, version: { v: 'date' }, columns: {} }) } },
      'table `t`: `key` column `k` must not be nullable, got "text?"',
    ],
    [
      'a column in two parts',
      { tables: { t: versions({ key, version: { v: 'date' }, columns: { k: 'text' } }) } },
      'table `t`: column `k` stands in two parts of the declaration; keep it in one',
    ],
    [
      'rows from a table that is not there',
      { tables: { t: versions({ ...state, from: { table: 'toString' } }) } },
      'table `t`: `from` must name an insert table of this projection, got "toString"',
    ],
    [
      'rows from a table that adds up',
      {
        tables: {
          t: versions({ ...state, from: { table: 'u' } }),
          u: counters({ key: { k: 'text', v: 'date' }, counters: { n: 'bigint' } }),
        },
      },
      'table `t`: `from` must name an insert table of this projection, got "u"',
    ],
    [
      'a column that the other table does not have',
      {
        tables: { t: versions({ ...state, from: { table: 'u', columns: { v: 'x' } } }), u: inserts({ columns: key }) },
      },
      'table `t`: column `v` must be `u.x` of type date, got "no such column"',
    ],
    [
      'a column that may be null in the other table',
      {
        tables: {
          t: versions({ ...state, from: { table: 'u' } }),
          u: inserts({ columns: { ...key, v: 'date?' } }),
        },
      },
      'table `t`: column `v` must be `u.v` of type date, got "date?"',
    ],
    [
      'a name for a column that is not its own',
      {
        tables: {
          t: versions({ ...state, from: { table: 'u', columns: { w: 'v' } } }),
          u: inserts({ columns: { ...key, v: 'date' } }),
        },
      },
      'table `t`: `from.columns` names "w", which is not one of its columns',
    ],
    [
      'a lookup in an unnameable table',
      { lookups: { airports: { ...airports, table: 'air"ports' } } },
      'lookup `airports`: expected a name such as orders or sales.orders of letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most 63 bytes, got "air\\"ports"',
    ],
    [
      'a lookup by an unnameable key',
      { lookups: { airports: { ...airports, key: '' } } },
      'lookup `airports`: `key` must be a name of letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most 63 bytes, got ""',
    ],
    [
      'a lookup under an odd name',
      { lookups: { 'a:b': airports } },
      'lookup `a:b` must be a name of letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most 63 bytes, got "a:b"',
    ],
    [
      'a lookup of too many columns',
      { lookups: { airports: { ...airports, columns: MANY } } },
      'lookup `airports`: `columns` must name at most 100, got 101',
    ],
    [
      'a ledger that is no table',
      { ledger: 'x' },
      '`ledger` must name an insert table whose `key` is one text column, the event id; got "x"',
    ],
    [
      'a ledger without a key',
      { ledger: 't' },
      '`ledger` must name an insert table whose `key` is one text column, the event id; got "t"',
    ],
    [
      'an id that is neither a function nor the position',
      { eventId: 'id' as never },
      '`eventId` must be a function or \'position\', got "id"',
    ],
    [
      'a decoder that was not called',
      { decode: ndjson as never },
      '`decode` must be a decoder, such as ndjson() or custom((bytes) => …), got a function; call it',
    ],
    [
      'a ledger that keeps what is there',
      { ledger: 't', tables: { t: inserts({ columns: { a: 'text' }, key: ['a'], existing: 'keep' }) } },
      'table `t`: `existing` must be left out of the ledger: an event whose row is there is in effect',
    ],
    [
      'a column whose name is a number',
      { tables: column('2024') },
      'table `t`: a column must be a name of letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most 63 bytes, got "2024"',
    ],
    [
      'a key that nothing can be compared with',
      { tables: { t: versions({ key: { a: 'json' }, version: { v: 'integer' }, columns: {} }) } },
      'table `t`: `key` column `a` must be of a type whose values can be compared, got "json"; jsonb is one',
    ],
    [
      'existing rows without a key',
      { tables: { t: inserts({ columns: { a: 'text' }, existing: 'keep' }) } },
      "table `t`: `existing: 'keep'` needs `key`: the columns of the unique key that tells what is there",
    ],
    [
      'existing rows with a key that may be null',
      { tables: { t: inserts({ columns: { a: 'text?' }, key: ['a'], existing: 'keep' }) } },
      "table `t`: `key` column `a` must not be nullable beside `existing: 'keep'`: no row has the key NULL",
    ],
    [
      'existing rows that are to be replaced',
      { tables: { t: inserts({ columns: { a: 'text' }, key: ['a'], existing: 'replace' as 'keep' }) } },
      'table `t`: `existing` must be \'keep\', or left out, got "replace"',
    ],
    [
      'a ledger of two keys',
      { ledger: 't', tables: { t: inserts({ columns: { a: 'text', b: 'text' }, key: ['a', 'b'] }) } },
      '`ledger` must name an insert table whose `key` is one text column, the event id; got "t"',
    ],
    [
      'a ledger whose key is no text',
      { ledger: 't', tables: { t: inserts({ columns: { a: 'uuid' }, key: ['a'] }) } },
      '`ledger` must name an insert table whose `key` is one text column, the event id; got "t"',
    ],
  ] as const)('with %s is refused at start-up', (_what, change: Partial<AnyDeclaration>, problem) => {
    expect(problems({ lookupKeys: () => ({}), ...change })).toEqual([problem]);
  });

  it('with lookups but no keys for them is refused at start-up', () => {
    expect(problems({ lookups: { airports } })).toEqual([
      '`lookupKeys` must be given when there are lookups, got nothing; it says which rows an event needs',
    ]);
  });

  it('is told everything at once', () => {
    const found = problems({ name: '', ledger: 'x', tables: { 'a?b': inserts({ columns: { 'c~d': 'text' } }) } });
    expect(found).toHaveLength(4);
    expect(new ProjectionError(found).message).toBe(
      `the projection is invalid:\n${found.map((problem) => `- ${problem}`).join('\n')}`,
    );
  });
});

describe('a declaration at its bounds', () => {
  const LONGEST = `a${'b'.repeat(62)}`;

  it('may use names of 63 characters and not of 64', () => {
    expect(
      problems({ name: LONGEST, tables: { [`${LONGEST}.${LONGEST}`]: inserts({ columns: { [LONGEST]: 'text' } }) } }),
    ).toEqual([]);
    expect(problems({ name: `${LONGEST}b` })).toHaveLength(1);
    expect(problems({ tables: column(`${LONGEST}b`) })).toHaveLength(1);
    expect(problems({ tables: { [`${LONGEST}b`]: inserts({ columns: key }) } })).toHaveLength(1);
  });

  it('may read 100 columns in a lookup', () => {
    const columns = Object.fromEntries(Object.entries(MANY).slice(0, 100));
    expect(problems({ lookupKeys: () => ({}), lookups: { airports: { ...airports, columns } } })).toEqual([]);
  });

  it('may name columns as SQL does', () => {
    for (const name of ['n', 'select', '_t', 'Order$1', 'v', 'event_id'])
      expect(problems({ tables: column(name) })).toEqual([]);
  });

  it('may use a table of its own as the ledger', () => {
    expect(problems({ ledger: 't', tables: { t: inserts({ columns: { id: 'text' }, key: ['id'] }) } })).toEqual([]);
  });
});

it('gives a projection without lookups empty ones', () => {
  const projection = defineProjection(SOUND);
  expect([projection.lookups, projection.lookupKeys({}), projection.ledger]).toEqual([{}, {}, undefined]);
  expect(Object.isFrozen(projection)).toBe(true);
});
