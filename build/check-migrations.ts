import { compareMigrationNames } from '../contract/migration-name.ts';
import { compatibilityProblems } from '../functions/migrate/check-compatibility.ts';
import { loadMigrations } from '../functions/migrate/load-migrations.ts';
import { prepareMigrations } from '../functions/migrate/prepare-migrations.ts';

/** What is known of migrations without a database. */
export interface MigrationsCheck {
  /** What no database would take, one sentence each, starting with file and line. */
  readonly problems: readonly string[];
  /** What an update refuses when the database has only the files before; in the same form. */
  readonly warnings: readonly string[];
}

/**
 * Looks at the statements of a function's migrations as a deployment does, so that a developer learns of it before.
 * Which files the databases of the stages have is not known here: each is taken for the news of a release.
 *
 * @param name of the function
 * @param folder with its migrations, under names that can be applied
 */
export async function checkMigrations(name: string, folder: string): Promise<MigrationsCheck> {
  const loaded = await loadMigrations(name, folder);
  const migrations = [...loaded].sort((a, b) => compareMigrationNames(a.name, b.name));
  const { problems, statements } = prepareMigrations(migrations);
  // A file that cannot be cut into statements is among the problems.
  const isReadable = statements.size === migrations.length;
  const [, ...later] = isReadable ? migrations : [];
  const warnings = later.flatMap((added, index) =>
    compatibilityProblems({ applied: migrations.slice(0, index + 1), added: [added] }),
  );
  return { problems, warnings };
}

/** Introduces {@link MigrationsCheck.warnings} to who deploys. */
export const COMPATIBILITY_HEADING =
  'an update of a deployed stack refuses these migrations when its database has only the files before them:';
