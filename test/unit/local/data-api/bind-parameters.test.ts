import { describe, expect, it } from 'vitest';
import { bindParameters } from '../../../../local/data-api/bind-parameters.ts';
import type { ParameterValue, TypeHint } from '../../../../local/data-api/data-api-request.ts';
import type { TemporalHint } from '../../../../local/data-api/temporal-problem.ts';

function bindOne(value: ParameterValue, typeHint?: TypeHint) {
  const parameter = { name: 'p', value, ...(typeHint && { typeHint }) };
  const { types, values } = bindParameters({ text: '$1', names: ['p'] }, [parameter]);
  return { type: types[0], value: values[0] };
}

const UNHINTED: readonly (readonly [string, ParameterValue, number, string | null])[] = [
  ['a string is declared text', { stringValue: 'x' }, 25, 'x'],
  ['a long is declared int8', { longValue: 5 }, 20, '5'],
  ['a long keeps all its digits', { longValue: 9_007_199_254_740_993n }, 20, '9007199254740993'],
  ['a double is declared float8, also without a fraction', { doubleValue: 5 }, 701, '5'],
  ['a double may be NaN', { doubleValue: 'NaN' }, 701, 'NaN'],
  ['a double may be infinite', { doubleValue: '-Infinity' }, 701, '-Infinity'],
  ['a double keeps the sign of zero', { doubleValue: -0 }, 701, '-0'],
  ['true is declared bool', { booleanValue: true }, 16, 't'],
  ['false is declared bool', { booleanValue: false }, 16, 'f'],
  ['a null is left to the database', { isNull: true }, 0, null],
];

const HINTED: readonly (readonly [TypeHint, string, number])[] = [
  ['DATE', '2024-02-29', 1082],
  ['TIME', '12:34:56', 1083],
  ['TIME', '12:34:56.789', 1083],
  ['TIMESTAMP', '2024-02-29 12:34:56', 1114],
  ['TIMESTAMP', '2024-02-29 12:34:56.789', 1114],
  ['TIMESTAMP', '2024-02-29 12:34:56.789012', 1114],
  ['DECIMAL', '1.10', 1700],
  ['UUID', '550e8400-e29b-41d4-a716-446655440000', 2950],
  ['JSON', '{"a":1}', 3802],
];

const MALFORMED: readonly (readonly [TemporalHint, string])[] = [
  ['DATE', '2024-2-29'],
  ['DATE', '29.02.2024'],
  ['DATE', '2024-02-29 00:00:00'],
  ['TIME', '12:34'],
  ['TIME', '12:34:56Z'],
  ['TIME', '12:34:56.'],
  ['TIMESTAMP', '2024-02-29T12:34:56Z'],
  ['TIMESTAMP', '2024-02-29T12:34:56'],
  ['TIMESTAMP', '2024-02-29 12:34:56Z'],
  ['TIMESTAMP', '2024-02-29 12:34:56+02'],
  ['TIMESTAMP', '2024-02-29'],
  ['TIMESTAMP', '2024-02-29 12:34:56\n'],
];

describe('bindParameters', () => {
  it.each(UNHINTED)('%s', (_, value, ...[type, text]) => {
    expect(bindOne(value)).toEqual({ type, value: text });
  });

  it('sends a blob as bytes, declared bytea', () => {
    expect(bindOne({ blobValue: 'AQI=' })).toEqual({ type: 17, value: Buffer.from([1, 2]) });
  });

  it.each(HINTED)('a %s hint declares the type of %j', (hint, value, type) => {
    expect(bindOne({ stringValue: value }, hint)).toEqual({ type, value });
  });

  it.each(MALFORMED)('a %s hint refuses %j', (hint, value) => {
    const name = { DATE: 'Date', TIME: 'Time', TIMESTAMP: 'TimeStamp' }[hint];
    expect(() => bindOne({ stringValue: value }, hint)).toThrow(
      expect.objectContaining({
        name: 'DatabaseErrorException',
        message: expect.stringMatching(`^Parse Error for ${name}: `) as string,
      }) as Error,
    );
  });

  it('a hint gives a null its type', () => {
    expect(bindOne({ isNull: true }, 'UUID')).toEqual({ type: 2950, value: null });
  });

  it('a hint changes nothing about a value that is not a string', () => {
    expect(bindOne({ longValue: 1 }, 'DECIMAL')).toEqual({ type: 20, value: '1' });
  });

  it('binds each occurrence of a name, and ignores parameters nobody asks for', () => {
    const parameters = [
      { name: 'a', value: { longValue: 1 } },
      { name: 'b', value: { longValue: 2 } },
    ];
    const { values } = bindParameters({ text: '$1 $2', names: ['b', 'b'] }, parameters);
    expect(values).toEqual(['2', '2']);
  });

  it('leaves a placeholder without a parameter to the database', () => {
    const parameters = [{ name: 'b', value: { longValue: 2 } }];
    const bound = bindParameters({ text: '$1 $2', names: ['a', 'b'] }, parameters);
    expect(bound).toEqual({ text: '$1 $2', types: [20], values: ['2'] });
  });
});
