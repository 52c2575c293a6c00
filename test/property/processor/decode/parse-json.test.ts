import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJson } from '../../../../processor/decode/parse-json.ts';

/** A number as JSON may write it, and what it is: an integer of all its digits, or a fraction as JavaScript reads it. */
interface WrittenNumber {
  readonly text: string;
  readonly value: number | bigint;
}

/** Reckoned by moving the point, digit by digit, which has nothing in common with the code under test. */
function meaning(negative: boolean, digits: string, pointAt: number): bigint | undefined {
  let whole = '';
  for (let at = 0; at < Math.max(pointAt, digits.length); at += 1) {
    const digit = digits[at] ?? '0';
    if (at < pointAt) whole += digit;
    else if (digit !== '0') return undefined;
  }
  return BigInt(`${negative ? '-' : ''}${whole === '' ? '0' : whole}`);
}

const digits = fc.stringMatching(/^[1-9][0-9]{0,29}$/);
const writtenNumber = fc
  .record({
    negative: fc.boolean(),
    digits: fc.oneof(
      digits,
      fc.tuple(digits, fc.nat({ max: 20 })).map(([some, zeros]) => some + '0'.repeat(zeros)),
    ),
    fractionDigits: fc.oneof(fc.constant(0), fc.nat({ max: 30 })),
    exponent: fc.oneof(
      fc.constant(['', 0] as const),
      fc
        .tuple(fc.constantFrom('e', 'E', 'e+', 'E+'), fc.nat({ max: 40 }))
        .map(([sign, power]) => [`${sign}${power}`, power] as const),
      fc.nat({ max: 40 }).map((power) => [`e-${power}`, -power] as const),
    ),
  })
  .map(({ negative, digits: all, fractionDigits, exponent: [exponent, power] }): WrittenNumber => {
    const padded = all.padStart(fractionDigits + 1, '0');
    const point = padded.length - fractionDigits;
    const mantissa = fractionDigits === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
    const text = `${negative ? '-' : ''}${mantissa}${exponent}`;
    const integer = meaning(negative, padded, point + power);
    const isLarge = integer !== undefined && (integer > 2n ** 53n - 1n || integer < 1n - 2n ** 53n);
    return { text, value: isLarge ? integer : Number(text) };
  });

const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const confusing = fc.constantFrom(
  '12345678901234567890',
  ',9007199254740993]',
  ': 1e400',
  '\\" 9007199254740993',
  '{"a":1e23}',
);

it('gives every integer beyond 2^53 as a bigint with its digits, every other number as JavaScript reads it', () => {
  fc.assert(
    fc.property(writtenNumber, space, confusing, ({ text, value }, gap, string) => {
      expect(parseJson(gap + text + gap)).toStrictEqual(value);
      const member = JSON.stringify(string);
      const json = `{${gap}${member}${gap}:${gap}[${gap}${text}${gap},${member},${text}${gap}],"__proto__":${text}}`;
      const parsed = parseJson(json) as object;
      expect(Object.entries(parsed)).toStrictEqual([
        [string, [value, string, value]],
        ['__proto__', value],
      ]);
    }),
    { numRuns: 3_000 },
  );
});

it('parses all other JSON as JSON.parse does, and throws where it throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json({ noUnicodeString: false }),
        fc.string(),
        fc.string({ unit: fc.constantFrom(...Array.from('[]{},:"-1.eE+ \\0')) }),
      ),
      (text) => {
        const attempt = (parse: (json: string) => unknown) => {
          try {
            return { value: parse(text) };
          } catch (error) {
            return { error: (error as Error).name };
          }
        };
        const expected = attempt(JSON.parse);
        fc.pre(!holdsLargeInteger(expected.value));
        expect(attempt(parseJson)).toStrictEqual(expected);
      },
    ),
    { numRuns: 3_000 },
  );
});

function holdsLargeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsLargeInteger);
}
