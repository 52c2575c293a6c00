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
export function configurationFix(name: string, sqlState: string | undefined): string {
  const bySqlState = FIX_BY_SQLSTATE[sqlState ?? ''] ?? FIX_BY_SQLSTATE[(sqlState ?? '').slice(0, 2)];
  return bySqlState ?? (Object.hasOwn(FIX_BY_NAME, name) ? FIX_BY_NAME[name] : undefined) ?? ANY_FIX;
}
