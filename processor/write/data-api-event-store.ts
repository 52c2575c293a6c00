import { CLOSE_UNIDENTIFIED_SQL, STORE_PART_SQL } from '../quarantine/compile-quarantine.ts';
import type { EventStore } from '../ports.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';

/** The statements that the store runs, compiled once per projection. */
export interface WriteStatements {
  /** Writes a chunk. */
  readonly writeSql: string;
  /** The same for a chunk that has payloads sent ahead in parts. */
  readonly writeWithPartsSql: string;
}

/**
 * Commits chunks through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param statements which return one row: `written`, `superseded`, `quarantined` and `unidentified`
 */
export function createDataApiEventStore(
  execute: ExecuteStatement,
  { writeSql, writeWithPartsSql }: WriteStatements,
): EventStore {
  const writeBy =
    (sql: string): EventStore['write'] =>
    async (parameters, options) => {
      const { rows } = await execute(sql, parameters, options);
      const [written, superseded, quarantined, unidentified] = rows[0] ?? [];
      return {
        written: written?.longValue ?? 0,
        superseded: superseded?.longValue ?? 0,
        quarantined: quarantined?.longValue ?? 0,
        hasUnidentified: unidentified?.booleanValue ?? false,
      };
    };
  const explainSql = `EXPLAIN ${writeSql}`;
  return {
    write: writeBy(writeSql),
    writeWithParts: writeBy(writeWithPartsSql),
    storePart: async (parameters, options) => {
      await execute(STORE_PART_SQL, parameters, options);
    },
    closeUnidentified: async (parameters, options) => {
      await execute(CLOSE_UNIDENTIFIED_SQL, parameters, options);
    },
    explain: async (parameters, options) => {
      await execute(explainSql, parameters, options);
    },
  };
}
