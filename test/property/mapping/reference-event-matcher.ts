/**
 * Event patterns matched by trying everything, written from the published rules and not from the code under test: values
 * keep the way they were reached, every combination of values is tried, and each operator is spelled out on its own.
 * {@link https://github.com/aws/event-ruler}
 *
 * @module
 */

/** A JSON value that remembers how its numbers are written. */
export type Json =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'word'; readonly word: 'true' | 'false' | 'null' }
  | { readonly kind: 'list'; readonly elements: readonly Json[] }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [string, Json])[] };

type Scalar = Exclude<Json, { readonly kind: 'list' | 'object' }>;
type Rule = unknown;
type Field = readonly [name: string, rules: readonly Rule[]];

/** A scalar with the keys and indices on the way to it. */
interface Found {
  readonly name: string;
  readonly scalar: Scalar;
  readonly way: readonly (string | number)[];
}

/** The JSON text of a value. */
export function render(json: Json): string {
  switch (json.kind) {
    case 'text':
      return JSON.stringify(json.value);
    case 'number':
      return json.digits;
    case 'word':
      return json.word;
    case 'list':
      return `[${json.elements.map(render).join(', ')}]`;
    case 'object':
      return `{${json.fields.map(([key, value]) => `${JSON.stringify(key)}: ${render(value)}`).join(', ')}}`;
  }
}

/** Whether an event matches a pattern that AWS takes. */
export function matchesPattern(pattern: object, event: Json): boolean {
  const found = scalarsIn(event, [], []);
  return combinations(pattern, '').some((fields) => {
    const rulesPerName = new Map(fields);
    const names = [...rulesPerName.keys()].sort();
    return fulfilments(names.map((name) => found.filter((one) => one.name === name))).some((chosen) =>
      names.every((name, index) => isFulfilled(rulesPerName.get(name) ?? [], { name, index, chosen, found })),
    );
  });
}

function scalarsIn(json: Json, keys: readonly string[], way: readonly (string | number)[]): readonly Found[] {
  switch (json.kind) {
    case 'list':
      return json.elements.flatMap((element, index) => scalarsIn(element, keys, [...way, index]));
    case 'object':
      return json.fields.flatMap(([key, value]) => scalarsIn(value, [...keys, key], [...way, key]));
    default:
      return [{ name: keys.join('.'), scalar: json, way }];
  }
}

/** The fields that have to match together, once for each way through the alternatives in `$or`. */
function combinations(pattern: object, prefix: string): readonly (readonly Field[])[] {
  let combined: readonly (readonly Field[])[] = [[]];
  for (const [key, part] of Object.entries(pattern) as [string, object | readonly Rule[]][]) {
    const name = `${prefix}${key}`;
    let ways: readonly (readonly Field[])[];
    if (key === '$or') ways = (part as readonly object[]).flatMap((alternative) => combinations(alternative, prefix));
    else if (Array.isArray(part)) ways = [[[name, part]]];
    else ways = combinations(part, `${name}.`);
    combined = combined.flatMap((before) => ways.map((way) => [...before, ...way]));
  }
  return combined;
}

/** Every choice of one value per name, or of none. */
function fulfilments(perName: readonly (readonly Found[])[]): readonly (readonly (Found | undefined)[])[] {
  return perName.reduce<readonly (readonly (Found | undefined)[])[]>(
    (choices, found) => choices.flatMap((choice) => [undefined, ...found].map((one) => [...choice, one])),
    [[]],
  );
}

interface Moment {
  readonly name: string;
  readonly index: number;
  readonly chosen: readonly (Found | undefined)[];
  readonly found: readonly Found[];
}

function isFulfilled(rules: readonly Rule[], { name, index, chosen, found }: Moment): boolean {
  const own = chosen[index];
  const goesWith = (one: Found, end: number) =>
    chosen.slice(0, end).every((other) => other === undefined || other === one || !areApart(one, other));
  if (own !== undefined) return goesWith(own, chosen.length) && rules.some((rule) => accepts(rule, own.scalar));
  const isAbsent = !found.some((one) => one.name === name && goesWith(one, index));
  return isAbsent && rules.some((rule) => operatorOf(rule)[0] === 'exists' && operatorOf(rule)[1] === false);
}

/** In different elements of one list, both within an object or list there. */
function areApart({ way: left }: Found, { way: right }: Found): boolean {
  const fork = left.findIndex((step, index) => step !== right[index]);
  const isInList = typeof left[fork] === 'number' && typeof right[fork] === 'number';
  return isInList && fork < left.length - 1 && fork < right.length - 1;
}

function operatorOf(rule: Rule): readonly [string, unknown] {
  const isOperator = typeof rule === 'object' && rule !== null;
  return isOperator ? (Object.entries(rule)[0] ?? ['', undefined]) : ['', undefined];
}

function accepts(rule: Rule, scalar: Scalar): boolean {
  if (typeof rule !== 'object' || rule === null) return isValue(rule, scalar);
  const [operator, operand] = operatorOf(rule);
  switch (operator) {
    case 'exists':
      return operand === true;
    case 'numeric':
      return scalar.kind === 'number' && isInRange(Number(scalar.digits), operand as unknown[]);
    case 'anything-but':
      return isNone(operand, scalar);
    default:
      return scalar.kind === 'text' && acceptsText(operator, operand, scalar.value);
  }
}

function isValue(value: unknown, scalar: Scalar): boolean {
  switch (scalar.kind) {
    case 'text':
      return value === scalar.value;
    case 'number':
      return value === Number(scalar.digits);
    case 'word':
      return value === JSON.parse(scalar.word);
  }
}

function isInRange(value: number, terms: readonly unknown[]): boolean {
  const [comparison, bound, ...rest] = terms as [string, number, ...unknown[]];
  if (Math.abs(value) > 5_000_000_000) return false;
  const sign = Math.sign(value - bound);
  const holds = { '=': sign === 0, '<': sign < 0, '<=': sign <= 0, '>': sign > 0, '>=': sign >= 0 }[comparison];
  return holds === true && (rest.length === 0 || isInRange(value, rest));
}

function isNone(operand: unknown, scalar: Scalar): boolean {
  if (Array.isArray(operand)) return operand.every((one) => isNone(one, scalar));
  if (typeof operand !== 'object' || operand === null) return !accepts(operand, scalar);
  const [operator, texts] = operatorOf(operand);
  return [texts].flat().every((text) => !accepts({ [operator]: text }, scalar));
}

function acceptsText(operator: string, operand: unknown, value: string): boolean {
  if (typeof operand === 'object') {
    const [, text] = operatorOf(operand) as [string, string];
    const end =
      operator === 'prefix' ? value.slice(0, text.length) : value.slice(Math.max(0, value.length - text.length));
    return end.toUpperCase() === text.toUpperCase();
  }
  const text = operand as string;
  switch (operator) {
    case 'prefix':
      return value.startsWith(text);
    case 'suffix':
      return value.length >= text.length && value.endsWith(text);
    case 'equals-ignore-case':
      return value.toUpperCase() === text.toUpperCase();
    case 'wildcard':
      return isLike(value, text);
    case 'cidr':
      return isInNetwork(value, text);
    default:
      throw new Error(`no operator ${operator}`);
  }
}

function isLike(value: string, pattern: string): boolean {
  if (pattern === '') return value === '';
  if (pattern.startsWith('*')) {
    return isLike(value, pattern.slice(1)) || (value !== '' && isLike(value.slice(1), pattern));
  }
  const literal = pattern.startsWith('\\') ? pattern.slice(1) : pattern;
  return value !== '' && value.startsWith(literal.charAt(0)) && isLike(value.slice(1), literal.slice(1));
}

/** IPv4 only. */
function isInNetwork(value: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const binary = (ip: string) =>
    ip
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(value);
  return isAddress && binary(value).slice(0, Number(bits)) === binary(address).slice(0, Number(bits));
}
