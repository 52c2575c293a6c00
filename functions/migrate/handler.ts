import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { DECLARED_TABLES_FILE, type DeclaredTable } from '../../contract/declared-tables.ts';
import { migrateEnvironment } from '../../contract/maintenance-environment.ts';
import {
  answerCloudFormation,
  type CloudFormationOutcome,
  type CloudFormationRequest,
} from './answer-cloudformation.ts';
import { applyMigrations } from './apply-migrations.ts';
import { claimDatabase } from './claim-database.ts';
import { checkTables, TablesError } from './check-tables.ts';
import { grantedRole, type Credentials } from './database-role.ts';
import { ensureDatabase } from './ensure-database.ts';
import { ensureRoles, grantFramework } from './ensure-roles.ts';
import { grantTables, revokeUndeclared } from './grant-tables.ts';
import { loadMigrations } from './load-migrations.ts';
import { FRAMEWORK_MIGRATION_SET } from './migration.ts';
import { readCredentials, rotatePassword, type RotationRequest } from './rotate-password.ts';
import { withMigrationLock, type LockOptions } from './with-migration-lock.ts';

/** Where the stack puts the files, beside the code. */
const MIGRATIONS_FOLDER = join(import.meta.dirname, 'migrations');

/** What the processor that is deployed with it declares. */
const TABLES_FILE = join(import.meta.dirname, DECLARED_TABLES_FILE);

/** Kept back for the answer, and for the last call to end. */
const RESERVE_MS = 90_000;

/** A cluster that is not ready by then has something wrong with it. */
const MAX_WAIT_MS = 240_000;

const environment = migrateEnvironment.parse(process.env);
const logger = new Logger({ serviceName: environment.functionName });
const dataApi = new RDSDataClient({ maxAttempts: 1 });
const secrets = new SecretsManagerClient({ maxAttempts: 5 });

/**
 * All that is done with the rights of the database's owner. CloudFormation calls it when the migrations are new or
 * changed, to bring the database to what the deployment needs; Secrets Manager calls it to rotate the password of a
 * database role.
 */
export async function handler(request: CloudFormationRequest | RotationRequest, context: Context): Promise<void> {
  const { clusterArn, secretArn, database } = environment;
  const patience = {
    // Read anew by each step.
    get maxWaitMs(): number {
      return Math.max(0, Math.min(MAX_WAIT_MS, context.getRemainingTimeInMillis() - RESERVE_MS));
    },
  };
  const connection = { client: dataApi, clusterArn, secretArn, database, patience };
  if ('Step' in request) {
    const secretArns = [environment.processorSecretArn, environment.maintenanceSecretArn];
    await rotatePassword(request, { ...connection, secrets, secretArns });
    logger.info('a step of a rotation is done', { step: request.Step, secret: request.SecretId });
    return;
  }
  await answerCloudFormation(request, await outcomeOf(request, connection));
}

async function outcomeOf(
  { RequestType }: CloudFormationRequest,
  connection: LockOptions,
): Promise<CloudFormationOutcome> {
  // Data outlives the stack, which may never have had a database. The roles stay too: CloudFormation deletes a resource
  // also when it was only renamed, and then they are in use.
  if (RequestType === 'Delete') return { status: 'SUCCESS', data: {} };
  try {
    return await migrate(connection, RequestType);
  } catch (error) {
    logger.error('the database was not migrated', error as Error);
    return { status: 'FAILED', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function migrate(connection: LockOptions, requestType: 'Create' | 'Update'): Promise<CloudFormationOutcome> {
  const { functionName, deployment } = environment;
  if (await ensureDatabase(connection)) logger.info('the database was created', { database: connection.database });
  const claim = { ...connection, functionName, deployment };
  // Before anything is changed in the database of another deployment; and once more when there is a table to write it in.
  await claimDatabase(claim);
  const [framework, own] = await Promise.all(
    [FRAMEWORK_MIGRATION_SET, functionName].map((set) => loadMigrations(set, join(MIGRATIONS_FOLDER, set))),
  );
  const migrations = [...(framework ?? []), ...(own ?? [])];
  const [processor, maintenance] = await Promise.all([
    readCredentials(secrets, environment.processorSecretArn),
    readCredentials(secrets, environment.maintenanceSecretArn),
  ]);
  await ensureRoles({ ...connection, processor, maintenance });
  const { applied, alreadyApplied, newer } = await applyMigrations({
    ...connection,
    migrations,
    processorRole: grantedRole(processor.username),
    // A stack that is only just created has no release before; what is recorded may be left by a creation that failed.
    mustSuitReleaseBefore: requestType === 'Update',
    log: (message) => {
      logger.info(message);
    },
  });
  await claimDatabase(claim);
  const warnings = await settleTables(connection, { processor, maintenance });
  if (warnings.length > 0) logger.warn('the tables work, but may not be what you intended', { warnings });
  logger.info('the database is up to date', { applied, alreadyApplied });
  // CloudFormation takes 4 KB in all: the log line has the names.
  const numbers = applied.map((id) => id.replace(/(\/\d+)-.*/, '$1'));
  const data = { applied: numbers.join(' '), alreadyApplied: String(alreadyApplied.length), newer: newer.join(' ') };
  if (newer.length === 0) return { status: 'SUCCESS', data };
  const warning = 'the database has migrations that are newer than this release, as after a rollback; they stay';
  logger.warn(warning, { newer });
  return { status: 'SUCCESS', data, warning: `${warning}: ${newer.join(', ')}` };
}

/**
 * Grants the roles what they need (operators compare rows, so theirs reads the tables), and compares the tables with what the projection declares: a function whose every
 * batch would be held is not deployed.
 *
 * @returns warnings
 * @throws TablesError with everything that does not fit, and what may not be granted
 */
async function settleTables(
  connection: LockOptions,
  roles: { readonly processor: Credentials; readonly maintenance: Credentials },
): Promise<readonly string[]> {
  const tables = JSON.parse(await readFile(TABLES_FILE, 'utf8')) as readonly DeclaredTable[];
  const settled = await withMigrationLock(connection, async (execute) => {
    await grantFramework(execute, roles);
    const grant = { role: grantedRole(roles.processor.username), who: 'the processor', tables };
    // Nothing depends on it but `ops verify`, so a deployment does without.
    const read = {
      role: grantedRole(roles.maintenance.username),
      who: '`ops verify`',
      tables: tables.map((table): DeclaredTable => ({ ...table, privileges: ['SELECT'] })),
    };
    const refused = await grantTables(execute, grant);
    const unread = await grantTables(execute, read);
    const check = await checkTables(execute, tables);
    const problems = [...check.problems, ...refused];
    if (problems.length === 0) {
      const revoked = [...(await revokeUndeclared(execute, grant)), ...(await revokeUndeclared(execute, read))];
      if (revoked.length > 0) logger.info('what no release declares any more was revoked', { revoked });
    }
    return { commit: true, result: { problems, warnings: [...check.warnings, ...unread] } };
  });
  if (settled.problems.length > 0) throw new TablesError(settled.problems);
  return settled.warnings;
}
