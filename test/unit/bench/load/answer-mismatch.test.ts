import { describe, expect, it } from 'vitest';
import { answerMismatch } from '../../../../bench/load/answer-mismatch.ts';

function databaseError(message: string, name = 'DatabaseErrorException'): { readonly error: Error } {
  return { error: Object.assign(new Error(message), { name }) };
}

describe('answerMismatch', () => {
  it('takes an answer that has what is expected, whatever else it has', () => {
    const answer = { records: [[{ longValue: 1 }]], numberOfRecordsUpdated: 0, $metadata: {} };
    expect(answerMismatch({ records: [[{ longValue: 1 }]] }, { answer })).toBeUndefined();
  });

  it('tells another value, another type, another number of rows and a missing member', () => {
    const expected = { records: [[{ longValue: 1 }]] };
    expect(answerMismatch(expected, { answer: { records: [[{ longValue: 2 }]] } })).toContain('got {"records"');
    expect(answerMismatch(expected, { answer: { records: [[{ stringValue: '1' }]] } })).toContain('"stringValue"');
    expect(answerMismatch(expected, { answer: { records: [] } })).toContain('got {"records":[]}');
    expect(answerMismatch(expected, { answer: {} })).toContain('got {}');
  });

  it('tells an error in place of an answer', () => {
    expect(answerMismatch({ numberOfRecordsUpdated: 1 }, databaseError('gone'))).toContain('gone');
  });

  it('takes only the database error with the expected SQLSTATE', () => {
    const expected = { sqlState: '23505' };
    expect(answerMismatch(expected, databaseError('ERROR: duplicate key; SQLState: 23505'))).toBeUndefined();
    expect(answerMismatch(expected, databaseError('ERROR: null value; SQLState: 23502'))).toContain('23502');
    expect(answerMismatch(expected, databaseError('x; SQLState: 23505', 'BadRequestException'))).toContain('23505');
    expect(answerMismatch(expected, { answer: { records: [] } })).toContain('got an answer');
  });
});
