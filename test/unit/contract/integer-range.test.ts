import { describe, expect, it } from 'vitest';
import { integerProblem, isIntegerWithin, parseInteger } from '../../../contract/integer-range.ts';

const RANGE = { min: -1, max: 10 };

describe('isIntegerWithin', () => {
  it.each([-1, 0, 10])('takes %d', (value) => {
    expect(isIntegerWithin(value, RANGE)).toBe(true);
  });

  it.each([-2, 11, 1.5, NaN, Infinity, '5', 5n, null, undefined])('refuses %s', (value) => {
    expect(isIntegerWithin(value, RANGE)).toBe(false);
  });
});

describe('parseInteger', () => {
  it.each([
    ['0', 0],
    ['10', 10],
    ['007', 7],
  ])('reads %j as %d', (text, value) => {
    expect(parseInteger(text, RANGE)).toBe(value);
  });

  it.each(['11', '-1', '+1', '1.0', '1e1', '0x1', ' 1', '1 ', '', '١'])('refuses %j', (text) => {
    expect(parseInteger(text, RANGE)).toBeUndefined();
  });
});

describe('integerProblem', () => {
  it.each([
    ['0', '"0"'],
    [0, '0'],
    [NaN, 'NaN'],
    [undefined, 'nothing'],
    ['', 'nothing'],
    [null, 'null'],
    [true, 'true'],
  ])('says what was expected and shows %j as %s', (got, shown) => {
    expect(integerProblem('count', { min: 1, max: 9 }, got)).toBe(
      `\`count\` must be an integer from 1 to 9, got ${shown}`,
    );
  });
});
