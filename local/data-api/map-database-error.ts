import { DatabaseError } from 'pg';
import { DataApiError } from './data-api-error.ts';

/**
 * How the text of a database error is put together: `one-line` as captured on PostgreSQL 17.9, `pgjdbc` as reported of
 * the first version of the service, with line breaks, detail and context.
 */
export type ErrorStyle = 'one-line' | 'pgjdbc';

const QUERY_CANCELED = '57014';

/** What node-postgres says of a connection that broke, and of a pool that had none to give in time. */
const BROKEN_CONNECTION = /^Connection terminated|not queryable|^read E|^write E|connection error|^Cannot use a pool/;
const NO_CONNECTION = 'timeout exceeded when trying to connect';

/** How a database error is shown. */
export interface ErrorContext {
  readonly style: ErrorStyle;
  /** Process id of the database session, told to the client when its statement timed out. */
  readonly processId?: number;
}

/**
 * Turns what node-postgres throws into what the client of the Data API sees. What is neither of the database nor
 * of its connection is a fault of this server and stays as it is.
 */
export function mapDatabaseError(error: unknown, context: ErrorContext): unknown {
  if (error instanceof DatabaseError) return mapSqlError(error, context);
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

function mapSqlError(error: DatabaseError, { style, processId }: ErrorContext): DataApiError {
  if (error.code === QUERY_CANCELED) {
    return new DataApiError('StatementTimeoutException', error.message, {
      ...(processId !== undefined && { dbConnectionId: processId }),
    });
  }
  return new DataApiError('DatabaseErrorException', renderDatabaseError(error, style));
}

/** The message of a `DatabaseErrorException`; its end, `; SQLState: XXXXX`, is what clients parse. */
export function renderDatabaseError(error: DatabaseError, style: ErrorStyle): string {
  const head = `${error.severity ?? 'ERROR'}: ${error.message}`;
  const parts = style === 'one-line' ? [head, ...oneLine(error)] : [[head, ...lines(error)].join('\n  ')];
  return [...parts, ...(error.code ? [`SQLState: ${error.code}`] : [])].join('; ');
}

function oneLine({ hint, position }: DatabaseError): string[] {
  return [...label('Hint', hint), ...label('Position', position)];
}

function lines({ detail, hint, position, where }: DatabaseError): string[] {
  return [...label('Detail', detail), ...label('Hint', hint), ...label('Position', position), ...label('Where', where)];
}

function label(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${name}: ${value}`];
}
