/** Whether PostgreSQL can hold a text: it has no NUL character, and UTF-8 has no half surrogate pairs. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Said of a text that is not storable. */
export const UNSTORABLE = "text that PostgreSQL can't store: a NUL character or half a surrogate pair";
