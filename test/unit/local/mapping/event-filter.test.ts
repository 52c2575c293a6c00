import { describe, expect, it } from 'vitest';
import { createEventFilter, filterProblem } from '../../../../local/mapping/event-filter.ts';

const SALE = {
  kind: 'sale',
  amount: 50,
  note: null,
  empty: '',
  tags: ['red', 'blue'],
  buyer: { city: 'Lyon' },
};

function passes(pattern: Record<string, unknown>, content: unknown = SALE): boolean {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return createEventFilter([pattern])({
    sequenceNumber: '1',
    partitionKey: 'ORD',
    data: Buffer.from(text).toString('base64'),
    approximateArrivalMs: 1_500,
  });
}

describe('filter operators', () => {
  it.each([
    ['equals', { kind: ['sale'] }, true],
    ['equals another value', { kind: ['return'] }, false],
    ['or within a field', { kind: ['return', 'sale'] }, true],
    ['and over fields', { kind: ['sale'], amount: [50] }, true],
    ['and with one field that differs', { kind: ['sale'], amount: [51] }, false],
    ['null', { note: [null] }, true],
    ['null for a field that is missing', { absent: [null] }, false],
    ['an empty string', { empty: [''] }, true],
    ['a field within a field', { buyer: { city: ['Lyon'] } }, true],
    ['a field within a scalar', { kind: { city: ['Lyon'] } }, false],
    ['an element of a list', { tags: ['blue'] }, true],
    ['no element of a list', { tags: ['green'] }, false],
    ['prefix', { kind: [{ prefix: 'sa' }] }, true],
    ['another prefix', { kind: [{ prefix: 'le' }] }, false],
    ['suffix', { kind: [{ suffix: 'le' }] }, true],
    ['another suffix', { kind: [{ suffix: 'sa' }] }, false],
    ['equals-ignore-case', { kind: [{ 'equals-ignore-case': 'SALE' }] }, true],
    ['numeric equals', { amount: [{ numeric: ['=', 50] }] }, true],
    ['numeric range, inside', { amount: [{ numeric: ['>', 49, '<=', 50] }] }, true],
    ['numeric range, at an open end', { amount: [{ numeric: ['>', 50, '<=', 60] }] }, false],
    ['numeric for text', { kind: [{ numeric: ['=', 50] }] }, false],
    ['exists', { kind: [{ exists: true }] }, true],
    ['exists for a missing field', { absent: [{ exists: true }] }, false],
    ['exists on a node that is no leaf', { buyer: [{ exists: true }] }, false],
    ['does not exist', { absent: [{ exists: false }] }, true],
    ['does not exist for a field that is there', { kind: [{ exists: false }] }, false],
    ['anything-but', { kind: [{ 'anything-but': ['return'] }] }, true],
    ['anything-but a value that is there', { kind: [{ 'anything-but': ['sale', 'return'] }] }, false],
    ['anything-but for a missing field', { absent: [{ 'anything-but': 'sale' }] }, false],
    ['anything-but a prefix', { kind: [{ 'anything-but': { prefix: 'sa' } }] }, false],
    ['anything-but another prefix', { kind: [{ 'anything-but': { prefix: 'le' } }] }, true],
    ['$or over fields, one holds', { $or: [{ kind: ['return'] }, { amount: [50] }] }, true],
    ['$or over fields, none holds', { $or: [{ kind: ['return'] }, { amount: [51] }] }, false],
    ['$or beside another field', { kind: ['return'], $or: [{ amount: [50] }, { amount: [51] }] }, false],
  ])('%s', (_, data, expected) => {
    expect(passes({ data })).toBe(expected);
  });
});

describe('filters of a mapping', () => {
  it('let everything through when there are none', () => {
    const record = { sequenceNumber: '1', partitionKey: 'k', data: '', approximateArrivalMs: 0 };
    expect(createEventFilter([])(record)).toBe(true);
  });

  it('let a record through when one of several matches', () => {
    const filter = createEventFilter([{ data: { kind: ['return'] } }, { partitionKey: ['ORD'] }]);
    expect(filter({ sequenceNumber: '1', partitionKey: 'ORD', data: 'bm90IGpzb24=', approximateArrivalMs: 0 })).toBe(
      true,
    );
  });

  it('drop content that is not JSON when the pattern looks at the data', () => {
    expect(passes({ data: { absent: [{ exists: false }] } }, 'not json')).toBe(false);
  });

  it('look at the metadata alone when the pattern does', () => {
    expect(passes({ partitionKey: ['ORD'] }, 'not json')).toBe(true);
    expect(passes({ partitionKey: [{ prefix: 'X' }] })).toBe(false);
  });
});

describe('a pattern that AWS refuses', () => {
  it.each([
    ['data that is no object', { data: 'sale' }],
    ['a value that is not in a list', { data: { kind: 'sale' } }],
    ['an empty list', { data: { kind: [] } }],
    ['an empty object', { data: {} }],
    ['no field at all', {}],
    ['an operator that is not known', { data: { kind: [{ regex: '.*' }] } }],
    ['two operators in one', { data: { kind: [{ prefix: 'a', suffix: 'b' }] } }],
    ['a numeric comparison without a number', { data: { amount: [{ numeric: ['>', '5'] }] } }],
    ['a comparison that is not known', { data: { amount: [{ numeric: ['!=', 5] }] } }],
    ['$or with one pattern', { data: { $or: [{ kind: ['a'] }] } }],
    ['anything-but of nothing', { data: { kind: [{ 'anything-but': [] }] } }],
    ['a list for a pattern', []],
    ['null', null],
  ])('%s', (_, pattern) => {
    expect(filterProblem(pattern)).toContain('Invalid filter pattern definition.');
  });

  it('is told apart from one that names a field which records do not have', () => {
    expect(filterProblem({ dynamodb: { a: ['b'] } })).toContain('got dynamodb');
  });
});
