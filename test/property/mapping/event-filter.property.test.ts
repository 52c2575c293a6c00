import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventFilter, filterProblem } from '../../../kinesis/filter/event-filter.ts';
import { matchesPattern, render, type Json } from './reference-event-matcher.ts';

/** Few keys and values, so that patterns and events meet; keys with dots, so that names meet on different ways. */
const keys = fc.constantFrom('a', 'b', 'a.b', 'b.a', 'c');
const texts = fc.constantFrom(
  '',
  'a',
  'ab',
  'A',
  'aB',
  'ba',
  'aab',
  'a*b',
  'a\\b',
  'true',
  '1',
  'é',
  'É',
  '10.0.0.7',
  '10.1.0.7',
);
const digits = fc.constantFrom(
  '0',
  '-0',
  '1',
  '1.0',
  '10e-1',
  '-2',
  '-2.50',
  '3.5',
  '300',
  '3.0e2',
  '3E+2',
  '7000000001',
);
const numbers = fc.constantFrom(0, 1, -2, -2.5, 3.5, 300);

const scalars: fc.Arbitrary<Json> = fc.oneof(
  texts.map((value) => ({ kind: 'text' as const, value })),
  digits.map((written) => ({ kind: 'number' as const, digits: written })),
  fc.constantFrom('true' as const, 'false' as const, 'null' as const).map((word) => ({ kind: 'word' as const, word })),
);

function objectOf(values: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc
    .uniqueArray(fc.tuple(keys, values), { selector: ([key]) => key, maxLength: 3 })
    .map((fields) => ({ kind: 'object' as const, fields }));
}

/** Values with at most so many objects and lists within each other. */
function valuesWithin(depth: number): fc.Arbitrary<Json> {
  if (depth === 0) return scalars;
  const elements = fc.array(fc.oneof(valuesWithin(depth - 1), objectOf(valuesWithin(depth - 1))), { maxLength: 3 });
  return fc.oneof(
    scalars,
    elements.map((list) => ({ kind: 'list' as const, elements: list })),
    objectOf(valuesWithin(depth - 1)),
  );
}

const wildcards = fc.constantFrom('*', 'a*', '*b', 'a*b', '*a*', 'a*a', '*b*b', 'a\\*b', 'a\\\\b', '');
const someTexts = fc.oneof(texts, fc.array(texts, { minLength: 1, maxLength: 2 }));
const affixes = texts.filter((text) => text !== '');
const comparisons = fc.constantFrom('=', '<', '<=', '>', '>=');

const operators: fc.Arbitrary<object> = fc.oneof(
  fc.boolean().map((exists) => ({ exists })),
  fc.record({ prefix: fc.oneof(texts, fc.record({ 'equals-ignore-case': texts })) }),
  fc.record({ suffix: fc.oneof(texts, fc.record({ 'equals-ignore-case': texts })) }),
  fc.record({ 'equals-ignore-case': texts }),
  fc.record({ wildcard: wildcards }),
  fc.record({ cidr: fc.constantFrom('10.0.0.0/24', '10.0.0.9/8', '10.1.0.7/31', '0.0.0.0/0') }),
  fc.record({ numeric: fc.tuple(comparisons, numbers) }),
  fc
    .tuple(fc.constantFrom('>', '>='), fc.constantFrom(-2.5, 0), fc.constantFrom('<', '<='), fc.constantFrom(1, 300))
    .map((numeric) => ({ numeric })),
  fc.record({ 'anything-but': fc.oneof(someTexts, numbers, fc.array(numbers, { minLength: 1, maxLength: 2 })) }),
  fc.record({
    'anything-but': fc.oneof(
      fc.record({ prefix: fc.oneof(affixes, fc.array(affixes, { minLength: 1, maxLength: 2 })) }),
      fc.record({ suffix: fc.oneof(affixes, fc.array(affixes, { minLength: 1, maxLength: 2 })) }),
      fc.record({ 'equals-ignore-case': someTexts }),
      fc.record({ wildcard: fc.oneof(wildcards, fc.array(wildcards, { minLength: 1, maxLength: 2 })) }),
    ),
  }),
);

const rules = fc.array(fc.oneof(texts, numbers, fc.boolean(), fc.constant(null), { weight: 8, arbitrary: operators }), {
  minLength: 1,
  maxLength: 3,
});

/** Patterns with at most so many levels below their fields. */
function patternsWithin(depth: number): fc.Arbitrary<object> {
  const parts = depth === 0 ? rules : fc.oneof({ weight: 2, arbitrary: rules }, patternsWithin(depth - 1));
  const fields = fc.uniqueArray(fc.tuple(keys, parts), { selector: ([key]) => key, minLength: 1, maxLength: 2 });
  if (depth === 0) return fields.map((entries) => Object.fromEntries(entries));
  const or = fc.array(patternsWithin(depth - 1), { minLength: 2, maxLength: 3 });
  return fc.tuple(fields, fc.option(or, { freq: 3 }), fc.boolean()).map(([entries, alternatives, isFirst]) => {
    if (alternatives === null) return Object.fromEntries(entries);
    const choice = ['$or', alternatives] as const;
    return Object.fromEntries<unknown>(isFirst ? [choice, ...entries] : [...entries, choice]);
  });
}

/** Names of the values of an event. */
function namesIn(json: Json, name = ''): readonly string[] {
  switch (json.kind) {
    case 'list':
      return json.elements.flatMap((element) => namesIn(element, name));
    case 'object':
      return json.fields.flatMap(([key, value]) => namesIn(value, name === '' ? key : `${name}.${key}`));
    default:
      return [name];
  }
}

/** Nests the fields of a pattern under the first key of their names, where that is asked for and nothing is in the way. */
function nested(fields: readonly (readonly [name: string, rules: unknown, isNested: boolean])[]): object {
  const pattern: Record<string, unknown> = {};
  for (const [name, own, isNested] of fields) {
    const [first = '', ...rest] = name.split('.');
    const place = pattern[first] ?? {};
    if (!isNested || rest.length === 0 || Array.isArray(place)) pattern[name] = own;
    else pattern[first] = { ...place, [rest.join('.')]: own };
  }
  return pattern;
}

/** Patterns that ask for values which the event has: of those made without a look at it, most match nothing. */
function patternsFor(event: Json): fc.Arbitrary<object> {
  const names = fc.constantFrom('a', ...namesIn(event));
  const likely = fc.constantFrom([{ exists: true }], [{ 'anything-but': 'a' }], [{ exists: false }, 'a', 1, true]);
  const fields = fc.array(fc.tuple(names, fc.oneof(likely, rules), fc.boolean()), { minLength: 1, maxLength: 3 });
  const or = fc.array(fields.map(nested), { minLength: 2, maxLength: 3 });
  return fc
    .tuple(fields.map(nested), fc.option(or, { freq: 2 }))
    .map(([pattern, alternatives]) => (alternatives === null ? pattern : { ...pattern, $or: alternatives }));
}

function passes(pattern: object, json: string): boolean {
  return createEventFilter([{ data: pattern }])({
    sequenceNumber: '1',
    partitionKey: 'key',
    data: Buffer.from(json).toString('base64'),
    approximateArrivalMs: 0,
  });
}

describe('a filter decides as a matcher does that tries every combination of values', () => {
  const events = objectOf(valuesWithin(3));

  function agrees(pattern: object, event: Json): boolean {
    const expected = matchesPattern(pattern, event);
    expect(filterProblem({ data: pattern })).toBeUndefined();
    expect(passes(pattern, render(event))).toBe(expected);
    return expected;
  }

  it('for any pattern and any event', () => {
    fc.assert(
      fc.property(patternsWithin(2), events, (pattern, event) => void agrees(pattern, event)),
      { numRuns: 2_000 },
    );
  });

  it('for patterns that ask for what an event has', () => {
    let delivered = 0;
    const related = events.chain((event) => fc.tuple(patternsFor(event), fc.constant(event)));
    const decides = ([pattern, event]: readonly [object, Json]): void => {
      delivered += agrees(pattern, event) ? 1 : 0;
    };
    fc.assert(fc.property(related, decides), { numRuns: 4_000 });
    expect(delivered).toBeGreaterThan(1_000);
  });
});
