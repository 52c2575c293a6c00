import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../../data-api/classify-error.ts';
import { classifyError } from '../../../data-api/classify-error.ts';
import { findPostgresBinaries } from '../../../local/postgres/postgres-binaries.ts';

function failure(name: string, message = '', rest: object = {}): Error {
  return Object.assign(new Error(message), { name }, rest);
}

const sql = (sqlState: string) => failure('DatabaseErrorException', `ERROR: made for a test; SQLState: ${sqlState}`);

/** Codes of every class of PostgreSQL's appendix A, and of classes that only triggers and extensions use. */
const BY_KIND = {
  rejection: [
    '21000',
    '22001',
    '22003',
    '22007',
    '22023',
    '22P02',
    '22P05',
    '23502',
    '23503',
    '23505',
    '23514',
    '44000',
    '54000',
    '54001',
    'P0001',
    'P0004',
  ],
  transient: [
    '08006',
    '08P01',
    '25006',
    '25P03',
    '40001',
    '40002',
    '40P01',
    '53100',
    '53300',
    '55P03',
    '57P01',
    '57P03',
    '58030',
    '58P01',
  ],
  timeout: ['57014', '25P04'],
  unknown: ['08007', '40003'],
  refused: [
    '00000',
    '01000',
    '02000',
    '03000',
    '09000',
    '0A000',
    '0B000',
    '0F000',
    '0L000',
    '0P000',
    '0Z000',
    '20000',
    '24000',
    '25001',
    '25P01',
    '26000',
    '27000',
    '28000',
    '28P01',
    '2B000',
    '2D000',
    '2F002',
    '34000',
    '38001',
    '39000',
    '39P01',
    '3B001',
    '3D000',
    '3F000',
    '42501',
    '42601',
    '42703',
    '42883',
    '42P01',
    '42P10',
    '45000',
    '55000',
    '55006',
    '72000',
    'AB001',
    'F0000',
    'HV000',
    'PAY01',
    'XX000',
    'XX001',
    'XX002',
    'ZZ999',
  ],
} as const satisfies Partial<Record<FailureKind, readonly string[]>>;

describe('a failure with a SQLSTATE', () => {
  it.each(Object.entries(BY_KIND))('is %s for %j', (kind, sqlStates) => {
    for (const sqlState of sqlStates) {
      expect(classifyError(sql(sqlState))).toMatchObject({ kind, sqlState, code: 'DatabaseErrorException' });
    }
  });

  it('is looked at for every class that the PostgreSQL of these tests knows', async () => {
    const { postgres } = await findPostgresBinaries();
    const errcodes = await readFile(join(dirname(dirname(postgres)), 'share/postgresql/errcodes.txt'), 'utf8');
    const classes = [...errcodes.matchAll(/^Section: Class (\w\w)/gm)].map(([, name]) => name);
    const lookedAt = new Set(Object.values(BY_KIND).flatMap((codes) => codes.map((code) => code.slice(0, 2))));
    expect(classes.length).toBeGreaterThan(40);
    expect(classes.filter((name) => name !== undefined && !lookedAt.has(name))).toEqual([]);
  });

  it.each([
    ['0A000', /INSERT \.\.\. ON CONFLICT needs a table/],
    ['55000', /NOT DEFERRABLE/],
    ['42P01', /deploy the migration that creates it/],
    ['42501', /grant/],
    ['42704', /deploy the migration/],
    ['28P01', /check the secret/],
    ['3D000', /check `DATABASE`/],
    ['XX002', /REINDEX/],
    ['PAY01', /find out what raises this code: triggers/],
    ['72000', /find out what raises this code: triggers/],
  ])('comes with advice that fits, should every row meet it: %s', (sqlState, advice) => {
    expect(classifyError(sql(sqlState)).fix).toMatch(advice);
  });

  it('may be about the statement, which the database can be asked for, or only about rows', () => {
    const isAboutStatement = (sqlState: string) => classifyError(sql(sqlState)).isAboutStatement;
    for (const sqlState of ['0A000', '28P01', '3D000', '3F000', '42501', '42P01', '55000']) {
      expect(isAboutStatement(sqlState)).toBe(true);
    }
    for (const sqlState of ['PAY01', '09000', '72000', 'XX000']) expect(isAboutStatement(sqlState)).toBe(false);
  });

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
    ['ExpiredToken', 'transient'],
    ['ExpiredTokenException', 'transient'],
    ['ForbiddenException', 'configuration'],
    ['HttpEndpointNotEnabledException', 'configuration'],
    ['InternalFailure', 'unknown'],
    ['InternalServerErrorException', 'unknown'],
    ['InvalidResourceStateException', 'transient'],
    ['InvalidSecretException', 'configuration'],
    ['NotFoundException', 'configuration'],
    ['RequestExpired', 'transient'],
    ['RequestTimeTooSkewed', 'transient'],
    ['RequestTimeoutException', 'unknown'],
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
    ['BadRequestException', 'Communications link failure\n\nThe last packet sent successfully to the server was 0'],
    ['BadRequestException', 'Communication link failure'],
    ['StatementTimeoutException', 'Connection is not available, request timed out after 3000ms.'],
    ['InvalidSignatureException', 'Signature expired: 20261126T081500Z is now earlier than 20261126T082000Z'],
  ])('passes when its message says so, whatever the name: %s %s', (name, message) => {
    expect(classifyError(failure(name, message, { $metadata: { httpStatusCode: 400 } })).kind).toBe('transient');
  });

  it('is no passing one for words that stand inside a message', () => {
    const quoted = 'ERROR: invalid input syntax for type date: "Communications link failure"; SQLState: 22007';
    expect(classifyError(failure('DatabaseErrorException', quoted)).kind).toBe('rejection');
    expect(classifyError(failure('BadRequestException', 'x Communications link failure')).kind).toBe('configuration');
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
