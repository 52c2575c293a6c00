import { describe, expect, it } from 'vitest';
import { filterProblem } from '../../../../kinesis/filter/event-filter.ts';
import { passesFilter } from './passes-filter.ts';

const BOOKING = {
  kind: 'sale',
  amount: 50,
  'route.from': 'LYS',
  buyer: { city: 'Lyon', 'home.zip': '69001' },
  bags: [
    { tag: 'a', kg: 20, stops: [{ at: 'LYS' }, { at: 'CDG', late: true }] },
    { tag: 'b', kg: 8, stops: [{ at: 'CDG' }, { at: 'ORD' }] },
    'hand luggage',
  ],
  seats: [['1A', '1B'], [], [['2C']]],
};

const passes = (data: object, content: unknown = BOOKING) => passesFilter({ data }, content);

describe('fields', () => {
  it.each([
    ['or within a field', { kind: ['return', 'sale'] }, true],
    ['and over fields', { kind: ['sale'], amount: [50] }, true],
    ['and with one field that differs', { kind: ['sale'], amount: [51] }, false],
    ['a field within a field', { buyer: { city: ['Lyon'] } }, true],
    ['a field within a scalar', { kind: { city: ['Lyon'] } }, false],
    ['a dot in a key of the event', { route: { from: ['LYS'] } }, true],
    ['a dot in a key of the pattern', { 'buyer.city': ['Lyon'] }, true],
    ['dots in keys of both', { 'buyer.home': { zip: ['69001'] } }, true],
    ['a key that goes on after a dot', { 'buyer.city': { city: ['Lyon'] } }, false],
    ['a key in other letters', { Kind: ['sale'] }, false],
    ['a field named twice: the later rule counts', { buyer: { city: ['Lyon'] }, 'buyer.city': ['Oslo'] }, false],
    ['a name that every object has', { constructor: [{ exists: false }] }, true],
  ])('%s', (_, data, expected) => {
    expect(passes(data)).toBe(expected);
  });
});

describe('lists', () => {
  it.each([
    ['an element', { seats: ['1B'] }, true],
    ['an element of a list in a list in a list', { seats: ['2C'] }, true],
    ['no element', { seats: ['3D'] }, false],
    ['a scalar beside objects', { bags: ['hand luggage'] }, true],
    ['a field of an object in a list', { bags: { tag: ['b'] } }, true],
    ['two fields of one object', { bags: { tag: ['b'], kg: [8] } }, true],
    ['two fields, each of another object', { bags: { tag: ['a'], kg: [8] } }, false],
    ['fields of objects in two lists within each other', { bags: { tag: ['b'], stops: { at: ['ORD'] } } }, true],
    ['the inner one in another outer one', { bags: { tag: ['a'], stops: { at: ['ORD'] } } }, false],
    ['two fields of one inner object', { bags: { stops: { at: ['CDG'], late: [true] } } }, true],
    ['two fields of two inner objects', { bags: { stops: { at: ['ORD'], late: [true] } } }, false],
    ['a scalar of a list and a field of another element', { bags: ['hand luggage'], 'bags.tag': ['a'] }, true],
    ['a field that one of the objects lacks', { bags: { stops: { late: [{ exists: false }] } } }, false],
    ['a field that the object chosen lacks', { bags: { stops: { at: ['ORD'], late: [{ exists: false }] } } }, true],
    ['elements of lists that have nothing to do with each other', { seats: ['1A'], bags: { kg: [8] } }, true],
  ])('%s', (_, data, expected) => {
    expect(passes(data)).toBe(expected);
  });

  it('are searched in reasonable time, however many combinations of their elements there are', () => {
    const list = Array.from({ length: 300 }, (_, index) => ({ x: 1, y: index }));
    const event = { a: list, b: list, c: list, d: [{ x: 1 }, { y: 1 }] };
    const data = { a: { x: [1] }, b: { x: [1] }, c: { x: [1] }, d: { x: [1], y: [1] } };
    expect(passes(data, event)).toBe(false);
    expect(passes({ ...data, d: { x: [1] } }, event)).toBe(true);
  });
});

describe('$or', () => {
  it.each([
    ['one alternative holds', { $or: [{ kind: ['return'] }, { amount: [50] }] }, true],
    ['none holds', { $or: [{ kind: ['return'] }, { amount: [51] }] }, false],
    ['one holds beside a field that does not', { kind: ['return'], $or: [{ amount: [50] }, { amount: [51] }] }, false],
    ['in an object', { buyer: { $or: [{ city: ['Oslo'] }, { 'home.zip': ['69001'] }] } }, true],
    [
      'in an alternative',
      { $or: [{ kind: ['sale'], $or: [{ amount: [1] }, { amount: [50] }] }, { kind: ['x'] }] },
      true,
    ],
    [
      'over two fields of one object in a list',
      {
        bags: {
          $or: [
            { tag: ['a'], kg: [8] },
            { kg: [20], tag: ['a'] },
          ],
        },
      },
      true,
    ],
    [
      'a field before it that the alternatives name too',
      { kind: ['x'], $or: [{ kind: ['sale'] }, { amount: [1] }] },
      true,
    ],
  ])('%s', (_, data, expected) => {
    expect(passes(data)).toBe(expected);
  });

  it.each([
    ['an object', { $or: { kind: ['sale'] } }, { $or: { kind: 'sale' } }],
    ['a list of values', { $or: ['a', 'b'] }, { $or: 'b' }],
    ['a list of operators', { $or: [{ prefix: 'a' }, { prefix: 'b' }] }, { $or: 'bc' }],
  ])('is a field like any other with %s', (_, data, content) => {
    expect(passes(data, content)).toBe(true);
    expect(passes(data)).toBe(false);
  });
});

describe('a pattern that AWS refuses', () => {
  it.each([
    ['a value that is in no list', { kind: 'sale' }, 'expected a list or an object at data.kind, got "sale"'],
    ['an empty list', { kind: [] }, 'expected at least one value in the list at data.kind'],
    ['an empty object', { buyer: {} }, 'expected at least one field at data.buyer'],
    ['$or with one pattern', { $or: [{ kind: ['a'] }] }, '$or takes two or more patterns'],
    ['$or with an empty pattern', { $or: [{ kind: ['a'] }, {}] }, 'expected at least one field at data'],
    ['an operator for a field within $or', { $or: [{ a: { prefix: ['b'] } }, { c: ['d'] }] }, 'reserved within $or'],
  ])('%s', (_, data, reason) => {
    const problem = filterProblem({ data });
    expect(problem).toContain(reason);
    expect(problem).toContain('Invalid filter pattern definition.');
  });

  it('is one with more than 1,000 combinations of alternatives', () => {
    const either = (name: string) => ({ $or: [{ [`${name}1`]: ['a'] }, { [`${name}2`]: ['a'] }] });
    const fields = 'abcdefghij'.split('').map((name) => [name, either(name)] as const);
    expect(filterProblem({ data: Object.fromEntries(fields.slice(1)) })).toBeUndefined();
    expect(filterProblem({ data: Object.fromEntries(fields) })).toContain('up to 1000 combinations');
  });

  it('is told all of its faults at once', () => {
    const problem = filterProblem({ data: { a: 1, b: [], c: [{ prefix: 1 }, { suffix: 2 }] } });
    expect(problem).toMatch(/data\.a.*data\.b.*data\.c.*prefix.*data\.c.*suffix/);
  });
});
