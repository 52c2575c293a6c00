/**
 * What the list of a field in an event pattern may hold: values, and operators on values. The operators are those of
 * EventBridge; Lambda's page says that it takes them all and lists some.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html}
 * {@link https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html}
 *
 * @module
 */
import { BlockList, isIP } from 'node:net';

/** Says whether a value matches, given its `Leaf.text`. */
export type LeafTest = (text: string) => boolean;

/** What one element of a field's list asks for: a value that passes a test, or that there is no value. */
export type FieldRule = LeafTest | 'absent';

/** An element of a field's list that AWS refuses. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Numbers outside of this range can't be compared, say AWS's pages. */
const COMPARABLE = { min: -5e9, max: 5e9 } as const;
const COMPARABLE_TEXT = 'from -5e9 to 5e9';

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** Operators that compare text, and that `anything-but` can turn around. */
const TEXT_OPERATORS: Readonly<Record<string, (operand: string) => LeafTest>> = {
  prefix: (prefix) => (text) => text.startsWith(`"${prefix}`),
  suffix: (suffix) => (text) => text.endsWith(`${suffix}"`),
  'equals-ignore-case': (expected) => matching(`^"${inAnyCase(expected)}"$`),
  wildcard: compileWildcard,
};

/** `prefix` and `suffix` around `equals-ignore-case`. */
const AFFIXES_IN_ANY_CASE: Readonly<Record<string, (operand: string) => LeafTest>> = {
  prefix: (prefix) => matching(`^"${inAnyCase(prefix)}`),
  suffix: (suffix) => matching(`${inAnyCase(suffix)}"$`),
};

const OPERATORS: Readonly<Record<string, (operand: unknown, name: string) => FieldRule>> = {
  exactly: (operand, name) => equals(`"${textOperand(operand, name)}"`),
  prefix: compileAffix,
  suffix: compileAffix,
  'equals-ignore-case': compileText,
  wildcard: compileText,
  numeric: compileNumeric,
  cidr: compileCidr,
  exists: compileExists,
  'anything-but': compileAnythingBut,
};

/** Names of operators, present and to come: AWS takes none of them for a field within `$or`. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(OPERATORS),
  ...Object.keys(COMPARISONS),
  ...['html', 'regex', 'not-wildcard', 'not-equals-ignore-case', 'ip-address-in-range', 'ip-address-not-in-range'],
  ...['date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range'],
]);

/**
 * Compiles one element of a field's list: a value, or an object with one operator.
 *
 * @param rule the element, as JSON.parse gives it
 * @throws PatternError with the reason when AWS refuses it
 */
export function compileRule(rule: unknown): FieldRule {
  if (typeof rule === 'string') return equalsText(rule);
  if (typeof rule === 'number') return equalsNumber(rule);
  if (typeof rule === 'boolean' || rule === null) return equals(String(rule));
  const [[name, operand] = ['', undefined], ...others] = isPlainObject(rule) ? Object.entries(rule) : [];
  const compile = others.length === 0 && Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (compile !== undefined) return compile(operand, name);
  throw new PatternError(
    `expected a value or an object with one of ${Object.keys(OPERATORS).join(', ')}, got ${JSON.stringify(rule)}`,
  );
}

/** Refuses an operand. */
function refuse(name: string, expected: string, operand: unknown): never {
  throw new PatternError(`\`${name}\` takes ${expected}, got ${JSON.stringify(operand)}`);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOperand(operand: unknown, name: string): string {
  return typeof operand === 'string' ? operand : refuse(name, 'a string', operand);
}

function equals(expected: string): LeafTest {
  return (text) => text === expected;
}

/** AWS also takes two ways to write one IP address for the same. */
function equalsText(expected: string): LeafTest {
  const isEqual = equals(`"${expected}"`);
  const family = familyOf(expected);
  if (family === undefined) return isEqual;
  const address = new BlockList();
  address.addAddress(expected, family);
  return (text) => isEqual(text) || isAddressIn(address, text);
}

/** Recorded, against AWS's page: 300 and 300.0 are equal. Beyond the range of comparable numbers the digits decide. */
function equalsNumber(expected: number): LeafTest {
  const digits = JSON.stringify(expected);
  return (text) => text === digits || comparableNumber(text) === expected;
}

function compileText(operand: unknown, name: string): LeafTest {
  const text = textOperand(operand, name);
  return TEXT_OPERATORS[name]?.(text) ?? refuse(name, 'no operand', operand);
}

function compileAffix(operand: unknown, name: string): LeafTest {
  if (typeof operand === 'string') return compileText(operand, name);
  const [[inner, text] = ['', undefined], ...others] = isPlainObject(operand) ? Object.entries(operand) : [];
  const compile = AFFIXES_IN_ANY_CASE[name];
  if (inner === 'equals-ignore-case' && others.length === 0 && typeof text === 'string' && compile !== undefined) {
    return compile(text);
  }
  return refuse(name, 'a string, or an object with `equals-ignore-case` and a string', operand);
}

function compileExists(operand: unknown, name: string): FieldRule {
  if (typeof operand !== 'boolean') return refuse(name, 'true or false', operand);
  return operand ? () => true : 'absent';
}

/** `["=", 5]`, `[">", 0]`, or a range from bottom to top: `[">", 0, "<=", 100]`. */
function compileNumeric(operand: unknown, name: string): LeafTest {
  const terms: readonly unknown[] = Array.isArray(operand) ? operand : [];
  const [comparison, bound, upperComparison, top] = terms;
  const test = numericTest(comparison, bound);
  if (test !== undefined && terms.length === 2) return test;
  const upper = numericTest(upperComparison, top);
  const isRange = String(comparison).startsWith('>') && String(upperComparison).startsWith('<');
  if (test !== undefined && upper !== undefined && terms.length === 4 && isRange && Number(bound) < Number(top)) {
    return (text) => test(text) && upper(text);
  }
  const expected = 'one comparison such as [">", 5], or a range with the lower bound first such as [">", 0, "<=", 5]';
  return refuse(name, `${expected} with numbers ${COMPARABLE_TEXT}`, operand);
}

function numericTest(comparison: unknown, bound: unknown): LeafTest | undefined {
  const compare = Object.hasOwn(COMPARISONS, String(comparison)) ? COMPARISONS[String(comparison)] : undefined;
  if (compare === undefined || typeof bound !== 'number' || !isComparable(bound)) return undefined;
  return (text) => {
    const value = comparableNumber(text);
    return value !== undefined && compare(value, bound);
  };
}

function isComparable(value: number): boolean {
  return value >= COMPARABLE.min && value <= COMPARABLE.max;
}

/** Of all leaves only numbers begin with a digit or a sign. */
function comparableNumber(text: string): number | undefined {
  const value = /^[-\d]/.test(text) ? Number(text) : NaN;
  return isComparable(value) ? value : undefined;
}

function compileCidr(operand: unknown, name: string): LeafTest {
  const [address = '', bits = '', ...rest] = textOperand(operand, name).split('/');
  const family = familyOf(address);
  const width = family === 'ipv4' ? 32 : 128;
  if (family === undefined || rest.length > 0 || !/^\d+$/.test(bits) || Number(bits) >= width) {
    return refuse(name, 'an IP address, a slash and a number of bits below 32 or, for IPv6, 128', operand);
  }
  const range = new BlockList();
  range.addSubnet(address, Number(bits), family);
  return (text) => isAddressIn(range, text);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  if (address.includes('%')) return undefined;
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

function isAddressIn(addresses: BlockList, text: string): boolean {
  const value = text.slice(1, -1);
  const family = familyOf(value);
  return family !== undefined && addresses.check(value, family);
}

/** Matches a value that is none of what is named; a field without a value does not match. */
function compileAnythingBut(operand: unknown, name: string): LeafTest {
  if (isPlainObject(operand)) return compileAnythingButText(operand, name);
  const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const isText = excluded.every((value) => typeof value === 'string');
  const isNumeric = excluded.every((value) => typeof value === 'number' && isComparable(value));
  if (excluded.length === 0 || (!isText && !isNumeric)) {
    const expected = `a string, a number ${COMPARABLE_TEXT}, a list of either, or an object with one text operator`;
    return refuse(name, expected, operand);
  }
  if (isText) return noneOf(excluded.map((value) => equals(`"${value}"`)));
  return noneOf(excluded.map((value) => (text) => comparableNumber(text) === value));
}

function compileAnythingButText(operand: Readonly<Record<string, unknown>>, name: string): LeafTest {
  const [[inner, texts] = ['', undefined], ...others] = Object.entries(operand);
  const compile = Object.hasOwn(TEXT_OPERATORS, inner) && others.length === 0 ? TEXT_OPERATORS[inner] : undefined;
  if (compile === undefined) return refuse(name, `one of ${Object.keys(TEXT_OPERATORS).join(', ')}`, operand);
  const excluded: readonly unknown[] = Array.isArray(texts) ? texts : [texts];
  const isAffix = inner === 'prefix' || inner === 'suffix';
  if (excluded.length === 0 || excluded.some((text) => typeof text !== 'string' || (isAffix && text === ''))) {
    return refuse(`${name} ${inner}`, `${isAffix ? 'a string that is not empty' : 'a string'}, or several`, texts);
  }
  return noneOf(excluded.filter((text) => typeof text === 'string').map((text) => compile(text)));
}

function noneOf(tests: readonly LeafTest[]): LeafTest {
  return (text) => !tests.some((matches) => matches(text));
}

function matching(source: string): LeafTest {
  const expression = new RegExp(source);
  return (text) => expression.test(text);
}

/** A regular expression for a text in any case, letter by letter: a letter may have more than one character in the other case. */
function inAnyCase(text: string): string {
  const literal = (characters: string): string =>
    characters.replaceAll(/[^]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return text.replaceAll(/[^]/g, (letter) => `(?:${literal(letter.toLowerCase())}|${literal(letter.toUpperCase())})`);
}

/** `*` stands for any characters, a backslash takes the meaning from `*` and from another backslash. */
function compileWildcard(pattern: string): LeafTest {
  const parts: string[] = [];
  let part = '';
  for (const [token] of pattern.matchAll(/\\[*\\]|[^]/g)) {
    if (token === '\\') return refuse('wildcard', 'a backslash before * or another backslash only', pattern);
    if (token === '*') {
      parts.push(part);
      part = '';
    } else part += token.slice(-1);
  }
  parts.push(part);
  if (parts.slice(1, -1).includes('')) return refuse('wildcard', 'no two * in a row', pattern);
  const [first = '', ...others] = parts;
  const last = others.pop();
  return last === undefined ? equals(`"${first}"`) : inOrder(`"${first}`, others, `${last}"`);
}

/** Taking the earliest place for each part is enough: it leaves the most room for the parts behind it. */
function inOrder(first: string, others: readonly string[], last: string): LeafTest {
  return (text) => {
    const end = text.length - last.length;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const part of others) {
      const at = text.indexOf(part, from);
      if (at === -1) return false;
      from = at + part.length;
    }
    return from <= end;
  };
}
