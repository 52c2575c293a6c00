import type { CompiledProjection } from '../compile-projection.ts';
import { STORE_PART_SQL } from '../core/compile-quarantine.ts';
import type { EventStore } from '../ports.ts';
import type { ExecuteStatement } from './data-api.ts';

/**
 * Commits chunks through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param compiled whose statements return one row, `written` and `quarantined`
 */
export function createDataApiEventStore(
  execute: ExecuteStatement,
  { writeSql, writeWithPartsSql }: Pick<CompiledProjection, 'writeSql' | 'writeWithPartsSql'>,
): EventStore {
  const writeBy =
    (sql: string): EventStore['write'] =>
    async (parameters, options) => {
      const { records } = await execute(sql, parameters, options);
      const [written, quarantined] = records?.[0] ?? [];
      return { written: written?.longValue ?? 0, quarantined: quarantined?.longValue ?? 0 };
    };
  return {
    write: writeBy(writeSql),
    writeWithParts: writeBy(writeWithPartsSql),
    storePart: async (parameters, options) => {
      await execute(STORE_PART_SQL, parameters, options);
    },
  };
}
