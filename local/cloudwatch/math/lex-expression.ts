import { ExpressionError } from '../expression-error.ts';

/** A word, number, text or sign of a formula. */
export interface MathToken {
  /** `id` begins with a lowercase letter, `word` with an uppercase one: functions and what only they understand. */
  readonly kind: 'id' | 'word' | 'number' | 'string' | 'sign' | 'end';
  readonly text: string;
  /** Of its first character, counted from 0. */
  readonly position: number;
}

const PATTERNS = [
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['id', /[a-z][A-Za-z0-9_]*/y],
  ['word', /[A-Z][A-Z0-9_]*/y],
  ['string', /"[^"]*"/y],
  ['sign', /<=|>=|==|!=|&&|\|\||[-+*/^<>(),[\]]/y],
] as const;

/**
 * Splits a formula into its parts, with an `end` after the last.
 *
 * @throws {@link ExpressionError} for a character that no formula has
 */
export function lexExpression(text: string): readonly MathToken[] {
  const tokens: MathToken[] = [];
  let position = skipSpace(text, 0);
  while (position < text.length) {
    const token = nextToken(text, position);
    tokens.push(token);
    position = skipSpace(text, position + token.text.length);
  }
  return [...tokens, { kind: 'end', text: '', position: text.length }];
}

function nextToken(text: string, position: number): MathToken {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = position;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) return { kind, text: match, position };
  }
  throw new ExpressionError(`a formula has no ${JSON.stringify(text[position])}`, position);
}

function skipSpace(text: string, from: number): number {
  let position = from;
  while (/\s/.test(text[position] ?? '')) position += 1;
  return position;
}
