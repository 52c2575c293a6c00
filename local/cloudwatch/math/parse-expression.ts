import { ExpressionError } from '../expression-error.ts';
import { lexExpression, type MathToken } from './lex-expression.ts';

/** Signs between two operands; `&&` and `||` are read as `AND` and `OR`. */
export type BinaryOperator = keyof typeof PRECEDENCE;

/** A formula as a tree. */
export type MathNode = { readonly position: number } & (
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** The id of a metric or of another formula. */
  | { readonly kind: 'reference'; readonly id: string }
  /** An uppercase word that is no function, such as `REPEAT`. */
  | { readonly kind: 'keyword'; readonly word: string }
  | { readonly kind: 'negate'; readonly operand: MathNode }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: MathNode; readonly right: MathNode }
  | { readonly kind: 'array'; readonly items: readonly MathNode[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly MathNode[] }
);

/** What binds tighter has the higher number. AWS documents no order: this is the one of most languages. */
const PRECEDENCE = {
  OR: 1,
  AND: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '^': 7,
} as const;

/** Between `*` and `^`: `-m1 ^ 2` is `-(m1 ^ 2)`. */
const NEGATION = 6;

const ALIASES: Readonly<Record<string, BinaryOperator>> = { '&&': 'AND', '||': 'OR' };

/**
 * Reads a formula of metric math.
 *
 * @throws {@link ExpressionError} for what is no formula
 */
export function parseExpression(text: string): MathNode {
  const parser = new ExpressionParser(lexExpression(text));
  const root = parser.expression(0);
  parser.expect('end');
  return root;
}

const OPERAND = 'a metric, a number or a function';

class ExpressionParser {
  readonly #tokens: readonly MathToken[];
  #next = 0;

  constructor(tokens: readonly MathToken[]) {
    this.#tokens = tokens;
  }

  /** Reads operands and operators that bind tighter than the given one. */
  expression(above: number): MathNode {
    let left = this.#operand();
    for (;;) {
      const { position } = this.#peek();
      const operator = binaryOperator(this.#peek());
      if (operator === undefined || PRECEDENCE[operator] <= above) return left;
      this.#next += 1;
      left = { kind: 'binary', operator, left, right: this.expression(PRECEDENCE[operator]), position };
    }
  }

  expect(text: ')' | ']' | 'end'): void {
    const token = this.#take();
    if ((token.kind === 'end' ? 'end' : token.text) !== text)
      throw unexpected(token, text === 'end' ? 'the end' : text);
  }

  #operand(): MathNode {
    const token = this.#take();
    const { kind, text, position } = token;
    switch (kind) {
      case 'number':
        return { kind, value: Number(text), position };
      case 'string':
        return { kind, value: text.slice(1, -1), position };
      case 'id':
        return { kind: 'reference', id: text, position };
      case 'word':
        return this.#word(token);
      case 'sign':
      case 'end':
        return this.#signedOperand(token);
    }
  }

  #word(token: MathToken): MathNode {
    const { text, position } = token;
    if (this.#accept('(')) return { kind: 'call', name: text, args: this.#list(')'), position };
    if (binaryOperator(token) !== undefined) throw unexpected(token, OPERAND);
    return { kind: 'keyword', word: text, position };
  }

  #signedOperand(token: MathToken): MathNode {
    const { text, position } = token;
    if (text === '-') return { kind: 'negate', operand: this.expression(NEGATION), position };
    if (text === '[') return { kind: 'array', items: this.#list(']'), position };
    if (text !== '(') throw unexpected(token, OPERAND);
    const inner = this.expression(0);
    this.expect(')');
    return inner;
  }

  #list(end: ')' | ']'): readonly MathNode[] {
    if (this.#accept(end)) return [];
    const items = [this.expression(0)];
    while (this.#accept(',')) items.push(this.expression(0));
    this.expect(end);
    return items;
  }

  #accept(text: string): boolean {
    const token = this.#peek();
    const accepted = token.kind === 'sign' && token.text === text;
    if (accepted) this.#next += 1;
    return accepted;
  }

  #take(): MathToken {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #peek(): MathToken {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('a list of tokens has an end');
    return token;
  }
}

function binaryOperator({ kind, text }: MathToken): BinaryOperator | undefined {
  if (kind !== 'sign' && kind !== 'word') return undefined;
  const name = ALIASES[text] ?? text;
  return Object.hasOwn(PRECEDENCE, name) ? (name as BinaryOperator) : undefined;
}

function unexpected(token: MathToken, expected: string): ExpressionError {
  const found = token.kind === 'end' ? 'the end' : JSON.stringify(token.text);
  return new ExpressionError(`expected ${expected}, got ${found}`, token.position);
}
