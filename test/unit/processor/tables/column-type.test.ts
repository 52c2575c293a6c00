import { describe, expect, it } from 'vitest';
import type { ColumnTypeName } from '../../../../processor/tables/column-type.ts';
import {
  COLUMN_TYPE_NAMES,
  columnEncoder,
  describeColumnType,
  parseColumnType,
} from '../../../../processor/tables/column-type.ts';

const NOTHING = undefined;
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const circle: unknown[] = [];
circle.push(circle);

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
    ],
    refuses: [NaN, Infinity, -Infinity, '', '.5', '1.', 'NaN', '0x1', '1,5', true],
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
  date: { takes: [['2001-03-31', '2001-03-31']], refuses: [new Date(), 5] },
  timestamp: { takes: [['2001-03-31 22:27:00', '2001-03-31 22:27:00']], refuses: [new Date(), 5] },
  timestamptz: {
    takes: [
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      ['2001-03-31T22:27:00Z', '2001-03-31T22:27:00Z'],
      ['2001-03-31 22:27:00.123456+02', '2001-03-31 22:27:00.123456+02'],
      ['2001-03-31 22:27 -05:30', '2001-03-31 22:27 -05:30'],
      ['2001-03-31T22:27:00-0530', '2001-03-31T22:27:00-0530'],
    ],
    refuses: [new Date(NaN), '2001-03-31', '2001-03-31 22:27:00', '2001-03-31Z', '', 0],
  },
  uuid: { takes: [['0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11', '0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11']], refuses: [5] },
  jsonb: {
    takes: [
      [null, null],
      ['', ''],
      [0, 0],
      [
        { a: [true, { b: null }], c: undefined },
        { a: [true, { b: null }], c: undefined },
      ],
      [nested(500), nested(500)],
    ],
    refuses: [NOTHING, NaN, [Infinity], { a: 1n }, [undefined], { a: () => 1 }, Symbol('s'), nested(501), circle],
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

it('says what a column takes', () => {
  expect(describeColumnType({ name: 'smallint', nullable: true })).toBe('an integer from -32768 to 32767 or null');
});
