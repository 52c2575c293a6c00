import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { migrateEnvironment } from '../../contract/environment.ts';
import {
  answerCloudFormation,
  type CloudFormationOutcome,
  type CloudFormationRequest,
} from './answer-cloudformation.ts';
import { applyMigrations } from './apply-migrations.ts';
import { ensureRoles, type Credentials } from './ensure-roles.ts';
import { loadMigrations } from './load-migrations.ts';
import { FRAMEWORK_MIGRATION_SET } from './migration.ts';
import { tablesOf } from './tables-of.ts';

/** Where the stack puts the files, beside the code. */
const MIGRATIONS_FOLDER = join(import.meta.dirname, 'migrations');

const environment = migrateEnvironment.parse(process.env);
const logger = new Logger({ serviceName: environment.functionName });
const dataApi = new RDSDataClient({ maxAttempts: 1 });
const secrets = new SecretsManagerClient({ maxAttempts: 5 });

/**
 * Brings the database to what this deployment needs: CloudFormation calls it when the migrations are new or changed.
 * Deleting the stack changes nothing in the database.
 */
export async function handler(request: CloudFormationRequest): Promise<void> {
  await answerCloudFormation(request, await outcomeOf(request));
}

async function outcomeOf({ RequestType }: CloudFormationRequest): Promise<CloudFormationOutcome> {
  try {
    return { status: 'SUCCESS', data: RequestType === 'Delete' ? {} : await migrate() };
  } catch (error) {
    logger.error('the database was not migrated', error as Error);
    return { status: 'FAILED', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function migrate(): Promise<Readonly<Record<string, string>>> {
  const { functionName, clusterArn, secretArn, database } = environment;
  const target = { client: dataApi, clusterArn, secretArn, database };
  const [framework, own] = await Promise.all(
    [FRAMEWORK_MIGRATION_SET, functionName].map((set) => loadMigrations(set, join(MIGRATIONS_FOLDER, set))),
  );
  const migrations = [...(framework ?? []), ...(own ?? [])];
  const { applied, alreadyApplied } = await applyMigrations({
    ...target,
    migrations,
    log: (message) => {
      logger.info(message);
    },
  });
  const [processor, maintenance] = await Promise.all([
    readCredentials(environment.processorSecretArn),
    readCredentials(environment.maintenanceSecretArn),
  ]);
  await ensureRoles({ ...target, processor, maintenance, tables: tablesOf(own ?? []) });
  logger.info('the database is up to date', { applied, alreadyApplied });
  return { applied: applied.join(' '), alreadyApplied: String(alreadyApplied.length) };
}

async function readCredentials(secretArn: string): Promise<Credentials> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
  const { username, password } = JSON.parse(SecretString ?? '{}') as Partial<Credentials>;
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  throw new Error(`the secret ${secretArn} must hold username and password as JSON; restore it`);
}
