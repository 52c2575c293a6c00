import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { processBatch } from '../../../processor/process-batch.ts';
import { defineProjection, inserts, lookup, remove, sql, versions } from '../../../processor/projection.ts';
import type { ColumnType } from '../../../processor/tables/column-type.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const UUID = '0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11';

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');`);
});

afterAll(() => database.close());

let tables = 0;

/** Writes one value into a column; what is stored of it, or why it is quarantined. */
async function write(column: string, type: ColumnType, value: unknown): Promise<string | null | undefined> {
  const table = `column_${(tables += 1)}`;
  await database.query(`CREATE TABLE ${table} (id text, v ${column})`);
  const projection = defineProjection({
    name: table.replace('_', '-'),
    schema: z.object({ id: z.string() }),
    eventId: ({ id }) => id,
    tables: { [table]: inserts({ columns: { id: 'text', v: type } }) },
    project: ({ id }) => ({ [table]: { id, v: value as never } }),
  });
  const { rejections, hold } = await processBatch(
    [kinesisRecord({ data: { id: 'a' }, index: 0 })],
    database.createEngine(projection),
    () => 30_000,
  );
  expect(hold).toBeUndefined();
  const [rejection] = rejections;
  if (rejection !== undefined) return `quarantined ${rejection.rejection.sqlState ?? rejection.rejection.reason}`;
  const [row] = await database.query(`SELECT v::text FROM ${table}`);
  return row?.['v'] as string | null | undefined;
}

describe('a column of any type', () => {
  it.each<[string, ColumnType, unknown, string | null]>([
    ['mood', sql('mood'), 'ok', 'ok'],
    ['mood', sql('mood?'), null, null],
    ['mood', sql('mood'), 'angry', 'quarantined 22P02'],
    ['mood[]', sql('mood[]'), '{ok,sad}', '{ok,sad}'],
    ['text[]', 'text[]', ['a', 'b,c', null, 'NULL', ''], '{a,"b,c",NULL,"NULL",""}'],
    ['text[]', 'text[]?', null, null],
    ['integer[]', 'integer[]', [1, 2], '{1,2}'],
    ['bigint[]', 'bigint[]', [2n ** 62n, null], '{4611686018427387904,NULL}'],
    ['uuid[]', 'uuid[]', [UUID], `{${UUID}}`],
    ['boolean[]', 'boolean[]', [true, false], '{t,f}'],
    ['timestamptz[]', 'timestamptz[]', ['2024-01-01T00:00:00Z'], '{"2024-01-01 00:00:00+00"}'],
    ['jsonb[]', 'jsonb[]', [{ a: '"' }], '{"{\\"a\\": \\"\\\\\\"\\"}"}'],
    ['bytea[]', 'bytea[]', [new Uint8Array([0, 255])], '{"\\\\x00ff"}'],
    ['text[]', 'text[]', ['nul \0'], 'quarantined row-invalid'],
    // The address, as a cast to text prints it.
    ['inet', 'inet', '10.0.0.1', '10.0.0.1/32'],
    ['inet', 'inet', '10.0.0.300', 'quarantined 22P02'],
    ['interval', 'interval', '1 day', '1 day'],
    ['interval', 'interval', 'PT1H', '01:00:00'],
    ['time', 'time', '10:00', '10:00:00'],
    ['point', sql('point'), '(1,2)', '(1,2)'],
    ['int4range', sql('int4range'), '[1,5)', '[1,5)'],
    ['bit(3)', sql('bit(3)'), '101', '101'],
    ['mood[]', sql('mood[]'), ['ok', null, 'sad'], '{ok,NULL,sad}'],
    ['mood[]', sql('mood[]'), '{ok}', '{ok}'],
    ['mood[]', sql('mood[]'), ['angry'], 'quarantined 22P02'],
    [
      'integer[]',
      'integer[]',
      [
        [1, 2],
        [3, null],
      ],
      '{{1,2},{3,NULL}}',
    ],
    ['integer[]', 'integer[]', [[1, 2], [3]], 'quarantined 22P02'],
    ['jsonb[]', 'jsonb[]', [[1, 2], 'x', null], '{"[1, 2]","\\"x\\"",NULL}'],
    ['bit(3)', sql('bit(3)'), '1011', 'quarantined 22026'],
    ['xml', sql('xml'), '<a/>', '<a/>'],
    ['tsvector', sql('tsvector'), 'a b', "'a' 'b'"],
    ['json', 'json', { b: 1, a: 2 }, '{"a": 2, "b": 1}'],
    ['json', 'json?', null, null],
    ['numeric(10,2)', sql('numeric(10,2)'), '1.005', '1.01'],
    ['varchar(3)', sql('varchar(3)'), 'abcd', 'quarantined 22001'],
    ['char(3)', sql('char(3)'), 'abcd', 'quarantined 22001'],
    ['email', sql('email'), 'nope', 'quarantined 23514'],
    ['email', sql('email'), 'a@example.com', 'a@example.com'],
    [
      'timestamp(0) with time zone',
      sql('timestamp(0) with time zone'),
      '2024-01-01T00:00:00Z',
      '2024-01-01 00:00:00+00',
    ],
  ])('%s, declared %s, given %o, becomes %s', async (column, type, value, stored) => {
    expect(await write(column, type, value)).toBe(stored);
  });
});

it('a lookup returns lists as lists, and any other type as text', async () => {
  await database.query(`CREATE TABLE places (id text PRIMARY KEY, tags text[], sizes double precision[], ids bigint[], m mood, icons bytea[]);
    INSERT INTO places VALUES ('p', '{a,NULL}', '{1.5,NaN}', '{9007199254740993}', 'ok', ARRAY['\\x00ff'::bytea, NULL]);
    CREATE TABLE seen (id text, body jsonb, tags text[], m mood);`);
  const projection = defineProjection({
    name: 'seen',
    schema: z.object({ id: z.string() }),
    eventId: ({ id }) => id,
    lookups: {
      places: lookup({
        table: 'places',
        key: 'id',
        keyType: 'text',
        columns: { tags: 'text[]', sizes: 'double precision[]', ids: 'bigint[]', m: sql('mood'), icons: 'bytea[]' },
      }),
    },
    lookupKeys: () => ({ places: ['p'] }),
    tables: { seen: inserts({ columns: { id: 'text', body: 'jsonb', tags: 'text[]', m: sql('mood') } }) },
    project: ({ id }, { places }) => {
      const { tags, sizes, ids, m, icons } = places('p');
      return { seen: { id, tags, m, body: { sizes: sizes.map(String), ids, icons } } };
    },
  });
  const records = [kinesisRecord({ data: { id: 'a' }, index: 0 })];
  expect(await processBatch(records, database.createEngine(projection), () => 30_000)).toMatchObject({ written: 1 });
  expect(await database.query('SELECT tags, m::text, body FROM seen')).toEqual([
    { tags: ['a', null], m: 'ok', body: { sizes: ['1.5', 'NaN'], ids: ['9007199254740993'], icons: ['AP8=', null] } },
  ]);
});

it('versions are compared as their column rounds them, also within a batch', async () => {
  await database.query('CREATE TABLE prices (sku text PRIMARY KEY, at numeric(6,2), cents integer)');
  const projection = defineProjection({
    name: 'prices',
    schema: z.object({ id: z.string(), at: z.string(), cents: z.int() }),
    eventId: ({ id }) => id,
    tables: {
      prices: versions({ key: { sku: 'text' }, version: { at: sql('numeric(6,2)') }, columns: { cents: 'integer' } }),
    },
    project: ({ at, cents }) => ({ prices: { sku: 'tea', at, cents } }),
  });
  const events = [
    { id: 'p1', at: '1.004', cents: 1 },
    { id: 'p2', at: '1.001', cents: 2 },
  ];
  const records = events.map((data, index) => kinesisRecord({ data, index }));
  await processBatch(records, database.createEngine(projection), () => 30_000);
  // Of equal versions the later in the stream wins.
  expect(await database.query('SELECT at::text, cents FROM prices')).toEqual([{ at: '1.00', cents: 2 }]);
});

it('keys and versions of any type meet their tombstones, and patches keep lists whole', async () => {
  await database.query(
    `CREATE TABLE moods (amount numeric, m mood, at timestamptz, tags text[], span int4range, PRIMARY KEY (amount, m))`,
  );
  const change = z.object({
    id: z.string(),
    amount: z.string(),
    at: z.string(),
    tags: z.array(z.string()).optional(),
    span: z.string().optional(),
    gone: z.boolean().optional(),
  });
  const projection = defineProjection({
    name: 'moods',
    schema: change,
    eventId: ({ id }) => id,
    tables: {
      moods: versions({
        key: { amount: 'numeric', m: sql('mood') },
        version: { at: 'timestamptz' },
        columns: { tags: 'text[]?', span: sql('int4range?') },
        patch: true,
      }),
    },
    project: ({ amount, at, gone, tags, span }) => ({
      moods: gone === true ? remove({ amount, m: 'ok', at }) : { amount, m: 'ok', at, tags, span },
    }),
  });
  const engine = database.createEngine(projection);
  const run = (...events: readonly z.infer<typeof change>[]) =>
    processBatch(
      events.map((data, index) => kinesisRecord({ data, index })),
      engine,
      () => 30_000,
    );
  const stored = () => database.query('SELECT trim_scale(amount)::text AS amount, tags, span::text FROM moods');
  await run(
    { id: '1', amount: '1.0', at: '2024-01-01T00:00:00Z', tags: ['a', 'b'] },
    { id: '2', amount: '1.00', at: '2024-01-01T01:00:00Z', span: '[1,5)' },
    { id: '3', amount: '1', at: '2024-01-01T02:00:00Z', tags: ['c'] },
  );
  expect(await stored()).toEqual([{ amount: '1', tags: ['c'], span: '[1,5)' }]);
  await run({ id: '4', amount: '1.000', at: '2024-01-01T05:00:00+02:00', gone: true });
  expect(await stored()).toEqual([]);
  // The same moment in another zone, and a moment before it.
  expect(await run({ id: '5', amount: '1', at: '2024-01-01T02:59:59Z', tags: [] })).toMatchObject({ superseded: 1 });
  expect(await stored()).toEqual([]);
  expect(await run({ id: '6', amount: '1', at: '2024-01-01T03:00:00Z', tags: [] })).toMatchObject({ written: 1 });
  expect(await stored()).toEqual([{ amount: '1', tags: [], span: null }]);
});
