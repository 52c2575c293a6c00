import { selectCells } from '../tables/readable-row.ts';
import { identifier } from '../tables/table-kind.ts';
import type { Lookup, Lookups } from './declare-lookup.ts';
import { isComposite, keyColumnsOf } from './declare-lookup.ts';
import { keyTypeSql } from './key-type.ts';

/** Name of the parameter with the keys of the lookup at this index: a JSON array of texts, or of arrays of them. */
export function lookupKeysParameter(lookupIndex: number): string {
  return `keys_${lookupIndex}`;
}

/**
 * Compiles all lookups of a projection to one statement, so that a batch reads them in one call.
 *
 * The database decides which rows a key has, by its own equality, which may ignore case, trailing spaces or zeros. So each
 * row is returned with the index of the key that it answers, and several keys may get the same row.
 *
 * @returns SQL that returns, per key that has a row, `lookup`, `asked`, the place of the key among those asked, from 1,
 *   `rows`, the number of its rows, and `cells`, a JSON array in the order of the columns, of any one of them; or
 *   `undefined` when there are no lookups
 */
export function compileLookup(lookups: Lookups): string | undefined {
  const reads = Object.entries(lookups).map(([name, lookup], index) => read(name, lookup, index));
  return reads.length === 0 ? undefined : reads.join('\nUNION ALL\n');
}

function read(name: string, lookup: Lookup, index: number): string {
  const [elements, value] = isComposite(lookup)
    ? ['jsonb_array_elements', (position: number) => `(_asked.key->>${position})`]
    : ['jsonb_array_elements_text', () => '_asked.key'];
  const equal = keyColumnsOf(lookup).map(
    ({ column, type }, position) => `_t.${identifier(column)} = ${value(position)}::${keyTypeSql(type)}`,
  );
  return `SELECT '${name.replaceAll("'", "''")}'::text AS lookup, _asked.n AS asked, count(*) AS rows, min(${selectCells(lookup.columns, '_t')}) AS cells
FROM ${elements}(:${lookupKeysParameter(index)}::jsonb) WITH ORDINALITY AS _asked(key, n)
JOIN ${identifier(lookup.table)} AS _t ON ${equal.join(' AND ')}
GROUP BY _asked.n`;
}
