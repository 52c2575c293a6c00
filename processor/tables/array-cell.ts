import type { EncodedValue } from './json-cell.ts';
import { JsonText } from './json-cell.ts';

/** A function that encodes an element, or returns `undefined` when it is not of its type. */
type ElementEncoder = (value: unknown) => EncodedValue | undefined;

/**
 * Writes a list as PostgreSQL reads an array: `{"a","b,c",NULL}`.
 * {@link https://www.postgresql.org/docs/17/arrays.html#ARRAYS-IO}
 *
 * @returns `undefined` when the value is no list, or has an element that is not of its type
 */
export function writeArray(list: unknown, encode: ElementEncoder): string | undefined {
  if (!Array.isArray(list)) return undefined;
  let text = '';
  for (let index = 0; index < list.length; index += 1) {
    const element = encodeElement(list[index], encode);
    if (element === undefined) return undefined;
    text += `${index === 0 ? '' : ','}${elementText(element)}`;
  }
  return `{${text}}`;
}

/** Index of the first element that is not of its type. */
export function misfitOf(list: readonly unknown[], encode: ElementEncoder): number {
  return Array.from(list).findIndex((element) => encodeElement(element, encode) === undefined);
}

function encodeElement(element: unknown, encode: ElementEncoder): EncodedValue | undefined {
  return element === null ? null : encode(element);
}

/** In quotes, no text is taken for NULL, and no comma for the end of an element. */
function elementText(element: EncodedValue): string {
  if (element === null) return 'NULL';
  const text = element instanceof JsonText ? element.json : String(element);
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
