import { adviceFor } from './failure-advice.ts';

/** Bound of one call. */
export interface CallOptions {
  /** The call fails with an unknown outcome when it has not answered after this long. */
  readonly timeoutMs: number;
}

/**
 * What a failed call means for the batch: `rejection` of a row in it, a statement `refused` for a reason that may lie
 * in one of its rows or in all of them, a `transient` state of the database, an `unknown` outcome, a `timeout` of the
 * statement itself, a `configuration` that a person must fix, or a result `too-large` for one call.
 */
export type FailureKind = 'rejection' | 'refused' | 'transient' | 'unknown' | 'timeout' | 'configuration' | 'too-large';

/** A failed database call, classified once, in the adapter; nothing else looks at the message. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly kind: FailureKind;
  /** The service's name for the error. */
  readonly code: string;
  readonly sqlState: string | undefined;
  /** What a person has to do, where the failure is of kind `configuration`, or `refused` and true of every row. */
  readonly fix: string | undefined;

  /**
   * Wraps a failure with its meaning.
   *
   * @param message what the service said
   * @param failure what it means
   */
  constructor(
    message: string,
    failure: {
      readonly kind: FailureKind;
      readonly code: string;
      readonly sqlState: string | undefined;
      readonly fix?: string | undefined;
      readonly cause: unknown;
    },
  ) {
    super(message, { cause: failure.cause });
    this.kind = failure.kind;
    this.code = failure.code;
    this.sqlState = failure.sqlState;
    this.fix = failure.fix;
  }

  /**
   * What happened in words that quote no row: the message goes to the quarantine table, this to the log. Details and
   * the place of an error hold values, and so does the first line when a value, or a trigger, is what refused.
   */
  get headline(): string {
    if (this.kind === 'rejection' || (this.kind === 'refused' && !this.isAboutStatement)) {
      return `${this.code} with SQLSTATE ${this.sqlState ?? 'unknown'}`;
    }
    const [firstLine = ''] = this.message.split(/\n|; (?=Detail:|Where:)/, 1);
    return firstLine.trim();
  }

  /**
   * Whether PostgreSQL itself raises this SQLSTATE for the statement, whatever its rows: a table that is not there, a
   * missing grant. A trigger may raise the same for one row; `EXPLAIN` of the statement tells the two apart.
   */
  get isAboutStatement(): boolean {
    return this.sqlState !== undefined && STATEMENT_CLASSES.has(this.sqlState.slice(0, 2));
  }

  /** Whether the database failed inside, perhaps by what happened at the same moment, such as a change of the table. */
  get isInternal(): boolean {
    return this.sqlState?.startsWith('XX') === true;
  }

  /**
   * Whether a cluster answers this while it is still being created: its Data API is not on yet, or it has no instance
   * yet. Of a cluster in use it means that somebody switched the Data API off.
   * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html}
   */
  get isComingUp(): boolean {
    const { message } = Object(this.cause) as { readonly message?: unknown };
    // The first version of the service told the same as a BadRequestException.
    const isEndpointOff = typeof message === 'string' && /^HttpEndpoint is not enabled/i.test(message);
    return (
      isEndpointOff || this.code === 'HttpEndpointNotEnabledException' || this.code === 'DatabaseNotFoundException'
    );
  }
}

/** Classes of {@link DatabaseError.isAboutStatement}: feature, login, database, schema, syntax and access, state. */
const STATEMENT_CLASSES: ReadonlySet<string> = new Set(['0A', '28', '3D', '3F', '42', '55']);

/**
 * Meaning of a SQLSTATE, by longest matching prefix. Triggers, procedures and extensions raise codes of their own, and
 * whole classes that PostgreSQL itself never does: what is not listed is `refused`, and the rows tell whose fault it is.
 * {@link https://www.postgresql.org/docs/17/errcodes-appendix.html}
 */
const SQLSTATE_KINDS: Readonly<Record<string, FailureKind>> = {
  '08': 'transient',
  // The message may have been lost on either side of the commit.
  '08007': 'unknown',
  '21': 'rejection',
  '22': 'rejection',
  '23': 'rejection',
  // A writer that has just become a reader: the endpoint moves on.
  '25006': 'transient',
  '25P03': 'transient',
  '25P04': 'timeout',
  '40': 'transient',
  '40003': 'unknown',
  '44': 'rejection',
  '53': 'transient',
  '54': 'rejection',
  '55P03': 'transient',
  '57': 'transient',
  // A statement that took too long: the service names it StatementTimeoutException, the database says this.
  '57014': 'timeout',
  '58': 'transient',
  P0: 'rejection',
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
  // Credentials are renewed, on Lambda at the latest with the next execution environment.
  ExpiredToken: 'transient',
  ExpiredTokenException: 'transient',
  ForbiddenException: 'configuration',
  HttpEndpointNotEnabledException: 'configuration',
  InternalFailure: 'unknown',
  InternalServerErrorException: 'unknown',
  InvalidResourceStateException: 'transient',
  InvalidSecretException: 'configuration',
  NotFoundException: 'configuration',
  // The clock of the environment was wrong by minutes; the SDK learns the difference from the answer.
  RequestExpired: 'transient',
  RequestTimeTooSkewed: 'transient',
  RequestTimeout: 'unknown',
  RequestTimeoutException: 'unknown',
  SecretsErrorException: 'transient',
  ServiceUnavailable: 'unknown',
  ServiceUnavailableError: 'unknown',
  StatementTimeoutException: 'timeout',
  Throttling: 'transient',
  ThrottlingException: 'transient',
  TooManyRequestsException: 'transient',
  // It ended, and nothing that was done in it stays: to be done again from its start.
  TransactionNotFoundException: 'transient',
  UnsupportedResultException: 'too-large',
  ValidationException: 'configuration',
};

/**
 * Failures that pass and that the service tells by their message alone, under a name that means something else: the
 * connection to the database broke, as it does while a cluster resumes
 * ({@link https://github.com/aws/aws-sdk-js-v3/issues/3425}); none was free in time; a frozen environment had signed a
 * request minutes ago ({@link https://github.com/smithy-lang/smithy-typescript/pull/1965}).
 */
const PASSING_MESSAGES: readonly RegExp[] = [
  /^communications? link failure/i,
  /^connection is not available/i,
  /^signature (?:expired|not yet current)/i,
];

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
  const kind = sqlState === undefined ? kindWithoutSqlState(error, { name, message }) : sqlStateKind(sqlState);
  const fix = kind === 'configuration' || kind === 'refused' ? adviceFor(name, sqlState) : undefined;
  return new DatabaseError(`${name}: ${message}`, { kind, code: name, sqlState, fix, cause: error });
}

/**
 * What a failure with this SQLSTATE means.
 *
 * @param sqlState five digits and capital letters
 */
export function sqlStateKind(sqlState: string): FailureKind {
  return SQLSTATE_KINDS[sqlState] ?? SQLSTATE_KINDS[sqlState.slice(0, 2)] ?? 'refused';
}

function kindWithoutSqlState(
  error: unknown,
  { name, message }: { readonly name: string; readonly message: string },
): FailureKind {
  if (PASSING_MESSAGES.some((pattern) => pattern.test(message))) return 'transient';
  return (Object.hasOwn(NAME_KINDS, name) ? NAME_KINDS[name] : undefined) ?? statusKind(error);
}

function statusKind(error: unknown): FailureKind {
  const { $metadata } = Object(error) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status >= 500) return 'unknown';
  return status === 429 ? 'transient' : 'configuration';
}
