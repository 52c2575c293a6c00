import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { FRAMEWORK_MIGRATIONS, type FunctionFolder } from '../../build/function-folder.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import type { DeclaredTable } from '../../contract/declared-tables.ts';
import { FRAMEWORK_SCHEMA } from '../../contract/framework-tables.ts';
import { DatabaseError } from '../../data-api/classify-error.ts';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { applyMigrations } from '../../functions/migrate/apply-migrations.ts';
import { checkTables, TablesError } from '../../functions/migrate/check-tables.ts';
import { loadMigrations } from '../../functions/migrate/load-migrations.ts';
import { FRAMEWORK_MIGRATION_SET } from '../../functions/migrate/migration.ts';
import type { DataApiServer } from '../data-api/start-data-api-server.ts';
import type { Example } from '../examples/example.ts';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';

const FRAMEWORK = { name: FRAMEWORK_MIGRATION_SET, migrations: FRAMEWORK_MIGRATIONS };

/** What else is done with the tables. */
export interface TablePreparation {
  /** Whose reference data is loaded. */
  readonly examples?: readonly Example[];
  /** Told of each migration that was applied. */
  readonly onApplied?: (message: string) => void;
}

/** A function, and what its projection declares where that is to be held against the tables. */
type FunctionTables = Pick<FunctionFolder, 'name' | 'migrations'> & { readonly tables?: readonly DeclaredTable[] };

/**
 * Creates the framework's tables and those of functions, by their migrations, loads reference data, and checks that the
 * tables are what the projections declare.
 *
 * @param server in front of the database
 * @param functions whose tables are created
 * @param preparation what else is done
 * @returns what works, and may not be meant
 * @throws `MigrationError` or `TablesError` with everything that keeps the functions from writing; {@link UsageError}
 *   when the user of a database that was given may not create the framework's tables
 */
export async function prepareTables(
  { endpoint, region, resourceArn: clusterArn, secretArn, database }: DataApiServer,
  functions: readonly FunctionTables[],
  { examples = [], onApplied }: TablePreparation = {},
): Promise<readonly string[]> {
  const client = new RDSDataClient({ endpoint, region, credentials: LOCAL_CREDENTIALS, maxAttempts: 1 });
  const connection = { client, clusterArn, secretArn, database };
  try {
    const sets = await Promise.all(
      [FRAMEWORK, ...functions].map(({ name, migrations }) => loadMigrations(name, migrations)),
    );
    // A developer's own database: what a deployment would refuse is told when the run starts.
    await applyMigrations({
      ...connection,
      migrations: sets.flat(),
      mustSuitReleaseBefore: false,
      ...(onApplied !== undefined && { log: onApplied }),
    }).catch((error: unknown) => {
      throw isNotAllowed(error) ? new UsageError([describeNotAllowed(error.message)]) : error;
    });
    const execute = createPatientExecute(connection, { timeoutMs: 50_000, maxWaitMs: 60_000 });
    for (const example of examples) await example.loadReference(execute);
    const { problems, warnings } = await checkTables(
      execute,
      functions.flatMap(({ tables = [] }) => tables),
    );
    if (problems.length > 0) throw new TablesError(problems);
    return warnings;
  } finally {
    client.destroy();
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

function isNotAllowed(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.sqlState === INSUFFICIENT_PRIVILEGE;
}

function describeNotAllowed(message: string): string {
  return (
    `the user of \`--database-url\` must be allowed to create the schema ${FRAMEWORK_SCHEMA} and the tables in it, got ${message}; ` +
    'name another user, or let the owner of the database run GRANT CREATE ON DATABASE … TO …'
  );
}
