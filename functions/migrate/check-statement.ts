import { DATA_API_MAX_SQL_CHARACTERS } from '../../contract/limits.ts';
import { scanSql } from './scan-sql.ts';

/** Statements that would end the transaction a migration runs in, behind the Data API's back. */
const TRANSACTION_CONTROL = new Set(['BEGIN', 'START', 'COMMIT', 'END', 'ROLLBACK', 'ABORT', 'PREPARE']);

/**
 * Finds what would go wrong with a statement on the Data API, before it is sent.
 *
 * @param statement one statement, without its `;`
 * @returns one sentence per problem: what, and how to write it instead; none when it can be sent
 */
export function checkStatement(statement: string): readonly string[] {
  return [...checkLength(statement), ...checkTransactionControl(statement), ...checkPlaceholders(statement)];
}

function checkLength(statement: string): readonly string[] {
  if (statement.length <= DATA_API_MAX_SQL_CHARACTERS) return [];
  return [
    `the statement must have at most ${DATA_API_MAX_SQL_CHARACTERS} characters, got ${statement.length}; split it`,
  ];
}

function checkTransactionControl(statement: string): readonly string[] {
  const words = scanSql(statement).filter(({ kind }) => kind === 'word');
  const [first = '', second = ''] = words.map(({ text }) => text.toUpperCase());
  const control = first === 'PREPARE' ? second === 'TRANSACTION' : first === 'ROLLBACK' ? !isSavepoint(words) : true;
  if (!TRANSACTION_CONTROL.has(first) || !control) return [];
  return [`\`${first}\` must not be used: each file is one transaction already; remove it`];
}

function isSavepoint(words: readonly { readonly text: string }[]): boolean {
  return words.some(({ text }) => text.toUpperCase() === 'TO');
}

/**
 * The Data API replaces `:name` with a parameter wherever it reads code, and it does not know dollar quotes: inside
 * a function body it corrupts the text, and an array slice `a[1:2]` loses its upper bound.
 */
function checkPlaceholders(statement: string): readonly string[] {
  const names = new Set<string>();
  const code = codeAsTheDataApiReadsIt(statement);
  for (const [, name] of code.matchAll(/(?<!:):([A-Za-z0-9_]+)/g)) if (name !== undefined) names.add(name);
  return [...names].map(
    (name) =>
      `\`:${name}\` would be replaced by the Data API, which takes it for a parameter, also inside $$...$$; ` +
      'write a space after the colon, or build the text without it',
  );
}

function codeAsTheDataApiReadsIt(statement: string): string {
  const hidden = new Set(['comment', 'string', 'identifier']);
  try {
    return scanSql(statement, { dollarQuotes: false })
      .map(({ kind, text }) => (hidden.has(kind) ? ' ' : text))
      .join('');
  } catch {
    // An apostrophe alone in a function body, as in a comment's "don't": what follows cannot be told, so all counts.
    return statement;
  }
}
