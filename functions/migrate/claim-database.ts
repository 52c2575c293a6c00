import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { hasTable } from './has-table.ts';
import { MigrationError } from './migration.ts';
import { withMigrationLock, type LockOptions } from './with-migration-lock.ts';

/** Which deployment of a function a database is to belong to. */
export interface ClaimOptions extends LockOptions {
  /** Letters, digits and hyphens. */
  readonly functionName: string;
  /** Unique per account and region: what metrics and roles are named after. */
  readonly deployment: string;
}

const TABLE = FRAMEWORK_TABLES.deployment;

/**
 * Makes a deployment the only one of its function that writes to a database. Rows go by the name of the function, so what one
 * deployment has written would count as written by the other, and be missing from it without a word. Does nothing while
 * the database has no framework tables, and nothing for the deployment that has it already.
 *
 * @throws {@link MigrationError} when another deployment has the database, with both names and the ways out
 */
export async function claimDatabase(options: ClaimOptions): Promise<void> {
  const { functionName, deployment, database } = options;
  const owner = await withMigrationLock(options, async (execute) => {
    if (!(await hasTable(execute, TABLE))) return { commit: false, result: deployment };
    // Changes nothing where the database has an owner; an update all the same, because only what is updated is returned.
    const { rows } = await execute(
      `INSERT INTO ${TABLE} AS claim (function_name, deployment) VALUES (:function_name, :deployment)
       ON CONFLICT (function_name) DO UPDATE SET deployment = claim.deployment RETURNING deployment`,
      { function_name: functionName, deployment },
    );
    return { commit: true, result: rows[0]?.[0]?.stringValue };
  });
  if (owner === deployment) return;
  throw new MigrationError([
    `the database \`${database}\` must belong to no other deployment of ${functionName}, but ${owner ?? 'another one'} has it and ` +
      `${deployment} would mistake the events of that one for its own; give each its own \`databaseName\`. If ${owner ?? 'it'} no longer exists, ` +
      `or was renamed or moved, run in the database: DELETE FROM ${TABLE} WHERE function_name = '${functionName}'`,
  ]);
}
