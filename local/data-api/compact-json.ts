/** A string, kept as it is, or the whitespace between tokens. */
const STRING_OR_SPACE = /("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+/gsu;

/**
 * JSON without whitespace between its tokens. The members keep their order and the numbers their digits.
 *
 * @param text - Valid JSON, as the database prints a `json` or `jsonb` value.
 */
export function compactJson(text: string): string {
  return text.replace(STRING_OR_SPACE, '$1');
}
