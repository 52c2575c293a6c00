import { loadMigrations } from '../functions/migrate/load-migrations.ts';
import { FRAMEWORK_MIGRATION_SET, migrationId, type RecordedMigration } from '../functions/migrate/migration.ts';
import { planMigrations } from '../functions/migrate/plan-migrations.ts';
import { FRAMEWORK_MIGRATIONS, type FunctionFolder } from './function-folder.ts';

/** How a database differs from what a function and the framework ship. */
export interface MigrationsComparison {
  /** Files that were not applied, as `set/name`. */
  readonly missing: readonly string[];
  /** Applied by a later release, as `set/name`. */
  readonly newer: readonly string[];
  /** What a deployment would refuse, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Compares the files of a function and of the framework with what a database says was applied.
 *
 * @param recorded rows of the database's list
 * @throws MigrationError when a folder cannot be read
 */
export async function compareMigrations(
  { name, migrations }: Pick<FunctionFolder, 'name' | 'migrations'>,
  recorded: readonly RecordedMigration[],
): Promise<MigrationsComparison> {
  const sets = await Promise.all([
    loadMigrations(FRAMEWORK_MIGRATION_SET, FRAMEWORK_MIGRATIONS),
    loadMigrations(name, migrations),
  ]);
  const plan = planMigrations(sets.flat(), recorded);
  return plan.kind === 'refused'
    ? { missing: [], newer: [], problems: plan.problems }
    : { missing: plan.toApply.map(migrationId), newer: plan.newer.map(migrationId), problems: [] };
}
