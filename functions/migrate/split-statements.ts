import { lineAt, scanSql, type SqlToken } from './scan-sql.ts';

/** One SQL statement of a file. */
export interface SqlStatement {
  /** From its first to its last word: without the `;`, and without comments around it. */
  readonly text: string;
  /** Line of the file on which it starts, counted from 1. */
  readonly line: number;
}

/** How deep the scan is inside brackets and inside the body of an SQL-standard function. */
interface Depth {
  readonly brackets: number;
  readonly body: number;
}

const TOP: Depth = { brackets: 0, body: 0 };

/**
 * Splits SQL text into its statements at each `;`, as psql does: not inside strings, quoted identifiers, dollar
 * quotes, comments or brackets, nor inside `BEGIN ATOMIC ... END` of a function. Needed because the Data API takes
 * one statement a call.
 *
 * @param sql any SQL text
 * @returns the statements in order; stretches of only space and comments are not statements
 * @throws `UnterminatedSqlError` when something opens and never closes
 */
export function splitStatements(sql: string): readonly SqlStatement[] {
  const statements: SqlStatement[] = [];
  let tokens: SqlToken[] = [];
  let depth = TOP;
  const finish = (): void => {
    const [first] = tokens;
    const last = tokens.at(-1);
    if (first !== undefined && last !== undefined) {
      const text = sql.slice(first.start, last.start + last.text.length);
      statements.push({ text, line: lineAt(sql, first.start) });
    }
    tokens = [];
    depth = TOP;
  };
  for (const token of scanSql(sql)) {
    if (token.kind === 'space' || token.kind === 'comment') continue;
    depth = depthAfter(depth, token, tokens);
    if (token.kind === 'terminator' && depth.brackets === 0 && depth.body === 0) finish();
    else tokens.push(token);
  }
  finish();
  return statements;
}

function depthAfter(depth: Depth, token: SqlToken, before: readonly SqlToken[]): Depth {
  if (token.kind === 'open') return { ...depth, brackets: depth.brackets + 1 };
  if (token.kind === 'close') return { ...depth, brackets: Math.max(0, depth.brackets - 1) };
  if (token.kind !== 'word' || !createsRoutine(before)) return depth;
  const word = token.text.toUpperCase();
  if (word === 'BEGIN' || (word === 'CASE' && depth.body > 0)) return { ...depth, body: depth.body + 1 };
  return word === 'END' ? { ...depth, body: Math.max(0, depth.body - 1) } : depth;
}

function createsRoutine(tokens: readonly SqlToken[]): boolean {
  const head = tokens.slice(0, 4).map(({ text }) => text.toUpperCase());
  const what = head[1] === 'OR' && head[2] === 'REPLACE' ? head[3] : head[1];
  return head[0] === 'CREATE' && (what === 'FUNCTION' || what === 'PROCEDURE');
}
