import { lookupKeysParameter } from './compile-lookup.ts';
import type { Lookup } from './declare-lookup.ts';
import type { LookupSource, ReferenceRow } from '../ports.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';

/**
 * Reads reference rows through the RDS Data API, all lookups of a projection in one call.
 *
 * @param execute bound to the cluster and the processor's role
 * @param sql the compiled read; `undefined` when there are no lookups
 * @param lookups of the projection
 */
export function createDataApiLookupSource(
  execute: ExecuteStatement,
  sql: string | undefined,
  lookups: Readonly<Record<string, Lookup>>,
): LookupSource {
  const columns = new Map(Object.entries(lookups).map(([name, lookup]) => [name, Object.keys(lookup.columns)]));
  return {
    read: async (request, options) => {
      const rows = new Map([...columns.keys()].map((name) => [name, new Map<string, ReferenceRow>()]));
      if (sql === undefined) return rows;
      const { rows: found } = await execute(sql, keyParameters([...columns.keys()], request), options);
      for (const record of found) {
        const [lookup = '', key = '', cells = '[]'] = record.map(({ stringValue }) => stringValue);
        rows.get(lookup)?.set(key, toRow(columns.get(lookup) ?? [], cells));
      }
      return rows;
    },
  };
}

function keyParameters(
  names: readonly string[],
  request: ReadonlyMap<string, readonly string[]>,
): Record<string, string> {
  return Object.fromEntries(
    names.map((name, index) => [lookupKeysParameter(index), JSON.stringify(request.get(name) ?? [])]),
  );
}

function toRow(columns: readonly string[], cells: string): ReferenceRow {
  const values = JSON.parse(cells) as readonly unknown[];
  return Object.freeze(Object.fromEntries(columns.map((column, index) => [column, values[index]])));
}
