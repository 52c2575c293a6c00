/** Bound of one call. */
export interface CallOptions {
  /** The call fails with an unknown outcome when it has not answered after this long. */
  readonly timeoutMs: number;
}

/**
 * What a failed call means for the batch: `rejection` of a row in it, a `transient` state of the database, an
 * `unknown` outcome, a `timeout` of the statement itself, a `configuration` that a person must mend, or a result
 * `too-large` for one call.
 */
export type FailureKind = 'rejection' | 'transient' | 'unknown' | 'timeout' | 'configuration' | 'too-large';

/** A failed database call, classified once, in the adapter; nothing else looks at the message. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly kind: FailureKind;
  /** The service's name for the error. */
  readonly code: string;
  readonly sqlState: string | undefined;
  /** What a person has to do, where the failure is of kind `configuration`. */
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
   * the place of an error hold values, and so does the first line when a value is what the database refused.
   */
  get headline(): string {
    if (this.kind === 'rejection') return `${this.code} with SQLSTATE ${this.sqlState ?? 'unknown'}`;
    const [firstLine = ''] = this.message.split(/\n|; (?=Detail:|Where:)/, 1);
    return firstLine.trim();
  }
}

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
  // It ended, and nothing that was done in it stays: to be done again from its start.
  TransactionNotFoundException: 'transient',
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

/** What a person has to do about a SQLSTATE of the configuration kind, by longest matching prefix. */
const FIX_BY_SQLSTATE: Readonly<Record<string, string>> = {
  '28': "the database refuses the processor's role: check the secret against the role's password",
  '3D': 'the database does not exist: check `DATABASE`, or create it',
  '3F': 'a schema does not exist: deploy the migrations',
  '42': 'the statement and the tables differ: deploy the migration that belongs to this build',
  '42501': 'the role may not do this: deploy again, so that the migrations grant it',
  '42P01': 'a table does not exist: deploy the migration that creates it',
  '42703': 'a column does not exist: deploy the migration that adds it',
};

/** The same for errors of the service itself. */
const FIX_BY_NAME: Readonly<Record<string, string>> = {
  AccessDeniedException: "the function's IAM role may not call the Data API or read the secret: deploy again",
  DatabaseNotFoundException: 'the cluster was not found: check `CLUSTER_ARN`',
  ForbiddenException: "the function's IAM role may not call the Data API or read the secret: deploy again",
  HttpEndpointNotEnabledException: 'the Data API of the cluster is off: enable it (`enableDataApi`)',
  InvalidSecretException: 'the secret holds no usable credentials: check `SECRET_ARN`',
};

/** Said when nothing more is known: the position is held in any case, so nothing is lost while somebody looks. */
const ANY_FIX = 'a person has to look at this; the position is held, nothing is lost, and it resumes by itself';

/**
 * What to do about a failure that no retry mends.
 *
 * @param name the service's name for the error
 * @param sqlState of the database, where it was asked
 */
function configurationFix(name: string, sqlState: string | undefined): string {
  const bySqlState = FIX_BY_SQLSTATE[sqlState ?? ''] ?? FIX_BY_SQLSTATE[(sqlState ?? '').slice(0, 2)];
  return bySqlState ?? (Object.hasOwn(FIX_BY_NAME, name) ? FIX_BY_NAME[name] : undefined) ?? ANY_FIX;
}
