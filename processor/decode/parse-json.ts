/**
 * JSON in which no integer is rounded.
 *
 * @module
 */

/** Every number beyond 2^53 has one of these. Spelled out, sixteen digits are found by looking at every 16th character. */
const [SIXTEEN_DIGITS, EXPONENT] = [new RegExp('\\d'.repeat(16)), /\d[eE]\+?\d/];
/** The same as a number, with what can stand before one in JSON: most long digits and exponents are parts of texts. */
const LARGE_NUMBER = /(?:^|[\s:,[])-?(?:\d{16}|\d+(?:\.\d+)?[eE]\+?\d)/;

/** More digits than any useful number has; the time to read them grows faster than their number. */
const MAX_DIGITS = 10_000;
/** Zeros that one text's exponents may stand for: a few bytes each, they could ask for gigabytes. */
const MAX_WRITTEN_OUT_ZEROS = 1_000_000;

/** Node.js has handed the text of a number to revivers since version 21; the types of ES2024 do not know it. */
type SourceReviver = (key: string, value: unknown, context: { readonly source: string }) => unknown;

/**
 * Parses JSON as `JSON.parse` does, but gives an integer beyond ±(2^53 - 1) as a bigint with all its digits, in
 * whichever notation it stands: `9007199254740993`, `9007199254740993.0` or `1e23`. Fractions are doubles as always.
 *
 * @param maxDigits most digits that such an integer may have; `Infinity` for texts of our own database
 * @throws SyntaxError for what is no JSON, and for numbers that take too many digits
 */
export function parseJson(text: string, maxDigits = MAX_DIGITS): unknown {
  const isUsual = !(SIXTEEN_DIGITS.test(text) || EXPONENT.test(text)) || !LARGE_NUMBER.test(text);
  return isUsual ? JSON.parse(text) : parseWithDigits(text, maxDigits);
}

function parseWithDigits(text: string, maxDigits: number): unknown {
  let zeros = 0;
  const keepDigits: SourceReviver = (_name, value, { source }) => {
    if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    const { sign, digits, zerosBehind } = parseNumber(source);
    if (zerosBehind < 0) return value;
    zeros += zerosBehind;
    if (digits.length + zerosBehind > maxDigits || zeros > MAX_WRITTEN_OUT_ZEROS) throw tooLong(source, maxDigits);
    return BigInt(`${sign}${digits}${'0'.repeat(zerosBehind)}`);
  };
  return JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]);
}

interface ParsedNumber {
  readonly sign: string;
  /** Without zeros at their end, unless they are an integer's own. */
  readonly digits: string;
  /** Zeros that follow the digits; less than none where some of the digits are behind the point. */
  readonly zerosBehind: number;
}

function parseNumber(source: string): ParsedNumber {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(source) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const zerosBehind = Number(exponent) - fraction.length;
  if (zerosBehind >= 0) return { sign, digits, zerosBehind };
  // 9007199254740993.0 and 90071992547409930e-1 are integers too.
  const significant = digits.replace(/0+$/, '');
  return { sign, digits: significant, zerosBehind: zerosBehind + digits.length - significant.length };
}

function tooLong(source: string, maxDigits: number): SyntaxError {
  return new SyntaxError(`the number ${source.slice(0, 40)} takes more than the ${maxDigits} digits that are read`);
}
