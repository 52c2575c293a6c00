import { skipDollarQuoted, skipOpaque } from './skip-opaque.ts';

/** What of a SQL text matters before it is sent. */
export interface LexedSql {
  /** Number of statements that are not empty. */
  readonly statements: number;
  /** The first words of the first statement, outside strings and quotes, in upper case. */
  readonly words: readonly string[];
}

/** Enough to see what kind of statement it is. Of a `COPY` all words count: it names its target last. */
const MAX_WORDS = 8;

const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;

type Token = { readonly kind: 'word'; readonly text: string } | { readonly kind: 'mark'; readonly text: string };

/** Where in the text the lexer is: what it has seen, and inside what a semicolon would not end the statement. */
interface State {
  statements: number;
  /** Whether the statement at hand has a token yet. */
  begun: boolean;
  parentheses: number;
  /** `BEGIN ATOMIC ... END` bodies of SQL functions, and the `CASE ... END` inside them. */
  blocks: number;
  /** The word before the one at hand. */
  previous: string;
  readonly words: string[];
}

/**
 * Splits a SQL text into statements the way PostgreSQL's own lexer reads it: semicolons inside strings, dollar
 * quotes, comments, parentheses (the actions of a rule) and `BEGIN ATOMIC` bodies do not end one.
 */
export function lexStatements(sql: string): LexedSql {
  const state: State = { statements: 0, begun: false, parentheses: 0, blocks: 0, previous: '', words: [] };
  for (const token of tokensOf(sql)) {
    if (token.text === ';' && state.parentheses === 0 && state.blocks === 0) {
      state.begun = false;
      continue;
    }
    if (!state.begun) state.statements++;
    state.begun = true;
    if (token.kind === 'word') noteWord(state, token.text.toUpperCase());
    else noteMark(state, token.text);
  }
  return { statements: state.statements, words: state.words };
}

function* tokensOf(sql: string): Generator<Token> {
  for (let index = 0; index < sql.length;) {
    const opaqueEnd = skipDollarQuoted(sql, skipOpaque(sql, index));
    if (opaqueEnd > index) {
      // A comment is no token; a string or quoted name is one.
      if (!/[-/]/.test(sql.charAt(index))) yield { kind: 'mark', text: sql.charAt(index) };
      index = opaqueEnd;
      continue;
    }
    WORD.lastIndex = index;
    const word = WORD.exec(sql)?.[0];
    if (word !== undefined) yield { kind: 'word', text: word };
    else if (/\S/.test(sql.charAt(index))) yield { kind: 'mark', text: sql.charAt(index) };
    index += word?.length ?? 1;
  }
}

function noteMark(state: State, mark: string): void {
  if (mark === '(') state.parentheses++;
  if (mark === ')') state.parentheses = Math.max(0, state.parentheses - 1);
}

function noteWord(state: State, word: string): void {
  const wanted = state.words.length < MAX_WORDS || state.words[0] === 'COPY';
  if (state.statements === 1 && wanted) state.words.push(word);
  if (word === 'ATOMIC' && state.previous === 'BEGIN' && state.words[0] === 'CREATE') state.blocks++;
  state.previous = word;
  if (state.blocks === 0) return;
  if (word === 'CASE') state.blocks++;
  if (word === 'END') state.blocks--;
}
