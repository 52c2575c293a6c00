import pg from 'pg';
import type { DeclaredTable } from '../../contract/declared-tables.ts';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';

/** What the framework keeps of events that came through. */
const KEPT_OF_EVENTS = [
  FRAMEWORK_TABLES.ledger,
  FRAMEWORK_TABLES.quarantine,
  FRAMEWORK_TABLES.quarantinePart,
  FRAMEWORK_TABLES.batchLog,
  FRAMEWORK_TABLES.fuse,
  FRAMEWORK_TABLES.tombstone,
  FRAMEWORK_TABLES.heldPosition,
];

/** The tables that a function writes, on a database that nobody else uses. */
export class WrittenTables implements AsyncDisposable {
  readonly #database: pg.Client;
  readonly #emptySql: string;

  /**
   * Remembers which of a function's tables are empty now: what migrations and examples have put into the others belongs there.
   *
   * @param declared as its projection declares them
   */
  static async open(databaseUrl: string, declared: readonly DeclaredTable[]): Promise<WrittenTables> {
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    const names = [...new Set(declared.map(({ table }) => quoted(table)))];
    const empty: string[] = [];
    for (const name of names) {
      const { rowCount } = await database.query(`SELECT FROM ${name} LIMIT 1`);
      if (rowCount === 0) empty.push(name);
    }
    return new WrittenTables(database, empty);
  }

  private constructor(database: pg.Client, empty: readonly string[]) {
    this.#database = database;
    this.#emptySql = `TRUNCATE ${[...KEPT_OF_EVENTS, ...empty].join(', ')} CASCADE`;
  }

  /** Makes events that came through once new ones again. */
  async empty(): Promise<void> {
    await this.#database.query(this.#emptySql);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.end();
  }
}

/** A table name may have its schema in front. */
function quoted(table: string): string {
  return table
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}
