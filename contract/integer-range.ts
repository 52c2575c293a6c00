/** Whole numbers from `min` to `max`, both included. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/** Whether a value is a whole number of the range. */
export function isIntegerWithin(value: unknown, { min, max }: IntegerRange): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

/**
 * Reads a whole number from text: digits only, no sign, space, exponent or other base.
 *
 * @returns undefined when the text is something else, or the number is outside the range
 */
export function parseInteger(text: string, range: IntegerRange): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  return isIntegerWithin(value, range) ? value : undefined;
}

/** What a number of the range is called in messages; completes "must be" and "expected". */
export function describeIntegerRange({ min, max }: IntegerRange): string {
  return `an integer from ${min} to ${max}`;
}

/**
 * The message for a value that is not a whole number of the range.
 *
 * @param name what holds the value, as its user writes it
 * @param got the value; a string is quoted, and undefined or empty text reads as nothing
 */
export function integerProblem(name: string, range: IntegerRange, got: unknown): string {
  return `\`${name}\` must be ${describeIntegerRange(range)}, got ${describeValue(got)}`;
}

function describeValue(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
