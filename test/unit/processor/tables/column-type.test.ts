import { describe, expect, it } from 'vitest';
import type { ColumnTypeName } from '../../../../processor/tables/column-type.ts';
import {
  COLUMN_TYPE_NAMES,
  columnEncoder,
  describeMisfit,
  parseColumnType,
} from '../../../../processor/tables/column-type.ts';
import { JsonText } from '../../../../processor/tables/json-cell.ts';

const NOTHING = undefined;

/** Per type: values it takes with what they become, and values it refuses. */
const TABLE: Record<ColumnTypeName, { takes: (readonly [unknown, unknown])[]; refuses: unknown[] }> = {
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
    refuses: [NaN, Infinity, 2 ** 53, -1e300, '', '.5', '1.', 'NaN', '0x1', '1_000', '1,5', true],
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

describe.each(COLUMN_TYPE_NAMES)('a %s column', (name) => {
  const { takes, refuses } = TABLE[name];
  const encode = columnEncoder({ name, nullable: false });
  const encodeNullable = columnEncoder({ name, nullable: true });

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
    if (name !== 'jsonb') expect(encode(null)).toBeUndefined();
  });
});

describe('parseColumnType', () => {
  it('takes a declaration apart', () => {
    expect(parseColumnType('double precision?')).toEqual({ name: 'double precision', nullable: true });
    expect(parseColumnType('text')).toEqual({ name: 'text', nullable: false });
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
    expect(describeMisfit({ name, nullable: true }, value)).toBe(says);
  });
});
