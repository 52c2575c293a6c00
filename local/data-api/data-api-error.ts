/**
 * HTTP status of every error name the Data API answers with, modelled or not.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html}
 */
export const ERROR_STATUS = {
  AccessDeniedException: 403,
  BadRequestException: 400,
  DatabaseErrorException: 400,
  DatabaseNotFoundException: 404,
  DatabaseResumingException: 400,
  DatabaseUnavailableException: 504,
  ForbiddenException: 403,
  HttpEndpointNotEnabledException: 400,
  InternalServerErrorException: 500,
  InvalidResourceStateException: 400,
  InvalidSecretException: 400,
  NotFoundException: 404,
  SecretsErrorException: 400,
  ServiceUnavailableError: 503,
  StatementTimeoutException: 400,
  TransactionNotFoundException: 404,
  UnsupportedResultException: 400,
  // Not in the service model, yet answered: the SDK surfaces them under these names.
  InternalFailure: 500,
  SerializationException: 400,
  ThrottlingException: 400,
  UnknownOperationException: 404,
  ValidationException: 400,
} as const;

/** Name of an error the Data API answers with. */
export type ErrorName = keyof typeof ERROR_STATUS;

/** Members an error answers with besides its message. */
export interface ErrorDetails {
  /** Process id of the database session, in a `StatementTimeoutException`. */
  readonly dbConnectionId?: number;
}

/** An answer other than success: what the client of the Data API sees. */
export class DataApiError extends Error {
  override readonly name: ErrorName;
  readonly details: ErrorDetails;

  /**
   * An error by name.
   *
   * @param name - Decides the HTTP status too.
   * @param message - Empty for the errors that the service answers without a message.
   * @param details - Further members of the answer.
   */
  constructor(name: ErrorName, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = name;
    this.details = details;
  }

  /** HTTP status code of the answer. */
  get status(): number {
    return ERROR_STATUS[this.name];
  }
}
