import type { Command } from 'commander';
import { Option } from 'commander';
import { UsageError } from '../../command-line/usage-error.ts';
import type { DataApiTarget } from '../../data-api/execute.ts';
import type { DeployedStack } from './deployed-stack.ts';

/** How a command reaches the database, where no stack says so. */
export type DatabaseOptions = Partial<DataApiTarget>;

/** Adds the options of {@link DatabaseOptions} to a command. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .addOption(new Option('--cluster-arn <arn>', 'the Aurora cluster').env('CLUSTER_ARN'))
    .addOption(new Option('--secret-arn <arn>', "credentials that may read the framework's tables").env('SECRET_ARN'))
    .addOption(new Option('--database <name>', 'the database').env('DATABASE'));
}

/** A database that is paused takes half a minute to wake up. */
export const PATIENCE = { timeoutMs: 50_000, maxWaitMs: 60_000 } as const;

const FLAGS = { clusterArn: '--cluster-arn', secretArn: '--secret-arn', database: '--database' } as const;

/**
 * Adds what a deployed stack says about its database to what the command line says, which comes first.
 *
 * @param stack undefined when none was named
 * @throws {@link UsageError} naming every option that is missing then
 */
export function completeDatabaseOptions(given: DatabaseOptions, stack: DeployedStack | undefined): DataApiTarget {
  const options = { ...databaseOf(stack), ...given };
  const { clusterArn = '', secretArn = '', database = '' } = options;
  const target = { clusterArn, secretArn, database };
  const problems = Object.entries(FLAGS).flatMap(([name, flag]) =>
    target[name as keyof DataApiTarget] === '' ? [missingOption(name, flag)] : [],
  );
  if (problems.length > 0) throw new UsageError(problems);
  return target;
}

/** The database of a deployed stack, with the credentials that operators use. */
export function databaseOf(stack: DeployedStack | undefined): DatabaseOptions {
  if (stack === undefined) return {};
  const { ClusterArn, MaintenanceSecretArn, DatabaseName } = stack.outputs;
  return { clusterArn: ClusterArn, secretArn: MaintenanceSecretArn, database: DatabaseName };
}

/** Says that an option is missing that the environment or a stack may give as well. */
export function missingOption(name: string, flag: string): string {
  const variable = name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return `missing \`${flag}\`: pass it, set ${variable}, or use \`--stack\``;
}
