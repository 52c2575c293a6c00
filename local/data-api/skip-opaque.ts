const IDENTIFIER_CHARACTER = /[\p{L}\p{N}_$]/u;
const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

/** Whether the character at `index` can be part of an unquoted identifier; false outside the text. */
function isIdentifierCharacter(sql: string, index: number): boolean {
  const character = sql[index];
  return character !== undefined && IDENTIFIER_CHARACTER.test(character);
}

/**
 * The index after the string, quoted identifier or comment that begins at `start`; `start` itself if none does.
 * What is not closed runs to the end of the text, as PostgreSQL would read it before it complains.
 */
export function skipOpaque(sql: string, start: number): number {
  switch (sql.charAt(start)) {
    case "'":
      return skipQuoted(sql, start, isEscapeString(sql, start));
    case '"':
      return skipQuoted(sql, start, false);
    case '-':
      return sql[start + 1] === '-' ? skipLine(sql, start) : start;
    case '/':
      return sql[start + 1] === '*' ? skipBlockComment(sql, start) : start;
    default:
      return start;
  }
}

/** The index after the dollar-quoted string that begins at `start`; `start` itself if none does. */
export function skipDollarQuoted(sql: string, start: number): number {
  if (sql[start] !== '$' || isIdentifierCharacter(sql, start - 1)) return start;
  DOLLAR_TAG.lastIndex = start;
  const tag = DOLLAR_TAG.exec(sql)?.[0];
  if (tag === undefined) return start;
  const end = sql.indexOf(tag, start + tag.length);
  return end === -1 ? sql.length : end + tag.length;
}

/** `E'...'`, where a backslash escapes a quote. */
function isEscapeString(sql: string, quote: number): boolean {
  return /e/i.test(sql[quote - 1] ?? '') && !isIdentifierCharacter(sql, quote - 2);
}

function skipQuoted(sql: string, start: number, backslashEscapes: boolean): number {
  const quote = sql.charCodeAt(start);
  for (let index = start + 1; index < sql.length; index++) {
    const code = sql.charCodeAt(index);
    if (backslashEscapes && code === 0x5c) index++;
    else if (code === quote) {
      // A doubled quote stands for itself.
      if (sql.charCodeAt(index + 1) !== quote) return index + 1;
      index++;
    }
  }
  return sql.length;
}

function skipLine(sql: string, start: number): number {
  const end = sql.indexOf('\n', start);
  return end === -1 ? sql.length : end;
}

/** PostgreSQL's block comments nest. */
function skipBlockComment(sql: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(sql); found; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return sql.length;
}
