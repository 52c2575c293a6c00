import type { Field } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataApi, refusalOf, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi();
  await world.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')");
  await world.execute('CREATE TYPE address AS (street text, zip text)');
  await world.execute('CREATE DOMAIN positive AS integer CHECK (VALUE > 0)');
  await createVectorType();
});
afterAll(() => world.close());

/** A type of the name and looks of pgvector's, which the database does not have. */
async function createVectorType(): Promise<void> {
  const functionOf = (signature: string, body: string) =>
    world.execute(`CREATE FUNCTION ${signature} LANGUAGE internal IMMUTABLE STRICT AS '${body}'`);
  await world.execute('CREATE TYPE vector');
  await functionOf('vector_in(cstring) RETURNS vector', 'textin');
  await functionOf('vector_out(vector) RETURNS cstring', 'textout');
  await world.execute('CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out)');
}

const VALUES: readonly (readonly [string, Field])[] = [
  ["'-32768'::int2", { longValue: -32_768 }],
  ['2147483647::int4', { longValue: 2_147_483_647 }],
  ['9007199254740991::int8', { longValue: 9_007_199_254_740_991 }],
  ['count(*)', { longValue: 1 }],
  ['73849.11::float4', { doubleValue: 73_849.11 }],
  ['0.1::float8', { doubleValue: 0.1 }],
  ['100.10::numeric(10,2)', { stringValue: '100.10' }],
  ['1.00000000000000000000000000001::numeric', { stringValue: '1.00000000000000000000000000001' }],
  ['true', { booleanValue: true }],
  ["'a'::varchar(10)", { stringValue: 'a' }],
  ["'a'::char(3)", { stringValue: 'a  ' }],
  ["'a'::name", { stringValue: 'a' }],
  ['12345::oid', { stringValue: '12345' }],
  ['ARRAY[16384]::oid[]', { arrayValue: { stringValues: ['16384'] } }],
  ["''::text", { stringValue: '' }],
  ["'Grüße 🌍'::text", { stringValue: 'Grüße 🌍' }],
  ["'550E8400-E29B-41D4-A716-446655440000'::uuid", { stringValue: '550e8400-e29b-41d4-a716-446655440000' }],
  ["'192.168.1.0/24'::inet", { stringValue: '192.168.1.0/24' }],
  ["'10.0.0.0/8'::cidr", { stringValue: '10.0.0.0/8' }],
  [`'{"b":1, "a":2}'::json`, { stringValue: '{"b":1,"a":2}' }],
  [`'{"b":1,"a":[1,2]}'::jsonb`, { stringValue: '{"a":[1,2],"b":1}' }],
  [`'{"b":1, "a": 2, "b":[1e3, -0, 1.10]}'::json`, { stringValue: '{"b":1,"a":2,"b":[1e3,-0,1.10]}' }],
  [`'{"a": 123456789012345678901234567890}'::jsonb`, { stringValue: '{"a":123456789012345678901234567890}' }],
  [`'{"a b":"c,  \\"d: e"}'::jsonb`, { stringValue: '{"a b":"c,  \\"d: e"}' }],
  [`ARRAY['{"a": 1}','null']::jsonb[]`, { arrayValue: { stringValues: ['{"a":1}', 'null'] } }],
  ["'happy'::mood", { stringValue: 'happy' }],
  ['7::positive', { longValue: 7 }],
  ["'2024-02-29'::date", { stringValue: '2024-02-29' }],
  ["'12:34:56.8'::time", { stringValue: '12:34:56.800' }],
  ["'2024-02-29 12:34:56'::timestamp", { stringValue: '2024-02-29 12:34:56' }],
  ["'2024-02-29 12:34:56.8551'::timestamp", { stringValue: '2024-02-29 12:34:56.855100' }],
  ["'2024-01-15T12:34:56.78+09:00'::timestamptz", { stringValue: '2024-01-15 03:34:56.780' }],
  ["'[1,10)'::int4range", { stringValue: '[1,10)' }],
  ["'[0.5,1.5]'::numrange", { stringValue: '[0.5,1.5]' }],
  ['pg_sleep(0)', { stringValue: '' }],
  ['pg_sleep(0)::text', { stringValue: '' }],
  ['NULL', { isNull: true }],
  ['NULL::int', { isNull: true }],
  ['ARRAY[1,NULL,3]', { arrayValue: { longValues: [1, null, 3] } }],
  ["'{}'::int[]", { arrayValue: { longValues: [] } }],
  ['ARRAY[1.5,2]::float8[]', { arrayValue: { doubleValues: [1.5, 2] } }],
  ['ARRAY[1.048596, 0.1]::real[]', { arrayValue: { doubleValues: [1.048596, 0.1] } }],
  ['ARRAY[true,false]', { arrayValue: { booleanValues: [true, false] } }],
  [`'{"a b",NULL,"q\\"q"}'::text[]`, { arrayValue: { stringValues: ['a b', null, 'q"q'] } }],
  ['ARRAY[1.10]::numeric[]', { arrayValue: { stringValues: ['1.10'] } }],
  ["ARRAY['2024-01-01']::date[]", { arrayValue: { stringValues: ['2024-01-01'] } }],
  ["ARRAY['happy']::mood[]", { arrayValue: { stringValues: ['happy'] } }],
  ['ARRAY[7]::positive[]', { arrayValue: { longValues: [7] } }],
  [
    "ARRAY['550e8400-e29b-41d4-a716-446655440000']::uuid[]",
    { arrayValue: { stringValues: ['550e8400-e29b-41d4-a716-446655440000'] } },
  ],
];

const UNSUPPORTED: readonly (readonly [string, string])[] = [
  ["'1 day'::interval", 'INTERVAL'],
  ["'12:00+02'::timetz", 'TIMETZ'],
  [`'c'::"char"`, '"CHAR"'],
  ["'1.00'::money", 'MONEY'],
  ["'(1,2)'::point", 'POINT'],
  ["'08:00:2b:01:02:03'::macaddr", 'MACADDR'],
  ["'[2024-01-01,2024-02-01)'::daterange", 'DATERANGE'],
  ["'pg_class'::regclass", 'regclass'],
  ["'int4'::regtype", 'regtype'],
  ["ARRAY['text'::regtype]", 'regtype[]'],
  ["'1 2'::int2vector", 'int2vector'],
  ["'<a/>'::xml", 'xml'],
  ["'[1,2,3]'::vector", 'vector'],
  ["'a b'::tsvector", 'tsvector'],
  ["ROW('a','b')::address", 'address'],
  ["ROW('a',1)", 'RECORD'],
  ["'{1,2}'::interval[]", 'INTERVAL[]'],
];

describe('values of a result', () => {
  it.each(VALUES)('%s', async (expression, field) => {
    expect(await world.firstRow(`SELECT ${expression}`)).toEqual([field]);
  });

  it('a bytea is a blob', async () => {
    const [field] = await world.firstRow(String.raw`SELECT '\x0102ff'::bytea`);
    expect(field?.blobValue && Buffer.from(field.blobValue)).toEqual(Buffer.from([1, 2, 255]));
  });

  it('NaN and infinity are doubles', async () => {
    const [nan, infinity] = await world.firstRow("SELECT 'NaN'::float8, '-Infinity'::float8");
    expect(nan?.doubleValue).toBeNaN();
    expect(infinity?.doubleValue).toBe(-Infinity);
  });

  it.each(UNSUPPORTED)('%s cannot be returned', async (expression, name) => {
    expect(await refusalOf(world.execute(`SELECT ${expression}`))).toEqual({
      name: 'UnsupportedResultException',
      status: 400,
      message: `The result contains the unsupported data type ${name}.`,
    });
  });

  it('a result without rows may have columns of any type', async () => {
    expect((await world.execute("SELECT '1 day'::interval WHERE false")).records).toEqual([]);
  });

  it('an array of two dimensions cannot be returned', async () => {
    const refusal = await refusalOf(world.execute("SELECT '{{1,2},{3,4}}'::int[]"));
    expect(refusal).toMatchObject({ name: 'UnsupportedResultException', status: 400 });
    expect(refusal.message).toContain('The result contains a multidimensional array');
  });

  it.each(['timestamptz', 'timestamp', 'date'])('an infinite %s is an internal failure', async (type) => {
    expect(await refusalOf(world.execute(`SELECT 'infinity'::${type}`))).toMatchObject({
      name: 'InternalFailure',
      status: 500,
    });
  });

  it('a timestamptz is returned in UTC whatever the time zone of the session', async () => {
    const transactionId = await world.begin();
    await world.execute("SET LOCAL TIME ZONE 'Asia/Tokyo'", {}, { transactionId });
    const row = await world.firstRow("SELECT '2024-01-15 00:00:00+00'::timestamptz", {}, { transactionId });
    expect(row).toEqual([{ stringValue: '2024-01-15 00:00:00' }]);
    await world.rollback(transactionId);
  });

  it('a type made in an open transaction is known in it', async () => {
    const transactionId = await world.begin();
    await world.execute("CREATE TYPE fresh AS ENUM ('new')", {}, { transactionId });
    expect(await world.firstRow("SELECT 'new'::fresh", {}, { transactionId })).toEqual([{ stringValue: 'new' }]);
    await world.rollback(transactionId);
  });
});

describe('a function that returns void', () => {
  it('answers with one row and takes effect', async () => {
    const transactionId = await world.begin();
    const { records } = await world.execute('SELECT pg_advisory_xact_lock(7)', {}, { transactionId });
    expect(records).toEqual([[{ stringValue: '' }]]);
    const locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    expect(await world.firstRow(locks, {}, { transactionId })).toEqual([{ longValue: 1 }]);
    await world.rollback(transactionId);
  });

  it('has its place beside other columns, and a type name', async () => {
    const extras = { includeResultMetadata: true };
    const { records, columnMetadata } = await world.execute('SELECT 1 AS one, pg_sleep(0) AS nothing', {}, extras);
    expect(records).toEqual([[{ longValue: 1 }, { stringValue: '' }]]);
    expect(columnMetadata).toMatchObject([{ typeName: 'int4' }, { label: 'nothing', typeName: 'void' }]);
  });

  it('is an empty string in JSON', async () => {
    const { formattedRecords } = await world.execute('SELECT pg_sleep(0) AS v', {}, { formatRecordsAs: 'JSON' });
    expect(formattedRecords).toBe('[{"v":""}]');
  });
});

describe('forms of values', () => {
  it.each([
    ['SELECT 1.048596::real AS x', '[{"x":1.048596}]'],
    ['SELECT ARRAY[1.048596, 0.1]::real[] AS x', '[{"x":[1.048596,0.1]}]'],
    [`SELECT '{"a": 1.10}'::jsonb AS x`, String.raw`[{"x":"{\"a\":1.10}"}]`],
  ])('%s as JSON is %s, the form of the column', async (sql, formatted) => {
    expect((await world.execute(sql, {}, { formatRecordsAs: 'JSON' })).formattedRecords).toBe(formatted);
  });

  it('the other ones are for the asking', async () => {
    const other = await openDataApi({
      databaseUrl: world.postgres.url,
      float4Form: 'widened',
      jsonText: 'as-printed',
      voidResults: 'refused',
    });
    try {
      expect(await other.firstRow('SELECT 0.1::real, ARRAY[1.048596]::real[], 16777217::real')).toEqual([
        { doubleValue: 0.10000000149011612 },
        { arrayValue: { doubleValues: [1.0485960245132446] } },
        { doubleValue: 16_777_216 },
      ]);
      const stored = String.raw`{"b" : "\u00e9", "a":[1 , 1e3], "b":-0}`;
      expect(await other.firstRow(`SELECT '${stored}'::json, '{"b":1.10,"a":[1,2]}'::jsonb`)).toEqual([
        { stringValue: stored },
        { stringValue: '{"a": [1, 2], "b": 1.10}' },
      ]);
      expect(await refusalOf(other.execute('SELECT pg_sleep(0)'))).toEqual({
        name: 'UnsupportedResultException',
        status: 400,
        message: 'The result contains the unsupported data type VOID.',
      });
    } finally {
      await other.close();
    }
  });
});

describe('options of a result', () => {
  it('longs come as strings where asked, with all their digits', async () => {
    const extras = { resultSetOptions: { longReturnType: 'STRING' } } as const;
    expect(await world.firstRow('SELECT 9007199254740993', {}, extras)).toEqual([{ stringValue: '9007199254740993' }]);
  });

  it('decimals come as a long at scale 0 and else as a double where asked', async () => {
    const extras = { resultSetOptions: { decimalReturnType: 'DOUBLE_OR_LONG' } } as const;
    expect(await world.firstRow('SELECT 5::numeric, 5.50::numeric', {}, extras)).toEqual([
      { longValue: 5 },
      { doubleValue: 5.5 },
    ]);
  });

  it('a SELECT as JSON is one string, keyed by label, without records and metadata', async () => {
    const sql = `SELECT 1 AS "one", 10::float8 AS f, 1.50 AS d, NULL AS n, ARRAY[1,2] AS a, 'x"y' AS s, true AS b`;
    const result = await world.execute(sql, {}, { formatRecordsAs: 'JSON', includeResultMetadata: true });
    expect(result.formattedRecords).toBe('[{"one":1,"f":10.0,"d":"1.50","n":null,"a":[1,2],"s":"x\\"y","b":true}]');
    expect(result.records).toBeUndefined();
    expect(result.columnMetadata).toBeUndefined();
  });

  it('a SELECT of no rows as JSON is an empty list', async () => {
    expect((await world.execute('SELECT 1 AS a WHERE false', {}, { formatRecordsAs: 'JSON' })).formattedRecords).toBe(
      '[]',
    );
  });

  it('a label that comes twice cannot be JSON', async () => {
    const refusal = await refusalOf(world.execute('SELECT 1 AS a, 2 AS a', {}, { formatRecordsAs: 'JSON' }));
    expect(refusal).toMatchObject({ name: 'BadRequestException', status: 400 });
    expect((await world.execute('SELECT 1 AS a, 2 AS a')).records).toEqual([[{ longValue: 1 }, { longValue: 2 }]]);
  });

  it('other statements with rows ignore the wish for JSON', async () => {
    await world.execute('CREATE TABLE json_ignored (id int)');
    const sql = 'INSERT INTO json_ignored VALUES (1) RETURNING id';
    const result = await world.execute(sql, {}, { formatRecordsAs: 'JSON' });
    expect(result.records).toEqual([[{ longValue: 1 }]]);
    expect(result.formattedRecords).toBeUndefined();
  });
});

describe('columnMetadata', () => {
  it('is left out unless asked for', async () => {
    expect((await world.execute('SELECT 1')).columnMetadata).toBeUndefined();
  });

  it('is there for a result without rows, and not for a statement that returns none', async () => {
    await world.execute(
      'CREATE TABLE described (id bigserial PRIMARY KEY, price numeric(10,2), tags text[], note varchar(20))',
    );
    const extras = { includeResultMetadata: true };
    const { columnMetadata } = await world.execute('SELECT id, price, tags, note AS remark FROM described', {}, extras);
    expect(columnMetadata).toMatchObject([
      { name: 'id', type: -5, typeName: 'bigserial', isAutoIncrement: true, nullable: 0, tableName: 'described' },
      { name: 'price', type: 2, typeName: 'numeric', precision: 10, scale: 2, nullable: 1 },
      { name: 'tags', type: 2003, typeName: '_text', arrayBaseColumnType: 12 },
      { label: 'remark', type: 12, typeName: 'varchar', precision: 20 },
    ]);
    expect((await world.execute('UPDATE described SET note = note', {}, extras)).columnMetadata).toBeUndefined();
  });

  it('has fourteen members', async () => {
    const { columnMetadata } = await world.execute('SELECT 1', {}, { includeResultMetadata: true });
    expect(Object.keys(columnMetadata?.[0] ?? {})).toHaveLength(14);
  });
});

describe('counts', () => {
  const TABLE = 'counted';

  beforeAll(() => world.execute(`CREATE TABLE ${TABLE} (id int PRIMARY KEY, n int DEFAULT 0)`));

  it.each([
    [`INSERT INTO ${TABLE} (id) SELECT generate_series(1, 5)`, 5],
    [`INSERT INTO ${TABLE} (id) VALUES (1), (6) ON CONFLICT DO NOTHING`, 1],
    [`UPDATE ${TABLE} SET n = 1 WHERE id <= 3`, 3],
    [`UPDATE ${TABLE} SET n = 1 WHERE id > 100`, 0],
    [`DELETE FROM ${TABLE} WHERE id = 6`, 1],
    [`CREATE INDEX ON ${TABLE} (n)`, 0],
    ['DO $do$ BEGIN PERFORM 1; END $do$', 0],
  ])('%s changes %i', async (sql, count) => {
    const result = await world.execute(sql);
    expect(result.numberOfRecordsUpdated).toBe(count);
    expect(result.generatedFields).toEqual([]);
    expect(result.records).toBeUndefined();
  });

  it('is 0 when rows come back', async () => {
    const result = await world.execute(`UPDATE ${TABLE} SET n = 2 WHERE id <= 2 RETURNING id`);
    expect(result.numberOfRecordsUpdated).toBe(0);
    expect(result.records).toHaveLength(2);
  });
});
