import { checkStatement } from './check-statement.ts';
import { migrationFile, migrationId, type Migration } from './migration.ts';
import { UnterminatedSqlError } from './scan-sql.ts';
import { splitStatements, type SqlStatement } from './split-statements.ts';

/** Migrations as they are sent. */
export interface PreparedMigrations {
  /** By `migrationId`. */
  readonly statements: ReadonlyMap<string, readonly SqlStatement[]>;
  /** One sentence each, starting with file and line: what no database would take over the Data API. */
  readonly problems: readonly string[];
}

/** Looks at every statement before the first one runs, so that a mistake in the last file is reported first. */
export function prepareMigrations(migrations: readonly Migration[]): PreparedMigrations {
  const problems: string[] = [];
  const statements = new Map<string, readonly SqlStatement[]>();
  for (const migration of migrations) {
    const file = migrationFile(migration);
    try {
      const split = splitStatements(migration.sql);
      statements.set(migrationId(migration), split);
      for (const { text, line } of split) {
        problems.push(...checkStatement(text).map((problem) => `${file}:${line}: ${problem}`));
      }
    } catch (error) {
      if (!(error instanceof UnterminatedSqlError)) throw error;
      problems.push(`${file}:${error.line}: ${error.message}`);
    }
  }
  return { statements, problems };
}
