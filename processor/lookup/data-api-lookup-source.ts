import { lookupKeysParameter } from './compile-lookup.ts';
import type { Lookup, Lookups } from './declare-lookup.ts';
import { isComposite } from './declare-lookup.ts';
import { parseJson } from '../decode/parse-json.ts';
import { AmbiguousKey } from '../ports.ts';
import type { LookupSource, ReferenceRow } from '../ports.ts';
import { rowOfCells } from '../tables/readable-row.ts';
import type { Field } from '@aws-sdk/client-rds-data';
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
  lookups: Lookups,
): LookupSource {
  const names = Object.keys(lookups);
  return {
    read: async (request, options) => {
      const rows = new Map(names.map((name) => [name, new Map<string, ReferenceRow | AmbiguousKey>()]));
      if (sql === undefined) return rows;
      const { rows: found } = await execute(sql, keyParameters(lookups, request), options);
      for (const record of found) {
        const { lookup, asked, count, cells } = readRecord(record);
        const key = request.get(lookup)?.[asked - 1];
        if (key === undefined) throw new RangeError(`lookup ${lookup} answers a key that was not asked for`);
        rows.get(lookup)?.set(key, toRow(lookups[lookup], count, cells));
      }
      return rows;
    },
  };
}

function readRecord([lookup, asked, count, cells]: readonly Field[]) {
  return {
    lookup: lookup?.stringValue ?? '',
    asked: asked?.longValue ?? 0,
    count: count?.longValue,
    cells: cells?.stringValue,
  };
}

/** A key of several values is JSON text as it is. */
function keyParameters(lookups: Lookups, request: ReadonlyMap<string, readonly string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(lookups).map(([name, lookup], index) => {
      const keys = request.get(name) ?? [];
      return [lookupKeysParameter(index), isComposite(lookup) ? `[${keys.join(',')}]` : JSON.stringify(keys)];
    }),
  );
}

function toRow(lookup: Lookup | undefined, rows = 0, cells = '[]'): ReferenceRow | AmbiguousKey {
  if (rows !== 1) return new AmbiguousKey(rows);
  return deepFreeze(rowOfCells(lookup?.columns ?? {}, parseJson(cells, Infinity) as readonly unknown[]));
}

/** A row is shared by events and batches, so a projection must not change it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
