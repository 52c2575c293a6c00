import { describe, expect, it } from 'vitest';
import { JsonProblem, writeJson } from '../../../../processor/tables/json-cell.ts';

/** The JSON of a value, or why it has none. */
function json(value: unknown): string {
  try {
    return writeJson(value).json;
  } catch (error) {
    if (error instanceof JsonProblem) return error.message;
    throw error;
  }
}

class Money {
  readonly cents: number;
  readonly currency?: string;
  constructor(cents: number) {
    this.cents = cents;
  }
}

class Secret {
  readonly #value = 1;
  get value(): number {
    return this.#value;
  }
}

describe('JSON of a value', () => {
  it.each([
    ['a member that is undefined is left out', { a: 1, b: undefined }, '{"a":1}'],
    ['an instance of a class with its data', [new Money(5)], '[{"cents":5}]'],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
    ['an empty object, whatever made it', [{}, Object.create(null)], '[{},{}]'],
    ['a Date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['what `toJSON` gives', { a: { toJSON: (name: string) => ({ name }) } }, '{"a":{"name":"a"}}'],
    [
      'what `toJSON` gives, once',
      { toJSON: () => ({ toJSON: undefined, n: 2n ** 64n }) },
      '{"n":18446744073709551616}',
    ],
    [
      'members that every object has a name for',
      JSON.parse('{"__proto__":1,"constructor":2}'),
      '{"__proto__":1,"constructor":2}',
    ],
    ['texts with every kind of escape', '"\\\n\u2028\u0007é😀', JSON.stringify('"\\\n\u2028\u0007é😀')],
    ['bigints, digit by digit', [2n ** 53n + 1n, -(10n ** 30n)], '[9007199254740993,-1000000000000000000000000000000]'],
    ['numbers in their shortest form', [-0, 0.1, 1e-7, 2 ** 53 - 1], '[0,0.1,1e-7,9007199254740991]'],
  ])('has %s', (_what, value, expected) => {
    expect(json(value)).toBe(expected);
  });

  it('takes what JSON.rawJSON made as it is', () => {
    const raw = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON;
    expect(json([raw('0.10000000000000000001'), raw('"x"'), raw('null')])).toBe('[0.10000000000000000001,"x",null]');
    expect(json(raw('"\\u0000"'))).toMatch(/^got text that PostgreSQL can't store/);
    expect(json(Object.freeze({ rawJSON: '1' }))).toBe('{"rawJSON":"1"}');
  });

  const circle: unknown[] = [];
  circle.push(circle);
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

  it.each([
    [undefined, 'got nothing'],
    [NaN, 'got NaN'],
    [{ a: [1, -Infinity] }, 'its `a[1]` is -Infinity'],
    [{ a: { b: 2 ** 53 } }, 'its `a.b` is 9007199254740992, which is beyond 2^53 and may be rounded; write a bigint'],
    [[1, undefined], 'its `[1]` is nothing'],

    [[1, , 3], 'its `[1]` is nothing'],
    [{ a: () => 1 }, 'its `a` is a function'],
    [[Symbol('s')], 'its `[0]` is a symbol'],
    [{ a: Promise.resolve(1) }, 'its `a` is a promise; await it'],
    [[{ then: () => undefined }], 'its `[0]` is a promise; await it'],
    [{ a: new Date(NaN) }, 'its `a` is an invalid Date'],
    [new Map([['a', 1]]), 'got a value of type Map, of which JSON would show nothing; write a plain object'],
    [{ a: new Set([1]) }, 'its `a` is a value of type Set, of which JSON would show nothing; write a plain object'],
    [
      Object.assign(new Map(), { size2: 1 }),
      'got a value of type Map, of which JSON would show nothing; write a plain object',
    ],
    [/x/, 'got a value of type RegExp, of which JSON would show nothing; write a plain object'],
    [
      Object.assign(new Error('no'), { code: 5 }),
      'got a value of type Error, of which JSON would show nothing; write a plain object',
    ],
    [new Uint8Array(2), 'got a value of type Uint8Array, of which JSON would show nothing; write a plain object'],
    [Buffer.from('a'), 'got a value of type Uint8Array'],
    [new ArrayBuffer(2), 'got a value of type ArrayBuffer, of which JSON would show nothing; write a plain object'],
    [Object('text'), 'got a value of type String, of which JSON would show nothing; write a plain object'],
    [
      new URLSearchParams('a=1'),
      'got a value of type URLSearchParams, of which JSON would show nothing; write a plain object',
    ],
    [new Secret(), 'got an object, of which JSON would show nothing; write a plain object'],
    [{ a: { toJSON: () => undefined } }, 'its `a` is nothing'],
    [{ toJSON: () => new Map() }, 'got a value of type Map, of which JSON would show nothing; write a plain object'],
    [nested(501), /^its `(\[0\])+.*` is more than 500 levels deep$/],
    [circle, /^its `(\[0\])+.*` is more than 500 levels deep$/],
    [{ 'a\0': 1 }, /^got text that PostgreSQL can't store/],
    [{ a: ['\ud800'] }, /^its `a\[0\]` is text that PostgreSQL can't store/],
  ])('has no place for %o, and says where', (value, says) => {
    if (says instanceof RegExp) expect(json(value)).toMatch(says);
    else expect(json(value)).toBe(says);
  });

  it('goes 500 levels deep', () => {
    expect(json(nested(500))).toBe(`${'['.repeat(500)}1${']'.repeat(500)}`);
  });

  it('lets through what the value itself throws', () => {
    expect(() =>
      writeJson({
        toJSON: () => {
          throw new RangeError('bug');
        },
      }),
    ).toThrow(RangeError);
  });
});
