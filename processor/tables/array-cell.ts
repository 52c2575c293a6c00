import type { EncodedValue } from './json-cell.ts';
import { JsonText } from './json-cell.ts';

/** A function that encodes an element, or returns `undefined` when it is not of its type. */
type ElementEncoder = (value: unknown) => EncodedValue | undefined;

/** Dimensions of an array of PostgreSQL. {@link https://www.postgresql.org/docs/17/limits.html} */
export const MAX_DIMENSIONS = 6;

/**
 * Writes a list as PostgreSQL reads an array: `{"a","b,c",NULL}`. A list inside it is a further dimension.
 * {@link https://www.postgresql.org/docs/17/arrays.html#ARRAYS-IO}
 *
 * @param dimensions how many there may be: one where an element may be a list itself, as in JSON
 * @returns `undefined` when the value is no list, or has an element that is not of its type
 */
export function writeArray(list: unknown, encode: ElementEncoder, dimensions = MAX_DIMENSIONS): string | undefined {
  if (!Array.isArray(list)) return undefined;
  let text = '';
  for (let index = 0; index < list.length; index += 1) {
    const element = elementText(list[index], encode, dimensions);
    if (element === undefined) return undefined;
    text += `${index === 0 ? '' : ','}${element}`;
  }
  return `{${text}}`;
}

/** Where the first element stands that is not of its type, an index for each dimension; and the element. */
export function misfitOf(
  list: readonly unknown[],
  encode: ElementEncoder,
  dimensions = MAX_DIMENSIONS,
): { readonly at: readonly number[]; readonly value: unknown } {
  const index = Array.from(list).findIndex((element) => elementText(element, encode, dimensions) === undefined);
  const value = list[index];
  if (!Array.isArray(value) || dimensions === 1) return { at: [index], value };
  const inside = misfitOf(value, encode, dimensions - 1);
  return { at: [index, ...inside.at], value: inside.value };
}

/** In quotes, no text is taken for NULL, and no comma for the end of an element. */
function elementText(element: unknown, encode: ElementEncoder, dimensions: number): string | undefined {
  if (element === null) return 'NULL';
  const encoded = encode(element);
  if (encoded === undefined) return dimensions > 1 ? writeArray(element, encode, dimensions - 1) : undefined;
  const text = encoded instanceof JsonText ? encoded.json : String(encoded);
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
