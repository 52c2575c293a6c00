import { describe, expect, it } from 'vitest';
import { DataApiError } from '../../../../local/data-api/data-api-error.ts';
import { createValueEncoder, type EncodeOptions } from '../../../../local/data-api/encode-value.ts';
import type { PgType } from '../../../../local/data-api/pg-type.ts';

const OPTIONS: EncodeOptions = {
  decimalReturnType: 'STRING',
  longReturnType: 'LONG',
  bareArrays: false,
  float4Form: 'shortest',
  jsonText: 'compact',
  voidResults: 'empty-string',
};

function base(name: string): PgType {
  return { oid: 1, name, kind: 'b' };
}

function arrayOf(name: string): PgType {
  return { oid: 2, name: `_${name}`, kind: 'b', element: base(name) };
}

/** The `Field` a value becomes, as JSON text. */
function encode(type: PgType, text: string, options = OPTIONS): string {
  const { member, json } = createValueEncoder(type, options)(text);
  return `{"${member}":${json}}`;
}

const SCALARS: readonly (readonly [string, string, string])[] = [
  ['int2', '-32768', '{"longValue":-32768}'],
  ['int8', '9007199254740993', '{"longValue":9007199254740993}'],
  ['oid', '12345', '{"stringValue":"12345"}'],
  ['void', '', '{"stringValue":""}'],
  ['float8', '0.1', '{"doubleValue":0.1}'],
  ['float8', '10', '{"doubleValue":10.0}'],
  ['float8', '1e+300', '{"doubleValue":1e+300}'],
  ['float8', '-0', '{"doubleValue":-0.0}'],
  ['float8', 'NaN', '{"doubleValue":"NaN"}'],
  ['float8', '-Infinity', '{"doubleValue":"-Infinity"}'],
  ['numeric', '100.10', '{"stringValue":"100.10"}'],
  ['numeric', 'NaN', '{"stringValue":"NaN"}'],
  ['bool', 't', '{"booleanValue":true}'],
  ['bool', 'f', '{"booleanValue":false}'],
  ['bit', '1', '{"booleanValue":true}'],
  ['bytea', '\\x0102ff', '{"blobValue":"AQL/"}'],
  ['bytea', '\\x', '{"blobValue":""}'],
  ['text', 'a "b" \n\u0001', '{"stringValue":"a \\"b\\" \\n\\u0001"}'],
  ['bpchar', 'a  ', '{"stringValue":"a  "}'],
  ['jsonb', '{"a": 1}', '{"stringValue":"{\\"a\\":1}"}'],
  ['date', '2024-02-29', '{"stringValue":"2024-02-29"}'],
  ['time', '12:00:00.8', '{"stringValue":"12:00:00.800"}'],
  ['timestamp', '2024-01-01 00:00:00.8551', '{"stringValue":"2024-01-01 00:00:00.855100"}'],
  ['timestamptz', '2024-01-15 12:34:56+09', '{"stringValue":"2024-01-15 03:34:56"}'],
  ['int4range', '[1,10)', '{"stringValue":"[1,10)"}'],
];

const UNSUPPORTED: readonly (readonly [string, string])[] = [
  ['interval', 'INTERVAL'],
  ['timetz', 'TIMETZ'],
  ['char', '"CHAR"'],
  ['money', 'MONEY'],
  ['point', 'POINT'],
  ['macaddr', 'MACADDR'],
  ['daterange', 'DATERANGE'],
  ['tsrange', 'TSRANGE'],
  ['int8range', 'INT8RANGE'],
  ['regclass', 'regclass'],
  ['xml', 'xml'],
  ['tsvector', 'tsvector'],
  ['vector', 'vector'],
];

const ARRAYS: readonly (readonly [string, string, string])[] = [
  ['int4', '{1,NULL,3}', '{"arrayValue":{"longValues":[1,null,3]}}'],
  ['int4', '{}', '{"arrayValue":{"longValues":[]}}'],
  ['float8', '{1,2.5}', '{"arrayValue":{"doubleValues":[1.0,2.5]}}'],
  ['bool', '{t,f}', '{"arrayValue":{"booleanValues":[true,false]}}'],
  ['text', '{a,"b c",NULL,"NULL",""}', '{"arrayValue":{"stringValues":["a","b c",null,"NULL",""]}}'],
  ['numeric', '{1.10}', '{"arrayValue":{"stringValues":["1.10"]}}'],
  ['date', '{2024-01-01}', '{"arrayValue":{"stringValues":["2024-01-01"]}}'],
  ['timestamptz', '{"2024-01-01 00:00:00.5+00"}', '{"arrayValue":{"stringValues":["2024-01-01 00:00:00.500"]}}'],
  ['jsonb', '{"{\\"a\\": 1}"}', '{"arrayValue":{"stringValues":["{\\"a\\":1}"]}}'],
];

describe('createValueEncoder', () => {
  it.each(SCALARS)('returns the %s %s', (name, text, field) => {
    expect(encode(base(name), text)).toBe(field);
  });

  it.each([
    ['1.048596', 1.048596, 1.0485960245132446],
    ['73849.11', 73849.11, 73849.109375],
    ['0.1', 0.1, 0.10000000149011612],
    ['3.4028235e+38', 3.4028235e38, 3.4028234663852886e38],
    ['1e-45', 1e-45, 1.401298464324817e-45],
    ['0.5', 0.5, 0.5],
    ['1.6777216e+07', 16_777_216, 16_777_216],
  ])('returns the float4 %s in one form, alone and in an array', (text, shortest, widened) => {
    for (const [float4Form, value] of [
      ['shortest', shortest],
      ['widened', widened],
    ] as const) {
      const json = Number.isInteger(value) ? value.toFixed(1) : String(value);
      const options = { ...OPTIONS, float4Form };
      expect(encode(base('float4'), text, options)).toBe(`{"doubleValue":${json}}`);
      expect(encode(arrayOf('float4'), `{${text}}`, options)).toBe(`{"arrayValue":{"doubleValues":[${json}]}}`);
    }
  });

  it('refuses a void where asked', () => {
    const refused: EncodeOptions = { ...OPTIONS, voidResults: 'refused' };
    expect(() => createValueEncoder(base('void'), refused)).toThrow(
      'The result contains the unsupported data type VOID.',
    );
  });

  it.each(['json', 'jsonb'])('returns %s as PostgreSQL prints it where asked, alone and in an array', (name) => {
    const options: EncodeOptions = { ...OPTIONS, jsonText: 'as-printed' };
    const text = '{"a": 1}';
    expect(encode(base(name), text, options)).toBe(`{"stringValue":${JSON.stringify(text)}}`);
    expect(encode(arrayOf(name), `{${JSON.stringify(text)}}`, options)).toBe(
      `{"arrayValue":{"stringValues":[${JSON.stringify(text)}]}}`,
    );
  });

  it('returns an enum as a string', () => {
    expect(encode({ oid: 3, name: 'mood', kind: 'e' }, 'happy')).toBe('{"stringValue":"happy"}');
  });

  it.each(UNSUPPORTED)('refuses %s and calls it %s', (name, shown) => {
    const error = new DataApiError(
      'UnsupportedResultException',
      `The result contains the unsupported data type ${shown}.`,
    );
    expect(() => createValueEncoder(base(name), OPTIONS)).toThrow(error);
  });

  it('refuses an array of a type it refuses', () => {
    expect(() => createValueEncoder(arrayOf('regtype'), OPTIONS)).toThrow('unsupported data type regtype[].');
    expect(() => createValueEncoder(arrayOf('interval'), OPTIONS)).toThrow('unsupported data type INTERVAL[].');
  });

  it('refuses composites and more than one bit', () => {
    expect(() => createValueEncoder({ oid: 4, name: 'address', kind: 'c' }, OPTIONS)).toThrow('data type address.');
    expect(() => encode(base('bit'), '101')).toThrow('data type BIT.');
  });

  it.each(['timestamp', 'timestamptz', 'date'])('fails inside without a message on an infinite %s', (name) => {
    for (const text of ['infinity', '-infinity']) {
      expect(() => encode(base(name), text)).toThrow(new DataApiError('InternalFailure', ''));
    }
  });

  it.each(ARRAYS)('returns the %s[] %s', (name, text, field) => {
    expect(encode(arrayOf(name), text)).toBe(field);
  });

  it('refuses an array of more than one dimension', () => {
    expect(() => encode(arrayOf('int4'), '{{1,2},{3,4}}')).toThrow('The result contains a multidimensional array.');
  });

  it('returns longs as strings where asked', () => {
    const options: EncodeOptions = { ...OPTIONS, longReturnType: 'STRING' };
    expect(encode(base('int8'), '9223372036854775807', options)).toBe('{"stringValue":"9223372036854775807"}');
  });

  it.each([
    ['5', '{"longValue":5}'],
    ['-5', '{"longValue":-5}'],
    ['5.0', '{"doubleValue":5.0}'],
    ['100.10', '{"doubleValue":100.1}'],
    ['123456789012345678901234567890', '{"doubleValue":1.2345678901234568e+29}'],
    ['NaN', '{"doubleValue":"NaN"}'],
  ])('returns the decimal %s as a long at scale 0 and else as a double where asked', (text, field) => {
    expect(encode(base('numeric'), text, { ...OPTIONS, decimalReturnType: 'DOUBLE_OR_LONG' })).toBe(field);
  });
});

describe('compact JSON', () => {
  /** The text of a JSON value on its way out. */
  function compact(text: string): string {
    return (JSON.parse(encode(base('json'), text)) as { stringValue: string }).stringValue;
  }

  it.each([
    ['{"a": [1, 2], "b": {"c": null}}', '{"a":[1,2],"b":{"c":null}}'],
    ['{\n\t"a" :\r\n 1 }', '{"a":1}'],
    [' true ', 'true'],
    ['[]', '[]'],
  ])('of %j is %j', (text, expected) => {
    expect(compact(text)).toBe(expected);
  });

  it.each(['"a, b: c"', String.raw`{"say \" , \\":" x "}`, String.raw`["\\","y z"]`, '"\u2028 é"'])(
    'leaves the strings in %j alone',
    (text) => {
      expect(compact(text)).toBe(text);
    },
  );

  it('keeps every token: the order of members, one that comes twice, escapes and digits', () => {
    const text = String.raw`{"b": 1.10, "a": 123456789012345678901234567890, "b": [1e3, -0, "\u00e9"]}`;
    expect(compact(text)).toBe(text.replaceAll(' ', ''));
  });

  it('takes a string of a million characters', () => {
    const text = JSON.stringify({ text: 'a "b" \\ '.repeat(125_000) });
    expect(compact(text)).toBe(text);
  });
});
