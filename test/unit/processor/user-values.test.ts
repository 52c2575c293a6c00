import { describe, expect, it } from 'vitest';
import { describeValue, isPromiseLike, memberName, memberOf } from '../../../processor/user-values.ts';

const throwing = (member: string) =>
  Object.defineProperty({}, member, {
    get: () => {
      throw new Error('looked at');
    },
  });

class Order {
  readonly id = 1;
}

describe('describeValue', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    ['x'.repeat(81), `"${'x'.repeat(80)}"`],
    [-0.5, '-0.5'],
    [10n ** 100n, `the bigint 1${'0'.repeat(79)}`],
    [Symbol('s'), 'a symbol'],
    [() => 1, 'a function'],
    [[1], 'a list'],
    [{}, 'an object'],
    [new Order(), 'an object'],
    [new Date(0), 'a Date'],
    [new Date(NaN), 'an invalid Date'],
    [new Map(), 'a value of type Map'],
    [Promise.resolve(), 'a promise'],
    [{ then: () => 1 }, 'a promise'],
    [throwing('then'), 'an object'],
    [throwing(Symbol.toStringTag as never), 'an object that throws when it is looked at'],
  ])('names the kind of value number %#', (value, words) => {
    expect(describeValue(value)).toBe(words);
  });
});

describe('isPromiseLike', () => {
  it('knows what await would wait for', () => {
    const promises = [Promise.resolve(), { then: () => 1 }, Object.assign(() => 1, { then: () => 1 })];
    expect(promises.map(isPromiseLike)).toEqual([true, true, true]);
    expect([null, undefined, 'then', {}, { then: 'later' }, throwing('then')].some(isPromiseLike)).toBe(false);
  });
});

describe('a member', () => {
  it('is what an object or its class has, but not what every object has', () => {
    class Row {
      readonly #name = 'from the class';
      get id(): string {
        return this.#name;
      }
    }
    expect(memberOf(new Row(), memberName('id'))).toBe('from the class');
    expect(memberOf(new Row(), memberName('constructor'))).toBeUndefined();
    expect(memberOf({}, memberName('toString'))).toBeUndefined();
    expect(memberOf({ toString: 1 }, memberName('toString'))).toBe(1);
    expect(memberOf(JSON.parse('{"__proto__":1}') as object, memberName('__proto__'))).toBe(1);
  });
});
