/** What a role needs on a table. */
export type TablePrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

/** A column as a projection declares it. */
export interface DeclaredColumn {
  readonly name: string;
  /** The type as PostgreSQL calls it. */
  readonly type: string;
  readonly nullable: boolean;
  /** Whether it is not read, but compared with values of the type. */
  readonly isAsked?: boolean;
}

/**
 * A table as a projection uses it: what the build tells the migrations step, which grants it to the processor's role and
 * compares it with the database.
 */
export interface DeclaredTable {
  /** What its owner calls it: `table orders`, or `lookup prices`. */
  readonly title: string;
  /** Name, with its schema in front where one is declared. */
  readonly table: string;
  readonly columns: readonly DeclaredColumn[];
  /** Columns that no two rows may have the same values of; empty where nothing depends on that. */
  readonly uniqueKey: readonly string[];
  readonly privileges: readonly TablePrivilege[];
}

/** File beside the migrations function that has the tables of its processor, a JSON array of {@link DeclaredTable}. */
export const DECLARED_TABLES_FILE = 'declared-tables.json';
