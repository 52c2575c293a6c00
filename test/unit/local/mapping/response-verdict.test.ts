import { describe, expect, it } from 'vitest';
import { readVerdict } from '../../../../local/mapping/response-verdict.ts';
import { records } from './records.ts';

const BATCH = records(3);
const [FIRST, SECOND, THIRD] = BATCH.map(({ sequenceNumber }) => sequenceNumber);
const COMPLETE_FAILURE = { kind: 'checkpoint', index: 0 };

function failures(...identifiers: readonly unknown[]): string {
  return JSON.stringify({ batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })) });
}

describe('response contract with ReportBatchItemFailures', () => {
  it.each([
    '{"batchItemFailures":[]}',
    '{"batchItemFailures":null}',
    '{}',
    'null',
    '',
    '""',
    '[]',
    '{"statusCode":200}',
  ])('%s is a complete success', (payload) => {
    expect(readVerdict({ kind: 'response', payload }, BATCH, true)).toEqual({ kind: 'success' });
  });

  it.each([
    ['an empty identifier', failures('')],
    ['an identifier that is null', failures(null)],
    ['an integer for an identifier', failures(123)],
    ['an identifier that is not of the batch', failures('999')],
    ['a wrong key', '{"batchItemFailures":[{"foo":123}]}'],
    ['a wrong key with null', '{"batchItemFailures":[{"foo":null}]}'],
    ['an item that is no object', '{"batchItemFailures":["x"]}'],
    ['an item that is null', '{"batchItemFailures":[null]}'],
    ['a valid and an invalid identifier', failures(THIRD, 'nonsense')],
    ['failures that are no list', '{"batchItemFailures":"x"}'],
    ['text that is not JSON', '{"batchItemFailures":'],
    ['a string', '"fine"'],
    ['a number', '7'],
    ['a list with something in it', '[1]'],
  ])('%s is a complete failure', (_, payload) => {
    expect(readVerdict({ kind: 'response', payload }, BATCH, true)).toEqual(COMPLETE_FAILURE);
  });

  it.each([
    { identifiers: [FIRST], index: 0 },
    { identifiers: [SECOND], index: 1 },
    { identifiers: [THIRD], index: 2 },
  ])('one identifier is the checkpoint: record $index', ({ identifiers, index }) => {
    const result = { kind: 'response', payload: failures(...identifiers) } as const;
    expect(readVerdict(result, BATCH, true)).toEqual({ kind: 'checkpoint', index });
  });

  it('of several identifiers the lowest is the checkpoint, in whatever order they come', () => {
    const result = { kind: 'response', payload: failures(THIRD, SECOND) } as const;
    expect(readVerdict(result, BATCH, true)).toEqual({ kind: 'checkpoint', index: 1 });
  });

  it('an unhandled error is an error of the whole batch', () => {
    const result = { kind: 'error', functionError: 'Unhandled', payload: '{}' } as const;
    expect(readVerdict(result, BATCH, true)).toEqual({ kind: 'error', functionError: 'Unhandled' });
  });

  it('a throttled invocation is no verdict on the batch', () => {
    expect(readVerdict({ kind: 'throttled' }, BATCH, true)).toEqual({ kind: 'throttled' });
  });

  it('a refused payload can never be delivered', () => {
    const result = { kind: 'refused', reason: 'RequestTooLargeException' } as const;
    expect(readVerdict(result, BATCH, true)).toEqual({
      kind: 'undeliverable',
      reason: 'RequestTooLargeException',
    });
  });
});

describe('response contract without ReportBatchItemFailures', () => {
  it.each([failures(SECOND), '"fine"', '{"batchItemFailures":'])('%s is ignored', (payload) => {
    expect(readVerdict({ kind: 'response', payload }, BATCH, false)).toEqual({ kind: 'success' });
  });

  it('an unhandled error still fails the batch', () => {
    const result = { kind: 'error', functionError: 'Unhandled', payload: '{}' } as const;
    expect(readVerdict(result, BATCH, false)).toEqual({ kind: 'error', functionError: 'Unhandled' });
  });
});
