import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { DataApiError } from '../../../../local/data-api/data-api-error.ts';
import { mapDatabaseError, renderDatabaseError } from '../../../../local/data-api/map-database-error.ts';

function databaseError(message: string, members: Partial<DatabaseError>): DatabaseError {
  return Object.assign(new DatabaseError(message, 1, 'error'), { severity: 'ERROR', ...members });
}

const DUPLICATE = databaseError('duplicate key value violates unique constraint "t_pkey"', {
  code: '23505',
  detail: 'Key (id)=(1) already exists.',
});
const NO_OPERATOR = databaseError('operator does not exist: integer = text', {
  code: '42883',
  hint: 'You might need to add explicit type casts.',
  position: '36',
  where: 'PL/pgSQL function f() line 1',
});

describe('renderDatabaseError', () => {
  it('puts hint and position on one line, and leaves detail and context out', () => {
    expect(renderDatabaseError(DUPLICATE)).toBe(
      'ERROR: duplicate key value violates unique constraint "t_pkey"; SQLState: 23505',
    );
    expect(renderDatabaseError(NO_OPERATOR)).toBe(
      'ERROR: operator does not exist: integer = text; Hint: You might need to add explicit type casts.; Position: 36; SQLState: 42883',
    );
  });

  it('keeps the severity of what ended the session', () => {
    const fatal = databaseError('terminating connection due to administrator command', {
      code: '57P01',
      severity: 'FATAL',
    });
    expect(renderDatabaseError(fatal)).toBe(
      'FATAL: terminating connection due to administrator command; SQLState: 57P01',
    );
  });
});

describe('mapDatabaseError', () => {
  it('makes an SQL error a DatabaseErrorException', () => {
    expect(mapDatabaseError(DUPLICATE)).toMatchObject({
      name: 'DatabaseErrorException',
      status: 400,
    });
  });

  it('makes a cancelled statement a StatementTimeoutException that names the session', () => {
    const cancelled = databaseError('canceling statement due to statement timeout', { code: '57014' });
    expect(mapDatabaseError(cancelled, 42)).toMatchObject({
      name: 'StatementTimeoutException',
      message: 'canceling statement due to statement timeout',
      details: { dbConnectionId: 42 },
    });
  });

  it.each([
    new Error('Connection terminated unexpectedly'),
    Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' }),
    new Error('Client has encountered a connection error and is not queryable'),
  ])('makes a broken connection a DatabaseUnavailableException: %s', (error) => {
    expect(mapDatabaseError(error)).toMatchObject({
      name: 'DatabaseUnavailableException',
      status: 504,
    });
  });

  it('makes a pool that has nothing left a StatementTimeoutException', () => {
    const error = new Error('timeout exceeded when trying to connect');
    expect(mapDatabaseError(error)).toMatchObject({
      name: 'StatementTimeoutException',
      message: 'Connection is not available, request timed out',
    });
  });

  it('leaves an error of its own and a fault of the server as they are', () => {
    const own = new DataApiError('BadRequestException', 'no');
    const fault = new TypeError('undefined is not a function');
    expect(mapDatabaseError(own)).toBe(own);
    expect(mapDatabaseError(fault)).toBe(fault);
  });
});
