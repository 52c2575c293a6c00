import { scanSql } from './scan-sql.ts';

/** How a file says that the release before need not run on what it does; a reason follows. */
export const COMPATIBILITY_MARKER = '-- not backward compatible:';

/** SQL text with its markers taken out of it. */
export interface UnmarkedSql {
  /** The text as it was before the markers were put in. */
  readonly sql: string;
  /** The reason each marker gives, which may be empty; none for a file without a marker. */
  readonly reasons: readonly string[];
}

/**
 * Takes the lines out of a migration that say it is meant not to be backward compatible. They do not count as its
 * text: a file that one stage has applied already may be marked for another one that asks for it.
 *
 * @param sql text of the file
 * @returns only comments on a line of their own count
 * @throws `UnterminatedSqlError`
 */
export function takeOutMarkers(sql: string): UnmarkedSql {
  const reasons: string[] = [];
  let kept = '';
  let from = 0;
  for (const { kind, text, start } of scanSql(sql)) {
    if (kind !== 'comment' || !text.toLowerCase().startsWith(COMPATIBILITY_MARKER)) continue;
    const lineStart = sql.lastIndexOf('\n', start - 1) + 1;
    if (sql.slice(lineStart, start).trim() !== '') continue;
    reasons.push(text.slice(COMPATIBILITY_MARKER.length).trim());
    kept += sql.slice(from, lineStart);
    from = Math.min(start + text.length + '\n'.length, sql.length);
  }
  return { sql: kept + sql.slice(from), reasons };
}
