import { expect, it } from 'vitest';
import { parseJson } from '../../../../processor/decode/parse-json.ts';

it.each([
  ['9007199254740991', 2 ** 53 - 1],
  ['9007199254740992', 2n ** 53n],
  ['-9007199254740993', -(2n ** 53n) - 1n],
  ['9007199254740993.0', 2n ** 53n + 1n],
  ['90071992547409930e-1', 2n ** 53n + 1n],
  ['900719925474099.30e+1', 2n ** 53n + 1n],
  ['9.007199254740993E15', 2n ** 53n + 1n],
  ['1e23', 10n ** 23n],
  ['1e400', 10n ** 400n],
  ['-0', -0],
  ['1.50', 1.5],
  ['1e-400', 0],
  // A fraction is a double, also where there are no fractions any more.
  ['12345678901234567.89', 12345678901234568],
])('%s is %s', (text, value) => {
  expect(parseJson(text)).toBe(value);
});

it('takes no digits for a number that are part of a text', () => {
  const json = { id: '12345678901234567890', ':9007199254740993': '[9007199254740993,1e400' };
  expect(parseJson(JSON.stringify(json))).toEqual(json);
});

it('refuses numbers that would take longer to read than they are worth', () => {
  const digits = '9'.repeat(10_000);
  expect(parseJson(digits)).toBe(BigInt(digits));
  expect(() => parseJson(`${digits}0`)).toThrow(/^the number 9{40} takes more than the 10000 digits that are read$/);
  expect(parseJson(`${digits}0`, Infinity)).toBe(BigInt(`${digits}0`));
  expect(parseJson('1e9999')).toBe(10n ** 9_999n);
  for (const text of ['1e10000', '1e99999999999999999999', `[${'1e9999,'.repeat(101)}1]`]) {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  }
});
