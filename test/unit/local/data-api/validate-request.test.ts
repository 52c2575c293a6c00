import { describe, expect, it } from 'vitest';
import { parseRequestBody } from '../../../../local/data-api/parse-request-body.ts';
import {
  validateBatchExecuteStatement,
  validateBeginTransaction,
  validateEndTransaction,
  validateExecuteStatement,
} from '../../../../local/data-api/validate-request.ts';

const TARGET = { resourceArn: 'arn:aws:rds:', secretArn: 'arn:aws:sec:' };
const EXECUTE = { ...TARGET, sql: 'SELECT 1' };

/** Name and message of the refusal of an `ExecuteStatement`. */
function refusal(input: object): string {
  try {
    validateExecuteStatement(input as never);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return 'accepted';
}

function withValue(value: unknown): object {
  return { ...EXECUTE, parameters: [{ name: 'p', value }] };
}

describe('validateExecuteStatement', () => {
  it('fills in the defaults', () => {
    expect(validateExecuteStatement(EXECUTE)).toEqual({
      ...EXECUTE,
      parameters: [],
      includeResultMetadata: false,
      continueAfterTimeout: false,
      formatRecordsAs: 'NONE',
      resultSetOptions: { decimalReturnType: 'STRING', longReturnType: 'LONG' },
    });
  });

  it('reports everything that is wrong at once', () => {
    expect(refusal({ secretArn: 'short' })).toBe(
      'ValidationException: 3 validation errors detected: ' +
        "Value null at 'resourceArn' failed to satisfy constraint: Member must not be null; " +
        "Value at 'secretArn' failed to satisfy constraint: Member must have length greater than or equal to 11; " +
        "Value null at 'sql' failed to satisfy constraint: Member must not be null",
    );
  });

  it.each([
    ['resourceArn', 11, 570],
    ['secretArn', 11, 570],
    ['database', 0, 64],
    ['transactionId', 0, 192],
  ] as const)('takes %s of %i to %i characters and no others', (member, min, max) => {
    expect(refusal({ ...EXECUTE, [member]: 'x'.repeat(min) })).toBe('accepted');
    expect(refusal({ ...EXECUTE, [member]: 'x'.repeat(max) })).toBe('accepted');
    expect(refusal({ ...EXECUTE, [member]: 'x'.repeat(max + 1) })).toContain(`less than or equal to ${max}`);
    if (min > 0) expect(refusal({ ...EXECUTE, [member]: 'x'.repeat(min - 1) })).toContain(`equal to ${min}`);
  });

  it('counts the SQL text in characters, not in UTF-16 units', () => {
    const longest = `SELECT '${'😀'.repeat(65_536 - 9)}'`;
    expect(refusal({ ...EXECUTE, sql: longest })).toBe('accepted');
    expect(refusal({ ...EXECUTE, sql: `${longest} ` })).toContain('length less than or equal to 65536');
  });

  it.each([
    [{ formatRecordsAs: 'XML' }, "at 'formatRecordsAs' failed to satisfy constraint: Member must satisfy enum"],
    [{ resultSetOptions: { longReturnType: 'INT' } }, 'enum value set: [LONG, STRING]'],
    [{ resultSetOptions: { decimalReturnType: 'INT' } }, 'enum value set: [STRING, DOUBLE_OR_LONG]'],
    [{ parameters: [{ name: 'p', value: { stringValue: '' }, typeHint: 'INET' }] }, 'enum value set: [JSON, UUID'],
    [{ schema: 'public' }, "ValidationException: The schema parameter isn't supported"],
    [{ sql: 'SELECT 1; SELECT 2' }, "ValidationException: Multistatements aren't supported."],
    [{ sql: 7 }, "SerializationException: Unexpected type at 'sql'"],
    [{ parameters: {} }, "SerializationException: Unexpected type at 'parameters'"],
    [{ includeResultMetadata: 'yes' }, 'SerializationException'],
    [{ sql: "SELECT '\ud800'" }, 'SerializationException'],
    [{ sql: 'COPY t TO STDOUT' }, 'DatabaseErrorException: execute: unexpected message: CopyOutResponse'],
    [{ sql: 'copy (select 1, 2, 3, 4, a, b, c, d, e, f) to stdout' }, 'unexpected message: CopyOutResponse'],
    [{ sql: 'COPY t FROM STDIN' }, 'DatabaseErrorException: execute: unexpected message: CopyInResponse'],
  ])('refuses %j', (change, message) => {
    expect(refusal({ ...EXECUTE, ...change })).toContain(message);
  });

  it('takes an explicit null for an absent member', () => {
    expect(refusal({ ...EXECUTE, database: null, parameters: null, schema: null })).toBe('accepted');
    expect(refusal(withValue({ isNull: null, stringValue: 'x' }))).toBe('accepted');
  });

  it.each([
    [{}, 'exactly one value'],
    [undefined, 'exactly one value'],
    [{ stringValue: 'a', longValue: 1 }, 'exactly one value'],
    [{ isNull: false }, 'must be true'],
    [{ arrayValue: { longValues: [1] } }, 'ValidationException: Array parameters are not supported.'],
    [{ longValue: '1' }, 'SerializationException'],
    [{ longValue: 1.5 }, 'SerializationException'],
    [{ longValue: 2n ** 63n }, 'SerializationException'],
    [{ stringValue: 1 }, 'SerializationException'],
    [{ stringValue: '\udc00' }, 'SerializationException'],
    [{ doubleValue: 'many' }, 'SerializationException'],
    [{ booleanValue: 1 }, 'SerializationException'],
    [{ blobValue: 'not base64!' }, 'SerializationException'],
    [{ structValue: {} }, 'SerializationException'],
  ])('refuses the parameter value %o', (value, message) => {
    expect(refusal(withValue(value))).toContain(message);
  });

  it.each([
    [{ longValue: 2n ** 63n - 1n }],
    [{ longValue: -(2n ** 63n) }],
    [{ doubleValue: 'Infinity' }],
    [{ blobValue: '' }],
    [{ stringValue: '😀' }],
  ])('takes the parameter value %o', (value) => {
    expect(refusal(withValue(value))).toBe('accepted');
  });
});

describe('the other operations', () => {
  it('a batch without parameter sets has none', () => {
    expect(validateBatchExecuteStatement(EXECUTE).parameterSets).toEqual([]);
  });

  it('a batch names the parameter that is wrong', () => {
    const parameterSets = [[], [{ name: 'p', value: {} }]];
    expect(() => validateBatchExecuteStatement({ ...EXECUTE, parameterSets })).toThrow(
      "Value at 'parameterSets.2.member.1.member.value' failed",
    );
  });

  it('a transaction cannot be begun inside another', () => {
    expect(validateBeginTransaction({ ...TARGET, transactionId: 't' })).toEqual(TARGET);
  });

  it('a transaction is ended by its id only', () => {
    expect(() => validateEndTransaction(TARGET)).toThrow("Value null at 'transactionId'");
    expect(validateEndTransaction({ ...TARGET, transactionId: 't' }).transactionId).toBe('t');
  });
});

describe('parseRequestBody', () => {
  it('keeps the digits of a long that no number holds', () => {
    expect(parseRequestBody('{"a":{"longValue":9007199254740993}}')).toEqual({
      a: { longValue: 9_007_199_254_740_993n },
    });
    expect(parseRequestBody('{"longValue": -9223372036854775808}')).toEqual({ longValue: -(2n ** 63n) });
    expect(parseRequestBody('{"longValue":9007199254740991}')).toEqual({ longValue: 9_007_199_254_740_991 });
  });

  it.each(['[]', 'null', '1', '"x"', '{', 'x'])('refuses %j', (body) => {
    expect(() => parseRequestBody(body)).toThrow(expect.objectContaining({ name: 'SerializationException' }));
  });

  it('takes no body for an empty request', () => {
    expect(parseRequestBody('')).toEqual({});
  });
});
