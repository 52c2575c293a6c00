import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { FRAMEWORK_MIGRATIONS, type FunctionFolder } from '../../build/function-folder.ts';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { applyMigrations } from '../../functions/migrate/apply-migrations.ts';
import { loadMigrations } from '../../functions/migrate/load-migrations.ts';
import { FRAMEWORK_MIGRATION_SET } from '../../functions/migrate/migration.ts';
import type { DataApiServer } from '../data-api/start-data-api-server.ts';
import type { Example } from '../examples/example.ts';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';

const FRAMEWORK = { name: FRAMEWORK_MIGRATION_SET, migrations: FRAMEWORK_MIGRATIONS };

/**
 * Creates the framework's tables and those of functions, by their migrations, and loads reference data.
 *
 * @param server in front of the database
 * @param functions whose tables are created
 * @param example whose reference data is loaded
 */
export async function prepareTables(
  { endpoint, region, resourceArn: clusterArn, secretArn, database }: DataApiServer,
  functions: readonly Pick<FunctionFolder, 'name' | 'migrations'>[],
  example: Example | undefined,
): Promise<void> {
  const client = new RDSDataClient({ endpoint, region, credentials: LOCAL_CREDENTIALS, maxAttempts: 1 });
  const connection = { client, clusterArn, secretArn, database };
  try {
    const sets = await Promise.all(
      [FRAMEWORK, ...functions].map(({ name, migrations }) => loadMigrations(name, migrations)),
    );
    // A developer's own database: what a deployment would refuse is told when the run starts.
    await applyMigrations({ ...connection, migrations: sets.flat(), mustSuitReleaseBefore: false });
    await example?.loadReference(createPatientExecute(connection, { timeoutMs: 50_000, maxWaitMs: 60_000 }));
  } finally {
    client.destroy();
  }
}
