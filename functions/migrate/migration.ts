import { createHash } from 'node:crypto';
import { FRAMEWORK_SCHEMA } from '../../contract/framework-tables.ts';
import { ProblemsError } from '../../contract/problems-error.ts';
import { takeOutMarkers } from './compatibility-marker.ts';
import { UnterminatedSqlError } from './scan-sql.ts';

/** Name of the set that makes the framework's own tables. */
export const FRAMEWORK_MIGRATION_SET = FRAMEWORK_SCHEMA;

/** One SQL file: applied once, in one transaction, never changed afterwards. */
export interface Migration {
  /** Whose tables it makes: the framework's, or the name of a function. Sets have their own numbering. */
  readonly set: string;
  /** File name, such as `001-flights.sql`; the number gives the order within the set. */
  readonly name: string;
  /** Text of the file. */
  readonly sql: string;
}

/** A row of the list of migrations that a database keeps. */
export interface RecordedMigration {
  readonly set: string;
  readonly name: string;
  readonly checksum: string;
}

/** Thrown when migrations cannot be applied; `problems` has one sentence for each reason. */
export class MigrationError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence each, starting with the file
   * @param options the error behind it, if there is one
   */
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems, { name: 'MigrationError', heading: 'the migrations cannot be applied', ...options });
  }
}

/** How a migration is called in results and in the list of a database: `set/name`. */
export function migrationId(migration: { readonly set: string; readonly name: string }): string {
  return `${migration.set}/${migration.name}`;
}

/** Where a migration is in the repository, which is what a message about it names: the deployed copy cannot be changed. */
export function migrationFile({ set, name }: { readonly set: string; readonly name: string }): string {
  return set === FRAMEWORK_MIGRATION_SET
    ? `functions/migrate/framework/${name}`
    : `functions/${set}/migrations/${name}`;
}

/**
 * SHA-256 of a migration's text in hex. Line ends count as `\n`, so that a checkout on Windows is no change, and markers
 * do not count, so that a file can be marked for one stage after another has applied it.
 */
export function migrationChecksum(sql: string): string {
  return createHash('sha256')
    .update(withoutMarkers(sql.replaceAll('\r\n', '\n')))
    .digest('hex');
}

function withoutMarkers(sql: string): string {
  try {
    return takeOutMarkers(sql).sql;
  } catch (error) {
    if (error instanceof UnterminatedSqlError) return sql;
    throw error;
  }
}
