import type { FailureKind } from '../ports.ts';
import { DatabaseError } from '../ports.ts';
import { configurationFix } from './configuration-fix.ts';

/**
 * Meaning of a SQLSTATE, by longest matching prefix.
 * {@link https://www.postgresql.org/docs/17/errcodes-appendix.html}
 */
const SQLSTATE_KINDS: Readonly<Record<string, FailureKind>> = {
  '08': 'transient',
  // The message may have been lost on either side of the commit.
  '08007': 'unknown',
  '21': 'rejection',
  '22': 'rejection',
  '23': 'rejection',
  '25006': 'transient',
  '28': 'configuration',
  '3D': 'configuration',
  '3F': 'configuration',
  '40001': 'transient',
  '40003': 'unknown',
  '40P01': 'transient',
  '42': 'configuration',
  '44': 'rejection',
  '53': 'transient',
  '54': 'rejection',
  '55P03': 'transient',
  '57': 'transient',
  // A statement that took too long: the service names it StatementTimeoutException, the database says this.
  '57014': 'timeout',
  '58': 'transient',
  P0: 'rejection',
  XX: 'transient',
};

/**
 * Meaning of an error name that carries no SQLSTATE. Names that are not listed are judged by the HTTP status.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/CommonErrors.html}
 */
const NAME_KINDS: Readonly<Record<string, FailureKind>> = {
  AccessDeniedException: 'configuration',
  BadRequestException: 'configuration',
  DatabaseErrorException: 'transient',
  DatabaseNotFoundException: 'configuration',
  DatabaseResumingException: 'transient',
  DatabaseUnavailableException: 'transient',
  ForbiddenException: 'configuration',
  HttpEndpointNotEnabledException: 'configuration',
  InternalFailure: 'unknown',
  InternalServerErrorException: 'unknown',
  InvalidResourceStateException: 'transient',
  InvalidSecretException: 'configuration',
  SecretsErrorException: 'transient',
  ServiceUnavailableError: 'unknown',
  StatementTimeoutException: 'timeout',
  ThrottlingException: 'transient',
  TooManyRequestsException: 'transient',
  UnsupportedResultException: 'too-large',
  ValidationException: 'configuration',
};

/** The service ends its message with the SQLSTATE; a quoted value inside may hold the same words, so only the end counts. */
const SQLSTATE_AT_END = /;\s*SQLState:\s*([0-9A-Z]{5})\s*$/;

/**
 * Decides once what a failed Data API call means.
 *
 * What is not known counts as an unknown outcome: the call is repeated, which is safe because the write is idempotent,
 * and nothing is quarantined or given up for a reason nobody has looked at.
 */
export function classifyError(error: unknown): DatabaseError {
  const name = error instanceof Error ? error.name : 'UnknownError';
  const message = error instanceof Error ? error.message : String(error);
  const sqlState = SQLSTATE_AT_END.exec(message)?.[1];
  const kind = (sqlState === undefined ? undefined : sqlStateKind(sqlState)) ?? nameKind(name) ?? statusKind(error);
  const fix = kind === 'configuration' ? configurationFix(name, sqlState) : undefined;
  return new DatabaseError(`${name}: ${message}`, { kind, code: name, sqlState, fix, cause: error });
}

function sqlStateKind(sqlState: string): FailureKind | undefined {
  return SQLSTATE_KINDS[sqlState] ?? SQLSTATE_KINDS[sqlState.slice(0, 2)];
}

function nameKind(name: string): FailureKind | undefined {
  return Object.hasOwn(NAME_KINDS, name) ? NAME_KINDS[name] : undefined;
}

function statusKind(error: unknown): FailureKind {
  const { $metadata } = Object(error) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status >= 500) return 'unknown';
  return status === 429 ? 'transient' : 'configuration';
}
