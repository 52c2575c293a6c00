import { describe, expect, it } from 'vitest';
import type { BaseTypeName } from '../../../../processor/tables/column-type.ts';
import {
  BASE_TYPE_NAMES,
  columnEncoder,
  describeMisfit,
  parseColumnType,
  sql,
} from '../../../../processor/tables/column-type.ts';
import { readCell, sqlTypeOf } from '../../../../processor/tables/column-sql.ts';
import { JsonText } from '../../../../processor/tables/json-cell.ts';

const NOTHING = undefined;

/** Per type: values it takes with what they become, and values it refuses. */
const TABLE: Record<BaseTypeName, { takes: (readonly [unknown, unknown])[]; refuses: unknown[] }> = {
  text: {
    takes: [
      ['', ''],
      ['a\\u0000', 'a\\u0000'],
    ],
    refuses: [5, null, NOTHING, new Date(), ['a']],
  },
  boolean: {
    takes: [
      [true, true],
      [false, false],
    ],
    refuses: ['true', 1, 0, null],
  },
  smallint: {
    takes: [
      [-32_768, -32_768],
      [32_767, 32_767],
      [0, 0],
    ],
    refuses: [-32_769, 32_768, 1.5, NaN, '1', 1n],
  },
  integer: {
    takes: [
      [-2_147_483_648, -2_147_483_648],
      [2_147_483_647, 2_147_483_647],
    ],
    refuses: [-2_147_483_649, 2_147_483_648, 0.1, Infinity, '1', 1n],
  },
  bigint: {
    takes: [
      [2 ** 53 - 1, 2 ** 53 - 1],
      [9_223_372_036_854_775_807n, '9223372036854775807'],
      ['-9223372036854775808', '-9223372036854775808'],
      ['9007199254740993', '9007199254740993'],
    ],
    refuses: [2 ** 53, 1.5, NaN, '', '1.0', ' 1', '+1', '9223372036854775808', -9_223_372_036_854_775_809n, true],
  },
  numeric: {
    takes: [
      [0.1, 0.1],
      [10n ** 30n, '1000000000000000000000000000000'],
      ['-12.3400', '-12.3400'],
      ['1e-7', '1e-7'],
      [-(2 ** 53 - 1), -(2 ** 53 - 1)],
    ],
    refuses: [NaN, Infinity, 2 ** 53, -1e300, '', '.', '+', '1.2.3', 'NaN', '0x1', '1_000', '1,5', true],
  },
  'double precision': {
    takes: [
      [1.5, 1.5],
      [5e-324, 5e-324],
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [-Infinity, '-Infinity'],
    ],
    refuses: ['1.5', 1n, null],
  },
  // The forms of times are in time-text.test.ts.
  date: { takes: [['2001-03-31', '2001-03-31']], refuses: [new Date(), 5, 'today', '2001-03-31 22:27'] },
  timestamp: {
    takes: [['2001-03-31 22:27:00', '2001-03-31 22:27:00']],
    refuses: [new Date(), 5, 'now', '2001-03-31 22:27Z'],
  },
  timestamptz: {
    takes: [
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      ['2001-03-31T22:27:00Z', '2001-03-31T22:27:00Z'],
    ],
    refuses: [new Date(NaN), '2001-03-31 22:27:00', 'infinity', 0],
  },
  time: {
    takes: [
      ['10:00', '10:00'],
      ['23:59:59.123456', '23:59:59.123456'],
      ['24:00', '24:00'],
    ],
    refuses: [
      '10',
      '25:00',
      '10:00:00.1234567',
      '10:00Z',
      '10:00:00+02:00',
      'now',
      'allballs',
      36_000,
      new Date(),
      NOTHING,
    ],
  },
  interval: {
    takes: [
      ['1 day', '1 day'],
      ['PT1.123456S', 'PT1.123456S'],
    ],
    refuses: [5, null, NOTHING, '0.1234567 seconds'],
  },
  inet: { takes: [['10.0.0.0/8', '10.0.0.0/8']], refuses: [10, null, NOTHING] },
  json: {
    takes: [[{ b: 1, a: 2 }, new JsonText('{"b":1,"a":2}')]],
    refuses: [NOTHING, NaN, 2 ** 53, new Map()],
  },
  uuid: { takes: [['0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11', '0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11']], refuses: [5] },
  // What JSON can hold is in json-cell.test.ts.
  jsonb: {
    takes: [
      ['', new JsonText('""')],
      [{ a: [true, { b: 2n ** 64n }] }, new JsonText('{"a":[true,{"b":18446744073709551616}]}')],
    ],
    refuses: [NOTHING, NaN, 2 ** 53, [undefined], Promise.resolve(1), new Map()],
  },
  position: {
    takes: [
      [
        '49590338271490256608559692538361571095921575989136588898000000000000',
        '49590338271490256608559692538361571095921575989136588898000000000000',
      ],
    ],
    refuses: [5, 5n, '', '-1', '1.5', ' 1', null, NOTHING],
  },
  bytea: {
    takes: [
      [new Uint8Array([0, 255]), '\\x00ff'],
      [Buffer.alloc(0), '\\x'],
    ],
    refuses: ['00ff', [0, 255], new ArrayBuffer(2)],
  },
};

describe.each(BASE_TYPE_NAMES)('a %s column', (name) => {
  const { takes, refuses } = TABLE[name];
  const encode = columnEncoder({ kind: 'one', name, nullable: false });
  const encodeNullable = columnEncoder({ kind: 'one', name, nullable: true });

  it('takes what is of its type', () => {
    for (const [value, encoded] of takes) {
      expect(encode(value)).toStrictEqual(encoded);
      expect(encodeNullable(value)).toStrictEqual(encoded);
    }
  });

  it('refuses everything else', () => {
    for (const value of refuses) expect(encode(value)).toBeUndefined();
  });

  it('takes null only when it is nullable, and never nothing', () => {
    expect(encodeNullable(null)).toBeNull();
    expect(encodeNullable(undefined)).toBeUndefined();
    if (name !== 'jsonb' && name !== 'json') expect(encode(null)).toBeUndefined();
  });
});

describe('parseColumnType', () => {
  it('takes a declaration apart', () => {
    expect(parseColumnType('double precision?')).toEqual({ kind: 'one', name: 'double precision', nullable: true });
    expect(parseColumnType('text')).toEqual({ kind: 'one', name: 'text', nullable: false });
  });

  it.each(['', '?', 'varchar', 'TEXT', 'text??', 'toString', '__proto__'])('does not know %j', (type) => {
    expect(parseColumnType(type)).toBeUndefined();
  });
});

describe('what a column says of a value that it does not take', () => {
  it.each([
    ['smallint', 40_000, 'must be an integer from -32768 to 32767 or null, got 40000'],
    ['text', 5n, 'must be a string or null, got the bigint 5; write `String(value)`'],
    [
      'integer',
      5n,
      'must be an integer from -2147483648 to 2147483647 or null, got the bigint 5; write `Number(value)` where it fits, or declare the column bigint or numeric',
    ],
    [
      'double precision',
      2n ** 53n,
      'must be a number or null, got the bigint 9007199254740992; write `Number(value)` where it may be rounded',
    ],
    [
      'bigint',
      2 ** 53,
      'must be a bigint, a safe integer or a string of digits, within 64 bits or null, got 9007199254740992; a number beyond 2^53 may be rounded: write a bigint or a string',
    ],
    [
      'numeric',
      1e300,
      'must be a number up to 2^53, a bigint or a decimal string or null, got 1e+300; a number beyond 2^53 may be rounded: write a bigint or a string',
    ],
    ['boolean', Promise.resolve(true), 'must be true or false or null, got a promise; await it'],
    [
      'jsonb',
      { a: [Promise.resolve(1)] },
      'must be a JSON value, at most 500 levels deep or null, its `a[0]` is a promise; await it',
    ],
  ] as const)('%s, given %o', (name, value, says) => {
    expect(describeMisfit({ kind: 'one', name, nullable: true }, value)).toBe(says);
  });
});

describe('a list', () => {
  const encode = (type: string, value: unknown) => {
    const parsed = parseColumnType(type);
    return parsed === undefined ? 'no type' : columnEncoder(parsed)(value);
  };

  it.each([
    ['text[]', [], '{}'],
    ['text[]', ['a', 'b,c', null, 'NULL', '', '"\\{}'], '{"a","b,c",NULL,"NULL","","\\"\\\\{}"}'],
    ['integer[]', [1, -2], '{"1","-2"}'],
    ['bigint[]', [2n ** 62n, '5'], '{"4611686018427387904","5"}'],
    ['double precision[]', [NaN, 0.5], '{"NaN","0.5"}'],
    ['boolean[]', [true, null], '{"true",NULL}'],
    ['jsonb[]', [{ a: '"' }], '{"{\\"a\\":\\"\\\\\\"\\"}"}'],
    ['bytea[]', [new Uint8Array([255])], '{"\\\\xff"}'],
    ['text[]?', null, null],
  ])('of type %s takes %o', (type, value, encoded) => {
    expect(encode(type, value)).toBe(encoded);
  });

  it.each([
    ['text[]', 'a'],
    ['text[]', null],
    ['text[]', [undefined]],
    ['text[]', ['a', , 'b']],
    ['integer[]', [1, 2.5]],
    ['bigint[]', [2 ** 53]],
    ['integer[]', [[[[[[[1]]]]]]]],
    ['integer[]', [[1], ['x']]],
    ['timestamptz[]', ['2001-01-01']],
    ['text[]', new Set(['a'])],
  ])('of type %s refuses %o', (type, value) => {
    expect(encode(type, value)).toBeUndefined();
  });

  it('says which element is wrong', () => {
    expect(describeMisfit({ kind: 'list', name: 'integer', nullable: false }, [1, null, '2'])).toBe(
      'must be a list whose every element is an integer from -2147483648 to 2147483647 or null, its [2]: got "2"',
    );
    expect(describeMisfit({ kind: 'list', name: 'text', nullable: true }, 'a')).toBe(
      'must be a list whose every element is a string or null or null, got "a"',
    );
  });
});

describe('a type by its name in PostgreSQL', () => {
  it.each([
    ['mood', 'mood'],
    ['shop.mood', 'shop.mood'],
    ['"Mood"', '"Mood"'],
    ['mood[]', 'mood[]'],
    ['double precision', 'double precision'],
    ['timestamp with time zone', 'timestamp with time zone'],
    // A cast to a length cuts; the column itself refuses.
    ['varchar(3)', 'varchar'],
    ['numeric(10, 2)', 'numeric'],
    ['bit(3)', 'varbit'],
    ['bit', 'varbit'],
    ['char(3)[]', 'bpchar[]'],
    ['timestamp(3) with time zone', 'timestamp with time zone'],
  ] as const)('%s is cast to %s', (name, cast) => {
    expect(sqlTypeOf(sql(name))).toBe(cast);
    expect(sqlTypeOf(sql(`${name}?`))).toBe(cast);
  });

  it.each(['', 'text; DROP TABLE t', "a'b", 'a:b', 'a b', '(a)', 'a)::text', '"a"b"'])('is no type: %s', (name) => {
    expect(parseColumnType(sql(name))).toBeUndefined();
  });

  it.each([
    ['timetz', '10:00+02', ['now', '10:00', '10:00 CET']],
    ['time(3) with time zone', '10:00:00.123Z', ['10:00:00']],
    ['time without time zone', '10:00', ['10:00Z']],
    [
      'timestamptz(3)',
      '2024-01-01 10:00Z',
      ['Today', '2024-01-01 10:00', '2024-01-01', '01/02/2024 10:00Z', '2024-02-30T10:00Z'],
    ],
    ['TIMESTAMP(3) WITH TIME ZONE', '2024-01-01T10:00:00+02:00', ['2024-01-01T10:00:00']],
    ['timestamp(0)', 'infinity', ['now', '2024-01-01 10:00Z']],
    ['date', '2024-02-29', [' tomorrow', '01/02/2024', '2023-02-29', '2024-01-01 10:00']],
    [
      'tstzrange',
      '["2024-01-01 10:00:00+00",)',
      ['[yesterday,)', '[2024-01-01,)', '[2024-01-01 10:00,2024-01-02 10:00Z)'],
    ],
    ['tstzrange', 'empty', []],
    ['tsmultirange', '{[2024-01-01,2024-01-02), (2024-01-03 10:00,infinity]}', ['{[2024-01-01Z,)}']],
    ['pg_catalog.daterange', '(,2024-01-01]', ['[01/02/2024,05/02/2024)', '[2024-02-30,)']],
  ])('%s takes %j, and no text that depends on the session or the clock', (name, fixed, others) => {
    const type = { kind: 'sql', name, nullable: false } as const;
    expect(columnEncoder(type)(fixed)).toBe(fixed);
    expect(columnEncoder({ ...type, name: `${name}[]` })([fixed])).toBe(`{${JSON.stringify(fixed)}}`);
    for (const other of others) {
      expect(columnEncoder(type)(other)).toBeUndefined();
      expect(columnEncoder({ ...type, name: `${name}[]` })([fixed, other])).toBeUndefined();
      expect(describeMisfit(type, other)).toMatch(/; each time in it must be such as \d.*$/);
    }
  });

  it.each(['text', 'mood', 'date_kind', 'timeframe', 'shop.timestamps', '"date"'])('%s is no time', (name) => {
    const type = { kind: 'sql', name, nullable: false } as const;
    expect(columnEncoder(type)('now')).toBe('now');
  });

  it('is rounded to its scale as it is read, and never cut to a length', () => {
    expect(readCell(sql('numeric(5, 2)'), 1)).toMatch(/::numeric\(5, 2\)$/);
    expect(readCell(sql('timestamp(3) with time zone?'), 1)).toMatch(/::timestamp\(3\) with time zone$/);
    expect(readCell(sql('varchar(3)'), 1)).toMatch(/::varchar$/);
  });

  it('takes text alone', () => {
    const type = { kind: 'sql', name: 'mood', nullable: false } as const;
    expect(columnEncoder(type)('ok')).toBe('ok');
    expect(columnEncoder(type)(5)).toBeUndefined();
    expect(describeMisfit(type, 5)).toBe('must be the text of a value of type mood, got 5; write `String(value)`');
  });
});
