/** What a person has to do about a SQLSTATE that every row meets, by longest matching prefix. */
const ADVICE_BY_SQLSTATE: Readonly<Record<string, string>> = {
  '09': 'a trigger fails: check the triggers of the tables',
  '0A':
    'a table of the projection cannot do what the statement asks of it: INSERT ... ON CONFLICT needs a table without ' +
    'rules, no foreign table, and no view with an INSTEAD OF trigger; or a trigger raises the code',
  '25': 'a function or trigger needs another transaction state: each Data API statement is its own transaction',
  '27': 'a trigger changes the row that it fires for: make it an AFTER trigger, or have it return the changed row',
  '28': "the database refuses the processor's role: check the secret against the role's password",
  '2F': 'a function that a trigger, default or generated column calls fails: one that changes data must be VOLATILE',
  '38': 'a function that a trigger, default or generated column calls fails: look at its body',
  '39': 'a trigger or an extension function returns something invalid: check what the triggers return',
  '3D': 'the database does not exist: check `DATABASE`, or create it',
  '3F': 'a schema does not exist: deploy the migrations, or look at the `search_path` of triggers',
  '42': 'the statement does not match the tables: deploy the migration that belongs to this build, or check the triggers',
  '42501':
    'the role may not do this: deploy again, so that the migrations grant it; triggers run with the rights of the role too',
  '42P01': 'a table does not exist: deploy the migration that creates it',
  '42P10': 'the key of a table has no unique constraint: deploy the migration that adds it',
  '42703': 'a column does not exist: deploy the migration that adds it',
  '55':
    'a table is not in a state that the statement can use: the key of a `versions` or `counters` table must be NOT ' +
    'DEFERRABLE (drop the constraint and add it without DEFERRABLE), a view must be updatable, a replicated table ' +
    'needs a replica identity; or a trigger raises the code',
  F0: "a configuration file of the database is wrong: look at the server's log",
  HV: 'a foreign table cannot be written: check its server and the user mapping of the role',
  XX: "the database reports an internal error or corrupted data: look at the server's log before anything else; XX001 and XX002 need a REINDEX or a restore",
};

/** The same for errors of the service itself. */
const ADVICE_BY_NAME: Readonly<Record<string, string>> = {
  AccessDeniedException: "the function's IAM role may not call the Data API or read the secret: deploy again",
  DatabaseNotFoundException: 'the cluster was not found: check `CLUSTER_ARN`',
  ForbiddenException: "the function's IAM role may not call the Data API or read the secret: deploy again",
  HttpEndpointNotEnabledException: 'the Data API of the cluster is off: enable it (`enableDataApi`)',
  InvalidSecretException: 'the secret holds no usable credentials: check `SECRET_ARN`',
  NotFoundException: 'the cluster or the secret was not found: check `CLUSTER_ARN` and `SECRET_ARN`',
};

/** Said of a SQLSTATE that PostgreSQL has no advice for: then somebody's own code has raised it. */
const ADVICE_FOR_ANY_SQLSTATE =
  'find out what raises this code: triggers, rules, defaults and generated columns of the tables, and the functions they call';

/** Said when nothing more is known: the position is held in any case, so nothing is lost while somebody looks. */
const ANY_ADVICE =
  'somebody has to look at this; the position is held, nothing is lost, and the processor resumes by itself once it is fixed';

/**
 * What to do about a failure that no retry fixes.
 *
 * @param name the service's name for the error
 * @param sqlState of the database, where it was asked
 * @returns a clause that fits behind a semicolon
 */
export function adviceFor(name: string, sqlState: string | undefined): string {
  if (sqlState !== undefined) {
    return ADVICE_BY_SQLSTATE[sqlState] ?? ADVICE_BY_SQLSTATE[sqlState.slice(0, 2)] ?? ADVICE_FOR_ANY_SQLSTATE;
  }
  return (Object.hasOwn(ADVICE_BY_NAME, name) ? ADVICE_BY_NAME[name] : undefined) ?? ANY_ADVICE;
}
