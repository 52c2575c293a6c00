/** The elements of a one-dimensional array, `null` for NULL; or that it has more dimensions. */
export type ParsedArray = readonly (string | null)[] | 'multidimensional';

/** A quoted element, a bare one, or a nested array. */
const ELEMENT = /"((?:[^"\\]|\\.)*)"|([^",{}]+)|(\{)/gsu;

/**
 * Reads an array as PostgreSQL prints it: `{a,"b \" c",NULL}`, with its bounds in front where they are not the
 * usual ones, `[0:1]={a,b}`.
 */
export function parseArray(text: string): ParsedArray {
  const body = text.slice(text.indexOf('{') + 1, -1);
  const elements: (string | null)[] = [];
  for (const [, quoted, bare, nested] of body.matchAll(ELEMENT)) {
    if (nested !== undefined) return 'multidimensional';
    // Only a bare NULL is one; a quoted one is a word.
    if (bare === undefined) elements.push((quoted ?? '').replace(/\\(.)/gsu, '$1'));
    else elements.push(bare === 'NULL' ? null : bare);
  }
  return elements;
}
