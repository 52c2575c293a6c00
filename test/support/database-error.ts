import type { FailureKind } from '../../data-api/classify-error.ts';
import { DatabaseError } from '../../data-api/classify-error.ts';

/** Makes a classified database failure with the SQLSTATE a test asks for. */
export function databaseError(kind: FailureKind, sqlState?: string): DatabaseError {
  const message = `DatabaseErrorException: ERROR: made for a test; SQLState: ${sqlState ?? 'none'}`;
  return new DatabaseError(message, { kind, code: 'DatabaseErrorException', sqlState, cause: undefined });
}
