import { STORE_PART_SQL } from '../core/compile-quarantine.ts';
import type { EventStore } from '../ports.ts';
import type { ExecuteStatement } from './data-api.ts';

/**
 * Commits chunks through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param sql the compiled write; returns one row, `written` and `quarantined`
 */
export function createDataApiEventStore(execute: ExecuteStatement, sql: string): EventStore {
  return {
    write: async (parameters, options) => {
      const { records } = await execute(sql, parameters, options);
      const [written, quarantined] = records?.[0] ?? [];
      return { written: written?.longValue ?? 0, quarantined: quarantined?.longValue ?? 0 };
    },
    storePart: async (parameters, options) => {
      await execute(STORE_PART_SQL, parameters, options);
    },
  };
}
