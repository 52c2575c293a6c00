import type { Field, TypeHint } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hinted, long, NULL, openDataApi, refusalOf, string, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi();
  await world.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')");
  await world.execute(`
    CREATE TABLE typed (u uuid, j jsonb, k json, m mood, n numeric(10,4), i int, s smallint, b bigint, f real, d date, t time,
      at timestamp, atz timestamptz, x bytea, ok bool, txt text, ids int[])`);
});
afterAll(() => world.close());

const UUID = '550e8400-e29b-41d4-a716-446655440000';

/** Strings are text: what PostgreSQL would infer from an untyped literal is refused. */
const REFUSED_AS_TEXT: readonly (readonly [string, string])[] = [
  ['u', UUID],
  ['j', '{}'],
  ['k', '{}'],
  ['m', 'happy'],
  ['n', '1.5'],
  ['i', '1'],
  ['d', '2024-01-01'],
  ['at', '2024-01-01 00:00:00'],
  ['atz', '2024-01-01 00:00:00'],
  ['ids', '{1,2}'],
];

const CAST: readonly (readonly [string, string, string, Field])[] = [
  ['u', 'uuid', UUID, string(UUID)],
  ['j', 'jsonb', '{"a":1}', string('{"a":1}')],
  ['m', 'mood', 'happy', string('happy')],
  ['n', 'numeric', '1.5', string('1.5000')],
  ['atz', 'timestamptz', '2024-01-01T00:00:00+02:00', string('2023-12-31 22:00:00')],
  ['ids', 'int[]', '{1,2}', { arrayValue: { longValues: [1, 2] } }],
];

const HINTS: readonly (readonly [string, TypeHint, string, string])[] = [
  ['u', 'UUID', UUID, UUID],
  ['j', 'JSON', '{"a":1}', '{"a":1}'],
  ['k', 'JSON', '{"a":1}', '{"a":1}'],
  ['n', 'DECIMAL', '1.5', '1.5000'],
  ['d', 'DATE', '2024-02-29', '2024-02-29'],
  ['t', 'TIME', '12:34:56.789', '12:34:56.789'],
  ['at', 'TIMESTAMP', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.123456'],
  ['atz', 'TIMESTAMP', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789'],
];

const MALFORMED: readonly (readonly [TypeHint, string, string])[] = [
  ['TIME', '09:00', 'Time: premature end of input'],
  ['TIME', '09:00:00.', 'Time: premature end of input'],
  ['TIME', '9:00:00', 'Time: input contains invalid characters'],
  ['TIME', '09:00:00+02', 'Time: trailing input'],
  ['TIME', '24:00:00', 'Time: input is out of range'],
  ['TIME', '23:60:00', 'Time: input is out of range'],
  ['TIME', '23:59:61', 'Time: input is out of range'],
  ['TIMESTAMP', '2024-05-06T07:08:09Z', 'TimeStamp: input contains invalid characters'],
  ['TIMESTAMP', '2024-05-06 07:08:09Z', 'TimeStamp: trailing input'],
  ['TIMESTAMP', '2024-05-06', 'TimeStamp: premature end of input'],
  ['TIMESTAMP', '2023-02-29 00:00:00', 'TimeStamp: input is out of range'],
  ['DATE', '', 'Date: premature end of input'],
  ['DATE', '06.05.2024', 'Date: input contains invalid characters'],
  ['DATE', '2024-05-06T07:08:09Z', 'Date: trailing input'],
  ['DATE', '2024-13-01', 'Date: input is out of range'],
  ['DATE', '2024-00-01', 'Date: input is out of range'],
  ['DATE', '2024-04-31', 'Date: input is out of range'],
  ['DATE', '2024-04-00', 'Date: input is out of range'],
];

const WELL_FORMED: readonly (readonly [TypeHint, string])[] = [
  ['TIME', '23:59:60'],
  ['TIME', '00:00:00.1'],
  ['TIME', '00:00:00.123456789'],
  ['TIMESTAMP', '2024-02-29 23:59:59.999999'],
  ['DATE', '2024-04-30'],
  ['DATE', '0001-12-31'],
];

describe('strings', () => {
  it.each(REFUSED_AS_TEXT)('are text, which a column %s does not take', async (column, value) => {
    const refusal = await refusalOf(world.execute(`INSERT INTO typed (${column}) VALUES (:v)`, { v: string(value) }));
    expect(refusal).toMatchObject({ name: 'DatabaseErrorException', status: 400 });
    expect(refusal.message).toMatch(
      /^ERROR: column ".*" is of type .* but expression is of type text; Hint: .*; SQLState: 42804$/,
    );
  });

  it.each(CAST)('reach a column %s through a cast to %s', async (...example) => {
    const [column, type, value, field] = example;
    const sql = `INSERT INTO typed (${column}) VALUES (:v::${type}) RETURNING ${column}`;
    expect(await world.firstRow(sql, { v: string(value) })).toEqual([field]);
    const standard = `INSERT INTO typed (${column}) VALUES (CAST(:v AS ${type})) RETURNING ${column}`;
    expect(await world.firstRow(standard, { v: string(value) })).toEqual([field]);
  });

  it('are not compared with a uuid', async () => {
    const refusal = await refusalOf(world.execute('SELECT 1 FROM typed WHERE u = :v', { v: string(UUID) }));
    expect(refusal.message).toMatch(
      /^ERROR: operator does not exist: uuid = text; Hint: .*; Position: \d+; SQLState: 42883$/,
    );
  });

  it('do not pass for JSON of a function', async () => {
    const refusal = await refusalOf(
      world.execute('SELECT * FROM jsonb_to_recordset(:rows) AS r (a int)', { rows: string('[]') }),
    );
    expect(refusal.message).toMatch(/SQLState: 42883$/);
  });

  it('unpack as rows through a cast to jsonb', async () => {
    const rows = string('[{"a":1,"b":"x"},{"a":2,"b":null}]');
    const { records } = await world.execute('SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS r (a int, b text)', {
      rows,
    });
    expect(records).toEqual([
      [long(1), string('x')],
      [long(2), NULL],
    ]);
  });

  it('with a zero character are refused by the database', async () => {
    expect((await refusalOf(world.execute('SELECT :v', { v: string('a\u0000b') }))).message).toMatch(
      /SQLState: 22021$/,
    );
    const json = await refusalOf(world.execute('SELECT :v::jsonb', { v: string(String.raw`"\u0000"`) }));
    expect(json.message).toMatch(/SQLState: 22P05$/);
  });

  it('with a lone surrogate are refused before the database', async () => {
    expect(await refusalOf(world.execute('SELECT :v', { v: string('\ud800') }))).toMatchObject({
      name: 'SerializationException',
      status: 400,
    });
  });
});

describe('numbers, booleans and blobs', () => {
  it.each([
    ['i', long(2_147_483_647), long(2_147_483_647)],
    ['s', long(-5), long(-5)],
    ['b', long(9_007_199_254_740_991), long(9_007_199_254_740_991)],
    ['n', { doubleValue: 123_456.789 }, string('123456.7890')],
    ['n', long(7), string('7.0000')],
    ['f', { doubleValue: 0.5 }, { doubleValue: 0.5 }],
    ['ok', { booleanValue: false }, { booleanValue: false }],
  ] as const)('a column %s takes %o', async (column, value, field) => {
    expect(await world.firstRow(`INSERT INTO typed (${column}) VALUES (:v) RETURNING ${column}`, { v: value })).toEqual(
      [field],
    );
  });

  it('a long beyond 2^53 keeps its digits', async () => {
    const v = { longValue: 9_223_372_036_854_775_807n as unknown as number };
    expect(await world.firstRow('SELECT :v::text', { v })).toEqual([string('9223372036854775807')]);
  });

  it('a long too large for the column is refused by the database', async () => {
    const refusal = await refusalOf(world.execute('INSERT INTO typed (s) VALUES (:v)', { v: long(40_000) }));
    expect(refusal.message).toBe('ERROR: smallint out of range; SQLState: 22003');
  });

  it('a whole double stays a double', async () => {
    expect(await world.firstRow('SELECT pg_typeof(:v)::text', { v: { doubleValue: 5 } })).toEqual([
      string('double precision'),
    ]);
  });

  it('NaN and infinity arrive', async () => {
    const row = await world.firstRow('SELECT :a::text, :b::text', {
      a: { doubleValue: NaN },
      b: { doubleValue: -Infinity },
    });
    expect(row).toEqual([string('NaN'), string('-Infinity')]);
  });

  it('a blob arrives byte for byte', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const [field] = await world.firstRow('INSERT INTO typed (x) VALUES (:v) RETURNING x', { v: { blobValue: bytes } });
    expect(field?.blobValue && Buffer.from(field.blobValue)).toEqual(Buffer.from(bytes));
  });

  it.each(['1::int4 << :n', 'generate_subscripts(ARRAY[1,2], :n)'])(
    'a long is a bigint, which %s does not take without a cast',
    async (expression) => {
      const refusal = await refusalOf(world.execute(`SELECT ${expression}`, { n: long(1) }));
      expect(refusal).toMatchObject({ name: 'DatabaseErrorException', status: 400 });
      expect(refusal.message).toMatch(/ bigint.* does not exist|: integer << bigint; .*SQLState: 42883$/);
      expect(await world.firstRow(`SELECT ${expression.replace(':n', ':n::int')}`, { n: long(1) })).toHaveLength(1);
    },
  );

  it.each([
    [string(''), 'text'],
    [long(1), 'bigint'],
    [{ booleanValue: true }, 'boolean'],
    [{ blobValue: new Uint8Array() }, 'bytea'],
  ] as const)('%o is declared %s', async (v, type) => {
    expect(await world.firstRow('SELECT pg_typeof(:v)::text', { v })).toEqual([string(type)]);
  });
});

describe('type hints', () => {
  it.each(HINTS)('a column %s takes a string with the hint %s', async (...example) => {
    const [column, hint, value, printed] = example;
    const sql = `INSERT INTO typed (${column}) VALUES (:v) RETURNING ${column}`;
    expect(await world.firstRow(sql, [hinted('v', hint, string(value))])).toEqual([string(printed)]);
  });

  it.each(MALFORMED)('%s refuses %j: %s', async (hint, value, message) => {
    expect(await refusalOf(world.execute('SELECT :v', [hinted('v', hint, string(value))]))).toEqual({
      name: 'DatabaseErrorException',
      status: 400,
      message: `Parse Error for ${message}`,
    });
  });

  it.each(WELL_FORMED)('%s takes %j', async (hint, value) => {
    expect(await world.firstRow('SELECT :v IS NOT NULL', [hinted('v', hint, string(value))])).toEqual([
      { booleanValue: true },
    ]);
  });

  it('JSON declares jsonb: it compares with a column, and has no way into another type', async () => {
    const document = hinted('v', 'JSON', string('[1,2]'));
    expect(await world.firstRow('SELECT pg_typeof(:v)::text', [document])).toEqual([string('jsonb')]);
    expect(await world.firstRow(`SELECT '[1, 2, 3]'::jsonb @> :v`, [document])).toEqual([{ booleanValue: true }]);
    const refusal = await refusalOf(world.execute('SELECT (:v::int8range)::text', [document]));
    expect(refusal).toMatchObject({ name: 'DatabaseErrorException', status: 400 });
    expect(refusal.message).toMatch(/^ERROR: cannot cast type jsonb to int8range; .*SQLState: 42846$/);
  });

  it.each([
    ['UUID', 'no uuid'],
    ['DECIMAL', 'no number'],
    ['JSON', '{'],
  ] as const)('%s refuses %j with 22P02', async (hint, value) => {
    const refusal = await refusalOf(world.execute('SELECT :v', [hinted('v', hint, string(value))]));
    expect(refusal).toMatchObject({ name: 'DatabaseErrorException' });
    expect(refusal.message).toMatch(/SQLState: 22P02$/);
  });
});

describe('nulls', () => {
  it.each(['u', 'j', 'm', 'n', 'i', 'atz', 'ids', 'txt', 'x'])(
    'a column %s takes one without a hint',
    async (column) => {
      expect(
        await world.firstRow(`INSERT INTO typed (${column}) VALUES (:v) RETURNING ${column}`, { v: NULL }),
      ).toEqual([NULL]);
    },
  );

  it('one that nothing gives a type is refused by the database', async () => {
    const refusal = await refusalOf(world.execute('SELECT 1 WHERE :v IS NULL', { v: NULL }));
    expect(refusal.message).toMatch(/^ERROR: could not determine data type of parameter \$1; SQLState: 42P18$/);
    expect(await world.firstRow('SELECT 1 WHERE :v::text IS NULL', { v: NULL })).toEqual([long(1)]);
  });

  it('a hint or a cast gives one its type', async () => {
    expect(await world.firstRow('SELECT pg_typeof(:v)::text', [hinted('v', 'UUID', NULL)])).toEqual([string('uuid')]);
    expect(await world.firstRow('SELECT pg_typeof(:v::date)::text', { v: NULL })).toEqual([string('date')]);
  });
});

describe('placeholders', () => {
  it('each occurrence is a parameter of its own', async () => {
    const sql = 'SELECT date_trunc(:unit, at) FROM typed GROUP BY date_trunc(:unit, at)';
    expect((await refusalOf(world.execute(sql, { unit: string('day') }))).message).toMatch(/SQLState: 42803$/);
  });

  it('may be numbered', async () => {
    expect(await world.firstRow('SELECT :2, :1', { 1: long(1), 2: long(2) })).toEqual([long(2), long(1)]);
  });

  it('are found next to a cast', async () => {
    expect(await world.firstRow('SELECT :a::int+:b::int', { a: string('1'), b: string('2') })).toEqual([long(3)]);
  });

  it('are not found in strings, quoted names and comments', async () => {
    expect(await world.firstRow(`SELECT ':a' AS ":b" /* :c */ -- :d`)).toEqual([string(':a')]);
  });

  it('are found inside dollar quotes, as the service finds them', async () => {
    expect(await world.firstRow('SELECT $$a :b c$$')).toEqual([string('a $1 c')]);
  });

  it('are found in an array slice, as the service finds them', async () => {
    const refusal = await refusalOf(world.execute("SELECT ('{1,2,3}'::int[])[1:2]"));
    expect(refusal.message).toMatch(/^ERROR: syntax error at or near "\$1"; Position: \d+; SQLState: 42601$/);
  });

  it('without a parameter are refused by the database', async () => {
    const refusal = await refusalOf(world.execute('SELECT :a, :b', { a: long(1) }));
    expect(refusal).toMatchObject({ name: 'DatabaseErrorException', status: 400 });
    expect(refusal.message).toMatch(
      /^ERROR: bind message supplies 1 parameters, but prepared statement .*requires 2; SQLState: 08P01$/,
    );
  });

  it('in the form $1 are never bound', async () => {
    const refusal = await refusalOf(world.execute('SELECT $1', { 1: long(1) }));
    expect(refusal.message).toMatch(/^ERROR: bind message supplies 0 parameters, .*requires 1; SQLState: 08P01$/);
  });

  it('may be fewer than the parameters', async () => {
    expect(await world.firstRow('SELECT :a', { a: long(1), unused: long(2) })).toEqual([long(1)]);
  });

  it.each(['$1', ':id', 'a-b', 'a/b', 'q?marks', 'größe', 'a b', ''])('are not named %j', async (name) => {
    expect(await refusalOf(world.execute('SELECT 1', [{ name, value: long(1) }]))).toEqual({
      name: 'ValidationException',
      status: 400,
      message: `Named parameter syntax is invalid, input: ${name}`,
    });
  });

  it.each(['id', '_id', '1', '42numbers', 'ID_2'])('may be named %j', async (name) => {
    expect(await world.firstRow(`SELECT :${name}`, [{ name, value: long(7) }])).toEqual([long(7)]);
  });

  it('do not take arrays', async () => {
    const ids = { arrayValue: { longValues: [1, 2] } };
    const refusal = await refusalOf(world.execute('SELECT :ids', { ids }));
    expect(refusal).toMatchObject({ name: 'ValidationException', status: 400 });
    expect(refusal.message).toContain('Array parameters are not supported');
  });
});
