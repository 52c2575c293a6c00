import { DatabaseError } from 'pg';
import { DataApiError } from './data-api-error.ts';

const QUERY_CANCELED = '57014';

/** What node-postgres says of a connection that broke, and of a pool that had none to give in time. */
const BROKEN_CONNECTION = /^Connection terminated|not queryable|^read E|^write E|connection error|^Cannot use a pool/;
const NO_CONNECTION = 'timeout exceeded when trying to connect';

/**
 * Turns what node-postgres throws into what the client of the Data API sees. What is neither of the database nor
 * of its connection is a fault of this server and stays as it is.
 *
 * @param processId of the database session, which the client is told when its statement timed out
 */
export function mapDatabaseError(error: unknown, processId?: number): unknown {
  if (error instanceof DatabaseError) return mapSqlError(error, processId);
  if (!(error instanceof Error) || error instanceof DataApiError) return error;
  if (error.message === NO_CONNECTION) {
    return new DataApiError('StatementTimeoutException', 'Connection is not available, request timed out');
  }
  // The connection broke or never came about; whether a statement took effect is not known.
  return isConnectionError(error)
    ? new DataApiError('DatabaseUnavailableException', "The writer instance in the DB cluster isn't available")
    : error;
}

function isConnectionError(error: Error): boolean {
  return 'syscall' in error || error instanceof AggregateError || BROKEN_CONNECTION.test(error.message);
}

function mapSqlError(error: DatabaseError, processId: number | undefined): DataApiError {
  if (error.code === QUERY_CANCELED) {
    return new DataApiError('StatementTimeoutException', error.message, {
      ...(processId !== undefined && { dbConnectionId: processId }),
    });
  }
  return new DataApiError('DatabaseErrorException', renderDatabaseError(error));
}

/**
 * The message of a `DatabaseErrorException`, as captured on PostgreSQL 17.9: without detail and context. Its end,
 * `; SQLState: XXXXX`, is what clients parse.
 */
export function renderDatabaseError({ severity = 'ERROR', message, hint, position, code }: DatabaseError): string {
  const head = `${severity}: ${message}`;
  return [head, ...label('Hint', hint), ...label('Position', position), ...label('SQLState', code)].join('; ');
}

function label(name: string, value: string | undefined): string[] {
  return value ? [`${name}: ${value}`] : [];
}
