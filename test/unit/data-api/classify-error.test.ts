import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../data-api/classify-error.ts';

function failure(name: string, message = '', rest: object = {}): Error {
  return Object.assign(new Error(message), { name }, rest);
}

const sql = (sqlState: string) => failure('DatabaseErrorException', `ERROR: made for a test; SQLState: ${sqlState}`);

describe('a failure with a SQLSTATE', () => {
  it.each([
    [
      'rejection',
      [
        '21000',
        '22001',
        '22003',
        '22007',
        '22P02',
        '22P05',
        '23502',
        '23503',
        '23505',
        '23514',
        '44000',
        '54000',
        'P0001',
      ],
    ],
    [
      'transient',
      ['08006', '08P01', '25006', '40001', '40P01', '53100', '53300', '55P03', '57P01', '57P03', '58030', 'XX000'],
    ],
    ['timeout', ['57014']],
    ['unknown', ['08007', '40003']],
    ['configuration', ['28P01', '3D000', '3F000', '42501', '42601', '42703', '42P01', '42883']],
  ] as const)('is a %s for %j', (kind, sqlStates) => {
    for (const sqlState of sqlStates) {
      expect(classifyError(sql(sqlState))).toMatchObject({ kind, sqlState, code: 'DatabaseErrorException' });
    }
  });

  it.each(['0A000', '25P02', '40002', '55000', '72000', 'ZZ999'])(
    '%s, which nobody has looked at, quarantines nothing',
    (sqlState) => {
      expect(classifyError(sql(sqlState))).toMatchObject({ kind: 'transient', sqlState });
    },
  );

  it('outweighs the name, whatever it is', () => {
    expect(classifyError(failure('BadRequestException', 'ERROR: x; SQLState: 40P01')).kind).toBe('transient');
    expect(classifyError(failure('StatementTimeoutException', 'ERROR: x; SQLState: 22003')).kind).toBe('rejection');
  });

  it('is read from both renderings of the message', () => {
    const oneLine = 'ERROR: relation "x" does not exist; Hint: y; Position: 15; SQLState: 42P01';
    const multiLine = 'ERROR: deadlock detected\n  Hint: See server log.\n  Where: while updating; SQLState: 40P01';
    expect(classifyError(failure('DatabaseErrorException', oneLine)).sqlState).toBe('42P01');
    expect(classifyError(failure('DatabaseErrorException', multiLine)).sqlState).toBe('40P01');
    expect(classifyError(failure('DatabaseErrorException', `${multiLine}\n`)).sqlState).toBe('40P01');
  });

  it('is not taken from a value that quotes one', () => {
    const detail = 'ERROR: deadlock\n  Detail: Key (note)=(x; SQLState: 23505) exists.; SQLState: 40P01';
    expect(classifyError(failure('DatabaseErrorException', detail))).toMatchObject({
      kind: 'transient',
      sqlState: '40P01',
    });
    const cut = 'ERROR: deadlock\n  Detail: Key (note)=(x; SQLState: 23505) exists.';
    expect(classifyError(failure('DatabaseErrorException', cut))).toMatchObject({
      kind: 'transient',
      sqlState: undefined,
    });
  });
});

describe('a failure without a SQLSTATE', () => {
  it.each([
    ['AccessDeniedException', 'configuration'],
    ['BadRequestException', 'configuration'],
    ['DatabaseErrorException', 'transient'],
    ['DatabaseNotFoundException', 'configuration'],
    ['DatabaseResumingException', 'transient'],
    ['DatabaseUnavailableException', 'transient'],
    ['ForbiddenException', 'configuration'],
    ['HttpEndpointNotEnabledException', 'configuration'],
    ['InternalFailure', 'unknown'],
    ['InternalServerErrorException', 'unknown'],
    ['InvalidResourceStateException', 'transient'],
    ['InvalidSecretException', 'configuration'],
    ['SecretsErrorException', 'transient'],
    ['ServiceUnavailableError', 'unknown'],
    ['StatementTimeoutException', 'timeout'],
    ['ThrottlingException', 'transient'],
    ['TooManyRequestsException', 'transient'],
    ['TransactionNotFoundException', 'transient'],
    ['UnsupportedResultException', 'too-large'],
    ['ValidationException', 'configuration'],
  ])('is judged by its name: %s is %s', (name, kind) => {
    expect(classifyError(failure(name, 'text'))).toMatchObject({
      kind,
      code: name,
      message: `${name}: text`,
      sqlState: undefined,
    });
  });

  it.each([
    [undefined, 'unknown'],
    [400, 'configuration'],
    [404, 'configuration'],
    [429, 'transient'],
    [499, 'configuration'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('of an unheard-of name is judged by its status: %s is %s', (httpStatusCode, kind) => {
    expect(classifyError(failure('NewException', '', { $metadata: { httpStatusCode } })).kind).toBe(kind);
    expect(classifyError(failure('constructor', '', { $metadata: { httpStatusCode } })).kind).toBe(kind);
  });

  it.each([
    failure('AbortError', 'Request aborted'),
    failure('TimeoutError', 'The operation was aborted due to timeout'),
    failure('Error', 'read ECONNRESET', { code: 'ECONNRESET' }),
    failure('Error', 'connect ECONNREFUSED', { code: 'ECONNREFUSED' }),
    failure('Error', 'socket hang up', { code: 'ECONNRESET', $metadata: { attempts: 1 } }),
    failure('SyntaxError', 'Unexpected token < in JSON', { $metadata: { httpStatusCode: 502 } }),
    'text',
    undefined,
    null,
  ])('has an unknown outcome when the answer never came: %s', (error: unknown) => {
    expect(classifyError(error).kind).toBe('unknown');
  });
});

it('keeps the failure as the cause', () => {
  const error = sql('22007');
  expect(classifyError(error).cause).toBe(error);
});
