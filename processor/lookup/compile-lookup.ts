import { identifier } from '../tables/table-kind.ts';
import type { Lookup } from './declare-lookup.ts';

/** Name of the parameter with the keys of the lookup at this index: a JSON array of texts. */
export function lookupKeysParameter(lookupIndex: number): string {
  return `keys_${lookupIndex}`;
}

/**
 * Compiles all lookups of a projection to one statement, so that a batch reads them in one call.
 *
 * @returns SQL that returns, per key that has a row, `lookup`, `key` as it was asked, `rows`, the number of its rows, and
 *   `cells`, a JSON array in the order of the columns, of any one of them; or `undefined` when there are no lookups
 */
export function compileLookup(lookups: Readonly<Record<string, Lookup>>): string | undefined {
  const reads = Object.entries(lookups).map(([name, lookup], index) => read(name, lookup, index));
  return reads.length === 0 ? undefined : reads.join('\nUNION ALL\n');
}

function read(name: string, { table, key, keyType, columns }: Lookup, index: number): string {
  const cells = Object.entries(columns).map(([column, type]) => cell(column, type));
  return `SELECT '${name.replaceAll("'", "''")}'::text AS lookup, _asked.key, count(*) AS rows, min(jsonb_build_array(${cells.join(', ')})::text) AS cells
FROM jsonb_array_elements_text(:${lookupKeysParameter(index)}::jsonb) AS _asked(key)
JOIN ${identifier(table)} AS _t ON _t.${identifier(key)} = _asked.key::${keyType}
GROUP BY _asked.key`;
}

/** JSON numbers are doubles to JavaScript: what must stay exact travels as text. */
function cell(column: string, type: string): string {
  const name = `_t.${identifier(column)}`;
  switch (type.replace('?', '')) {
    case 'bigint':
    case 'numeric':
    case 'position':
    // JSON has no NaN and no infinities.
    case 'double precision':
      return `${name}::text`;
    case 'bytea':
      return `encode(${name}, 'base64')`;
    default:
      return name;
  }
}
