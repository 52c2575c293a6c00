import { POSTGRES_MAX_NAME_BYTES } from '../../contract/limits.ts';
import { DatabaseError } from '../../data-api/classify-error.ts';
import { createExecuteStatement, type Execute } from '../../data-api/execute.ts';
import { retryTransient } from '../../data-api/retry-transient.ts';
import { identifier } from '../../processor/tables/table-kind.ts';
import { MigrationError } from './migration.ts';
import { patienceOf, type LockOptions } from './with-migration-lock.ts';

/** The database that every cluster has, and from which others are created. */
const MAINTENANCE_DATABASE = 'postgres';

/** Databases of PostgreSQL and RDS themselves. */
const SYSTEM_DATABASES = new Set(['template0', 'template1', 'rdsadmin']);

/** Longest wait for one call; the Data API itself gives up on a statement after 45 seconds. */
const CALL_TIMEOUT_MS = 60_000;

/** Another run was faster: the name is taken, as the catalog's unique key says, or as CREATE DATABASE itself does. */
const CREATED_MEANWHILE = new Set(['42P04', '23505']);

/** Somebody is connected to the template just now. */
const TEMPLATE_IN_USE = '55006';

/** What only a person can settle. */
const BY_HAND: ReadonlyMap<string, string> = new Map([
  [
    '42501',
    "the user of the migrations' secret may not create it; create it with that user as its owner, or give the user CREATEDB",
  ],
  [
    '25001',
    'the Data API would create it inside a transaction, which PostgreSQL refuses; create it by another connection',
  ],
]);

/**
 * Creates the database when the cluster does not have it yet, owned by who calls. Runs at the same time are safe.
 *
 * @param options the database that there is to be
 * @returns whether this call created it
 * @throws {@link MigrationError} when the name cannot be used, or when the user may not create databases
 * @throws `GaveUpWaitingError` when the cluster is not ready within the patience
 */
export async function ensureDatabase(options: LockOptions): Promise<boolean> {
  const { client, database } = options;
  assertUsableName(database);
  const patience = patienceOf(options);
  const executeIn = (name: string): Execute => {
    const execute = createExecuteStatement(client, { ...options, database: name });
    return (sql, parameters = {}) => execute(sql, parameters, { timeoutMs: CALL_TIMEOUT_MS });
  };
  const maintenance = executeIn(MAINTENANCE_DATABASE);
  return retryTransient(patience, async () => {
    const refusal = await refusalOf(executeIn(database));
    if (refusal === undefined) return false;
    if (patience.isPassing(refusal)) throw refusal;
    if (!(await isThere(maintenance, database, refusal))) return create(maintenance, database);
    // Unless another run has created it between the two calls, there is another reason.
    const reason = await refusalOf(executeIn(database));
    if (reason !== undefined) throw reason;
    return false;
  });
}

function assertUsableName(name: string): void {
  const problem = SYSTEM_DATABASES.has(name)
    ? `must not be a database of PostgreSQL or RDS, got ${name}`
    : Buffer.byteLength(name) > POSTGRES_MAX_NAME_BYTES
      ? `must have at most ${POSTGRES_MAX_NAME_BYTES} bytes, got ${Buffer.byteLength(name)}: ${name}`
      : undefined;
  if (problem !== undefined) throw new MigrationError([`\`databaseName\` ${problem}; choose another name`]);
}

/** Why the database cannot be entered, if it cannot. */
async function refusalOf(execute: Execute): Promise<DatabaseError | undefined> {
  try {
    await execute('SELECT 1');
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
}

/**
 * Asks the catalog, because it is not known in which words the service says that there is no such database.
 *
 * @throws `refusal` when the catalog cannot be asked either, unless that is a matter of waiting
 */
async function isThere(execute: Execute, database: string, refusal: DatabaseError): Promise<boolean> {
  try {
    const { rows } = await execute('SELECT count(*) FROM pg_database WHERE datname = CAST(:name AS text)', {
      name: database,
    });
    return rows[0]?.[0]?.longValue !== 0;
  } catch (error) {
    throw error instanceof DatabaseError && error.kind === 'transient' ? error : refusal;
  }
}

async function create(execute: Execute, database: string): Promise<boolean> {
  try {
    await execute(`CREATE DATABASE ${identifier(database)}`);
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { sqlState = '', message } = error;
    if (CREATED_MEANWHILE.has(sqlState)) return false;
    if (sqlState === TEMPLATE_IN_USE) {
      throw new DatabaseError(message, { kind: 'transient', code: error.code, sqlState, cause: error });
    }
    const advice = BY_HAND.get(sqlState);
    if (advice === undefined) throw error;
    throw new MigrationError([`the database ${database} does not exist, and ${advice}: ${message}`], { cause: error });
  }
}
