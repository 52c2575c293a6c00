import { describe, expect, it } from 'vitest';
import { createEventFilter, filterProblem } from '../../../../kinesis/filter/event-filter.ts';
import { passesFilter } from './passes-filter.ts';

const METADATA_ONLY = { sequenceNumber: '1', partitionKey: 'ORD', data: 'bm90IGpzb24=', approximateArrivalMs: 1_500 };

describe('filters of a mapping', () => {
  it('let everything through when there are none', () => {
    expect(createEventFilter([])(METADATA_ONLY)).toBe(true);
  });

  it('let a record through when one of several matches', () => {
    const filter = createEventFilter([{ data: { kind: ['return'] } }, { partitionKey: ['ORD'] }]);
    expect(filter(METADATA_ONLY)).toBe(true);
  });

  it.each([
    ['the partition key', { partitionKey: ['ORD'] }, true],
    ['another partition key', { partitionKey: [{ prefix: 'X' }] }, false],
    ['the sequence number', { sequenceNumber: ['1'] }, true],
    ['the time of arrival in seconds', { approximateArrivalTimestamp: [1.5] }, true],
    ['the version', { kinesisSchemaVersion: ['1.0'] }, true],
    ['one of two', { $or: [{ partitionKey: ['X'] }, { sequenceNumber: ['1'] }] }, true],
  ])('look at %s alone, whatever the content is', (_, filter, expected) => {
    expect(createEventFilter([filter])(METADATA_ONLY)).toBe(expected);
  });
});

describe('content that is not JSON', () => {
  it.each([
    ['text', 'not json'],
    ['nothing', ''],
    ['an object that does not end', '{"a":1'],
    ['a key without quotes', '{a:1}'],
    ['a text that does not end', '{"a":"1}'],
    ['a number with a zero in front', '{"a":01}'],
    ['a number without a fraction', '{"a":1.}'],
    ['two numbers in a row', '{"a":1 2}'],
    ['an escape that there is not', '{"a":"\\x1"}'],
    ['a line break in a text', '{"a":"1\n2"}'],
    ['a word that is none', '{"a":nul1}'],
    ['more than one document', '{"a":1}{"a":2}'],
    ['objects within each other, too many', `${'{"a":'.repeat(1_001)}1${'}'.repeat(1_001)}`],
    ['lists within each other, as many as a record has room for', `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
  ])('is dropped by a filter on the data: %s', (_, content) => {
    expect(passesFilter({ data: { b: [{ exists: false }] } }, content)).toBe(false);
  });

  it('is dropped although another part of the filter holds', () => {
    expect(passesFilter({ $or: [{ partitionKey: ['ORD'] }, { data: { a: [1] } }] }, 'not json')).toBe(false);
  });
});

describe('content that is JSON', () => {
  it.each([
    ['a list of objects', '[{"kind":"return"},{"kind":"sale"}]', true],
    ['a scalar', '"sale"', false],
    ['lists within each other, just not too many', `{"kind":${'['.repeat(999)}"sale"${']'.repeat(999)}}`, true],
    ['spaces between everything', ' { "kind" : [ "sale" , 1 ] } ', true],
    ['a key with escapes', '{"k\\u0069nd":"sale"}', true],
    ['a text with escapes', '{"kind":"s\\u0061le"}', true],
    ['numbers in keys and texts', '{"1":{"2e3":"-4"},"kind":"sale"}', true],
  ])('is filtered: %s', (_, content, expected) => {
    expect(passesFilter({ data: { kind: ['sale'] } }, content)).toBe(expected);
  });

  it('is filtered when it is as large as a record can be', () => {
    const note = 'say "1" or \\2 '.repeat(700_000);
    expect(passesFilter({ data: { kind: ['sale'] } }, { note, kind: 'sale' })).toBe(true);
  });
});

describe('a filter that AWS refuses', () => {
  it.each([
    ['a list for a pattern', []],
    ['null', null],
    ['text', '{"data":{"kind":["sale"]}}'],
    ['nothing', undefined],
    ['what JSON cannot hold', { data: { kind: [1n] } }],
    ['no field at all', {}],
    ['data that is no object', { data: 'sale' }],
    ['a list of values for data', { data: ['sale'] }],
    ['data without fields', { data: {} }],
    ['data in an alternative that is no object', { $or: [{ partitionKey: ['k'] }, { data: ['sale'] }] }],
  ])('%s', (_, filter) => {
    expect(filterProblem(filter)).toContain('Invalid filter pattern definition.');
  });

  it('is told apart from one that names a field which records do not have', () => {
    expect(filterProblem({ dynamodb: { a: ['b'] } })).toContain('got dynamodb');
    expect(filterProblem({ $or: [{ data: { a: [1] } }, { eventName: ['b'] }] })).toContain('got eventName');
  });

  it.each([
    { length: 4_096, problem: undefined },
    { length: 4_097, problem: 'must have at most 4096 characters as JSON, got 4097' },
  ])('is one of more than 4,096 characters: $length', ({ length, problem }) => {
    const empty = JSON.stringify({ data: { kind: [''] } }).length;
    expect(filterProblem({ data: { kind: ['x'.repeat(length - empty)] } })).toBe(problem);
  });
});
