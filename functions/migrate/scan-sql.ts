/** What a stretch of SQL text is, as far as finding the ends of statements needs to know. */
export type SqlTokenKind =
  'space' | 'comment' | 'string' | 'identifier' | 'dollar-quote' | 'word' | 'terminator' | 'open' | 'close' | 'other';

/** One stretch of SQL text; tokens follow each other without gaps. */
export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly text: string;
  /** Index of the first character in the scanned text. */
  readonly start: number;
}

/** Thrown when a string, identifier, dollar quote or comment is never closed; `line` is where it opens. */
export class UnterminatedSqlError extends Error {
  override readonly name = 'UnterminatedSqlError';
  readonly line: number;

  /**
   * Says what stays open.
   *
   * @param what the thing that stays open, such as `string`
   * @param line 1-based line on which it opens
   */
  constructor(what: string, line: number) {
    super(`the ${what} that opens on line ${line} is never closed`);
    this.line = line;
  }
}

type Scanner = (sql: string, start: number) => number | undefined;

const matcher =
  (pattern: RegExp): Scanner =>
  (sql, start) => {
    pattern.lastIndex = start;
    return pattern.test(sql) ? pattern.lastIndex : undefined;
  };

const IDENTIFIER_START = 'A-Za-z_\\u0080-\\uffff';
const DOLLAR_TAG = new RegExp(`\\$(?:[${IDENTIFIER_START}][${IDENTIFIER_START}0-9]*)?\\$`, 'y');

/** One kind of token: how it begins, and where it ends. */
interface Rule {
  readonly kind: SqlTokenKind;
  readonly scan: Scanner;
  /** Matches where the token begins, for a token that must be closed. */
  readonly opens?: RegExp;
  /** What to call such a token when it is not closed. */
  readonly what?: string;
}

/** PostgreSQL's lexical rules in the order they are tried; the first that matches wins. */
const RULES: readonly Rule[] = [
  { kind: 'space', scan: matcher(/\s+/y) },
  { kind: 'comment', scan: matcher(/--[^\n]*/y) },
  { kind: 'comment', scan: scanBlockComment, opens: /\/\*/y, what: 'block comment' },
  {
    kind: 'string',
    scan: matcher(/[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y),
    opens: /[eE]'/y,
    what: 'string',
  },
  { kind: 'string', scan: matcher(/'[^']*(?:''[^']*)*'/y), opens: /'/y, what: 'string' },
  {
    kind: 'identifier',
    scan: matcher(/"[^"]*(?:""[^"]*)*"/y),
    opens: /"/y,
    what: 'quoted identifier',
  },
  { kind: 'dollar-quote', scan: scanDollarQuote, opens: DOLLAR_TAG, what: 'dollar quote' },
  { kind: 'word', scan: matcher(new RegExp(`[${IDENTIFIER_START}][${IDENTIFIER_START}0-9$]*`, 'y')) },
  { kind: 'terminator', scan: matcher(/;/y) },
  { kind: 'open', scan: matcher(/\(/y) },
  { kind: 'close', scan: matcher(/\)/y) },
];

/**
 * Cuts SQL text into tokens by PostgreSQL's lexical rules, with `standard_conforming_strings` on.
 * {@link https://www.postgresql.org/docs/17/sql-syntax-lexical.html}
 *
 * @param sql any SQL text, any number of statements
 * @param options how to read
 * @param options.dollarQuotes false reads `$$` as ordinary characters, as the Data API does
 * @throws {@link UnterminatedSqlError}
 */
export function scanSql(
  sql: string,
  options: { readonly dollarQuotes: boolean } = { dollarQuotes: true },
): readonly SqlToken[] {
  const rules = options.dollarQuotes ? RULES : RULES.filter(({ kind }) => kind !== 'dollar-quote');
  const tokens: SqlToken[] = [];
  for (let start = 0; start < sql.length;) {
    const token = nextToken(sql, start, rules);
    tokens.push(token);
    start += token.text.length;
  }
  return tokens;
}

/** Line of a position in a text, counted from 1. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function nextToken(sql: string, start: number, rules: readonly Rule[]): SqlToken {
  for (const { kind, scan, opens, what } of rules) {
    const end = scan(sql, start);
    if (end !== undefined) return { kind, text: sql.slice(start, end), start };
    if (opens === undefined || what === undefined) continue;
    opens.lastIndex = start;
    if (opens.test(sql)) throw new UnterminatedSqlError(what, lineAt(sql, start));
  }
  return { kind: 'other', text: sql.charAt(start), start };
}

function scanBlockComment(sql: string, start: number): number | undefined {
  if (!sql.startsWith('/*', start)) return undefined;
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return undefined;
}

function scanDollarQuote(sql: string, start: number): number | undefined {
  DOLLAR_TAG.lastIndex = start;
  const tag = DOLLAR_TAG.exec(sql)?.[0];
  if (tag === undefined) return undefined;
  const end = sql.indexOf(tag, start + tag.length);
  return end < 0 ? undefined : end + tag.length;
}
