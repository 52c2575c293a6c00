import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import * as z3 from 'zod/v3';
import { describeIssues } from '../../../../processor/decode/describe-issues.ts';

/** What is said of a value that a schema does not take. */
function said(schema: StandardSchemaV1, json: unknown): string[] {
  const result = schema['~standard'].validate(json) as StandardSchemaV1.Result<unknown>;
  return result.issues === undefined ? [] : describeIssues(result.issues, json).split('\n');
}

const saidOf = (issues: readonly object[], json: unknown = {}) =>
  describeIssues(issues as StandardSchemaV1.Issue[], json).split('\n');

/** What a schema of zod finds when no language is configured: `zod/mini` says nothing but this. */
function withoutWords(schema: z.ZodType, json: unknown): string[] {
  const { issues = [] } = schema.safeParse(json, { error: () => 'Invalid input' }).error ?? {};
  return describeIssues(issues, json).split('\n');
}

const versions = [
  { v: z.literal(2), id: z.string(), amount: z.object({ cents: z.int(), currency: z.string() }) },
  { v: z.literal(1).default(1), id: z.union([z.string(), z.int()]), euros: z.number() },
] as const;
const [second, first] = [z.object(versions[0]), z.object(versions[1])];
const order = z.union([first, second]);

describe('a union', () => {
  it('says what each branch wants, the one that fits best first', () => {
    expect(said(order, { v: 2, id: 'e', amount: { cents: '5', currency: 'USD' } })).toEqual([
      'amount.cents: Invalid input: expected number, received string',
      'or v: Invalid input: expected 1; euros: Invalid input: expected number, received undefined',
    ]);
    expect(said(order, { id: 'e', euros: '5' })).toEqual([
      'euros: Invalid input: expected number, received string',
      'or v: Invalid input: expected 2; amount: Invalid input: expected object, received undefined',
    ]);
  });

  it('prefers the branch whose literal the event has to one that lacks less', () => {
    const json = { v: 2, id: 5, amount: { cents: '5', currency: 5 }, euros: 1 };
    expect(said(order, json)[0]).toMatch(/^id: .*; amount.cents: .*; amount.currency: /);
  });

  it('inside an event keeps its place, and one inside a branch its line', () => {
    expect(said(z.object({ orders: z.array(order) }), { orders: [{ v: 3, id: [] }] })).toEqual([
      'orders.0.v: Invalid input: expected 1; orders.0.id: Invalid input: expected string, received array or ' +
        'orders.0.id: Invalid input: expected number, received array; orders.0.euros: Invalid input: expected number, received undefined',
      'or orders.0.v: Invalid input: expected 2; orders.0.id: Invalid input: expected string, received array; ' +
        'orders.0.amount: Invalid input: expected object, received undefined',
    ]);
  });

  it('told apart by a member names the values that it may have', () => {
    const told = z.discriminatedUnion('v', [second, z.object({ v: z.literal('next') })]);
    expect(said(told, { v: 3 })).toEqual(["v: Invalid discriminator value. Expected '2' | 'next'"]);
    expect(withoutWords(told, { v: 3 })).toEqual(['v: Invalid input: expected 2 or "next"']);
    expect(said(told, { v: 2, id: 5 })[0]).toMatch(/^id: Invalid input: expected string/);
  });

  it('with a message of its own says it first', () => {
    expect(
      said(z.object({ a: z.union([z.string(), z.number()], { error: 'expected an amount' }) }), { a: [] }),
    ).toEqual([
      'a: expected an amount: a: Invalid input: expected string, received array',
      'or a: Invalid input: expected number, received array',
    ]);
  });

  it('of many branches is cut, each line and all of them', () => {
    const branch = (n: number) =>
      z.object(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`m${n}_${i}`, z.string()])));
    const lines = said(z.union([1, 2, 3, 4, 5, 6].map(branch)), {});
    expect(lines).toHaveLength(4);
    expect(lines.every((line) => line.length <= 400)).toBe(true);
    expect(lines.join('\n').length).toBeLessThanOrEqual(1_500);
    expect(said(z.union([1, 2, 3, 4, 5, 6].map((n) => z.literal(n))), 7).at(-1)).toBe('or 2 more');
  });

  it('is understood as other libraries tell of it', () => {
    const old = z3.object({ a: z3.union([z3.object({ v: z3.literal(1) }), z3.object({ v: z3.literal(2) })]) });
    expect(said(old, { a: { v: 3 } })).toEqual([
      'a.v: Invalid literal value, expected 1',
      'or a.v: Invalid literal value, expected 2',
    ]);
    // As valibot gives it: issues of all branches in one list, with paths from where the union stands.
    const inside = [{ message: 'Expected 1 but received 3', path: [{ key: 'v' }] }];
    expect(saidOf([{ message: 'Invalid type', path: [{ key: 'a' }], type: 'union', issues: inside }])).toEqual([
      'a: Invalid type: a.v: Expected 1 but received 3',
    ]);
    // As arktype gives it: a sentence that says all, and members of other meanings.
    const whole = { message: 'a must be 1 or 2', path: ['a'], errors: [{ message: 'no', path: ['a'] }], issues: 'x' };
    expect(saidOf([whole])).toEqual(['a: a must be 1 or 2']);
  });
});

describe('an issue', () => {
  it('has its place and its message', () => {
    expect(saidOf([{ message: 'too old', path: ['a', { key: 0 }] }, { message: 'no' }])).toEqual(['a.0: too old; no']);
  });

  it('of a key says what is wrong with the key', () => {
    const schema = z.record(z.string().regex(/^a/), z.number());
    expect(said(schema, { b: 5 })).toEqual(['b: Invalid key in record: b: Invalid string: must match pattern /^a/']);
  });

  const schema = z.strictObject({
    type: z.string(),
    literal: z.literal(['a', 5]),
    short: z.string().min(3),
    few: z.array(z.number()).max(1),
    less: z.number().lt(3),
    mail: z.email(),
    step: z.number().multipleOf(5),
    whatever: z.custom(() => false),
  });

  it('that comes without words gets some', () => {
    const json = {
      type: null,
      literal: 'b',
      short: 'x',
      few: [1, 2],
      less: 3,
      mail: 'x',
      step: 3,
      whatever: 1,
      more: 1,
    };
    expect(withoutWords(schema, json)[0]?.split('; ')).toEqual([
      'type: Invalid input: expected string, received null',
      'literal: Invalid input: expected "a" or 5',
      'short: Invalid input: expected string >= 3',
      'few: Invalid input: expected array <= 1',
      'less: Invalid input: expected number < 3',
      'mail: Invalid input: expected the format email',
      'step: Invalid input: expected a multiple of 5',
      'whatever: Invalid input',
      'Invalid input: unrecognized more',
    ]);
  });
});

describe('an integer beyond 2^53', () => {
  const large = 2n ** 60n;
  const hint = (name: string) =>
    `${name} is an integer beyond 2^53, which arrives as a bigint so that no digit is lost: ` +
    'take it with z.bigint(), or z.union([z.number(), z.bigint()]) where smaller ones come too';

  it.each([
    ['a number', z.object({ id: z.number() }), { id: large }, '`id`'],
    ['an integer', z.object({ a: z.array(z.int()) }), { a: [1, large] }, '`a.1`'],
    ['a text', z.object({ id: z.string() }), { id: large }, '`id`'],
    [
      'one branch of a union',
      z.object({ o: z.union([first, second]) }),
      { o: { v: 1, id: large, euros: 1 } },
      '`o.id`',
    ],
    ['the whole event', z.number(), large, 'it'],
  ])('is explained where a schema wants %s', (_what, wants, json, name) => {
    expect(said(wants, json).at(-1)).toBe(hint(name));
  });

  it('is explained also where a library says nothing about the place', () => {
    expect(saidOf([{ message: 'no' }], { a: { b: [large] } })).toEqual(['no', hint('`a.b.0`')]);
  });

  it('is not mentioned where another member is wrong', () => {
    expect(said(z.object({ id: z.bigint(), n: z.number() }), { id: large, n: 'x' })).toHaveLength(1);
  });

  it('is mentioned once', () => {
    expect(said(z.object({ a: z.number(), b: z.number() }), { a: large, b: large })).toHaveLength(2);
  });

  it('wanted, but not there: says that smaller ones are numbers', () => {
    expect(said(z.object({ id: z.bigint() }), { id: 42 })).toEqual([
      'id: Invalid input: expected bigint, received number',
      'integers up to 2^53 arrive as numbers: take both with z.union([z.int(), z.bigint()])',
    ]);
  });
});
