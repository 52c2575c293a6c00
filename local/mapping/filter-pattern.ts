/**
 * Event patterns as EventBridge defines them, with the operators that Lambda's event filtering documents.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html}
 *
 * @module
 */

/** Says whether a value matches; `present` is false when the field is missing. */
export type Matcher = (value: unknown, present: boolean) => boolean;

type Compile = (operand: unknown) => Matcher | undefined;

/** A pattern that cannot be compiled; caught where the settings are checked. */
class PatternError extends Error {
  override readonly name = 'PatternError';
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): boolean => value === null || ['string', 'number', 'boolean'].includes(typeof value);

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

/** Operators by name; each gives `undefined` for an operand it does not take. */
const OPERATORS: Readonly<Record<string, Compile>> = {
  prefix: (operand) => textMatcher(operand, (value, text) => value.startsWith(text)),
  suffix: (operand) => textMatcher(operand, (value, text) => value.endsWith(text)),
  'equals-ignore-case': (operand) => textMatcher(operand, (value, text) => value.toLowerCase() === text.toLowerCase()),
  exists: (operand) =>
    typeof operand === 'boolean' ? (value, present) => (present && !isPlainObject(value)) === operand : undefined,
  numeric: compileNumeric,
  'anything-but': compileAnythingBut,
};

/**
 * Checks a pattern.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function patternProblem(pattern: unknown): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

/**
 * Compiles a pattern: an object names the fields that must all match, a list holds the alternatives for one field.
 *
 * @throws an error when the pattern has a {@link patternProblem}
 */
export function compilePattern(pattern: unknown, path = ''): Matcher {
  if (Array.isArray(pattern)) return compileAlternatives(pattern, path);
  if (!isPlainObject(pattern)) {
    throw new PatternError(`must have a list or an object at ${path || 'its top'}, got ${JSON.stringify(pattern)}`);
  }
  const fields = Object.entries(pattern).map(([key, part]) =>
    key === '$or' ? compileOr(part, path) : compileField(key, part, path),
  );
  if (fields.length === 0) throw new PatternError(`must not have an empty object at ${path || 'its top'}`);
  return (value, present) => fields.every((matches) => matches(value, present));
}

function compileField(key: string, part: unknown, path: string): Matcher {
  const matches = compilePattern(part, path === '' ? key : `${path}.${key}`);
  return (value) =>
    isPlainObject(value) && Object.hasOwn(value, key) ? matches(value[key], true) : matches(undefined, false);
}

function compileOr(parts: unknown, path: string): Matcher {
  if (!Array.isArray(parts) || parts.length < 2) {
    throw new PatternError(`must have a list of two or more patterns in $or at ${path || 'its top'}`);
  }
  const alternatives = parts.map((part) => compilePattern(part, path));
  return (value, present) => alternatives.some((matches) => matches(value, present));
}

/** A field that holds a list matches when one of its elements does. */
function compileAlternatives(rules: readonly unknown[], path: string): Matcher {
  if (rules.length === 0) throw new PatternError(`must not have an empty list at ${path || 'its top'}`);
  const alternatives = rules.map((rule) => compileRule(rule, path));
  const matchesOne: Matcher = (value, present) => alternatives.some((matches) => matches(value, present));
  return (value, present) =>
    Array.isArray(value) && value.length > 0
      ? value.some((element) => matchesOne(element, present))
      : matchesOne(value, present);
}

function compileRule(rule: unknown, path: string): Matcher {
  if (isScalar(rule)) return (value, present) => present && value === rule;
  if (isPlainObject(rule)) {
    const [[name, operand] = [], ...others] = Object.entries(rule);
    const compile = name !== undefined && others.length === 0 ? OPERATORS[name] : undefined;
    const matcher = compile?.(operand);
    if (matcher !== undefined) return matcher;
  }
  throw new PatternError(`has an operator that is not known at ${path}: ${JSON.stringify(rule)}`);
}

function textMatcher(operand: unknown, test: (value: string, text: string) => boolean): Matcher | undefined {
  return isText(operand) ? (value) => isText(value) && test(value, operand) : undefined;
}

/** `["=", 5]`, `[">", 0]` or both ends of a range: `[">", 0, "<=", 100]`. */
function compileNumeric(operand: unknown): Matcher | undefined {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) return undefined;
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const [comparison, bound] = operand.slice(index, index + 2) as readonly unknown[];
    const compare = COMPARISONS[String(comparison)];
    if (compare === undefined || typeof bound !== 'number') return undefined;
    tests.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

/** Operators that `anything-but` can turn around. */
const TEXT_OPERATORS = ['prefix', 'suffix', 'equals-ignore-case'];

/** Matches a field that is there and is none of what is named; a missing field does not match. */
function compileAnythingBut(operand: unknown): Matcher | undefined {
  if (isPlainObject(operand)) return compileAnythingButText(operand);
  const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const isComparable = (value: unknown): boolean => isText(value) || typeof value === 'number';
  if (excluded.length === 0 || !excluded.every(isComparable)) {
    return undefined;
  }
  return (value, present) => present && !excluded.includes(value);
}

function compileAnythingButText(operand: Readonly<Record<string, unknown>>): Matcher | undefined {
  const [[name, text] = ['', undefined], ...others] = Object.entries(operand);
  if (others.length > 0 || !TEXT_OPERATORS.includes(name)) return undefined;
  const inner = OPERATORS[name]?.(text);
  return inner && ((value, present) => present && !inner(value, present));
}
