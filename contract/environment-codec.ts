import { integerProblem, parseInteger, type IntegerRange } from './integer-range.ts';
import { ProblemsError } from './problems-error.ts';

/** A variable with any text in it. */
export interface TextVariable {
  readonly kind: 'text';
  readonly variable: string;
}

/** A variable with a whole number in it. */
export interface IntegerVariable extends IntegerRange {
  readonly kind: 'integer';
  readonly variable: string;
}

/** Which variable holds each field, and what it may be. */
export type VariableTable<T> = {
  readonly [K in keyof T]: T[K] extends string ? TextVariable : IntegerVariable;
};

/** Environment variables by name, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Writer and reader of one function's environment; each is the inverse of the other. */
export interface EnvironmentCodec<T> {
  /** Turns values into variables, every field included. */
  readonly encode: (values: T) => Record<string, string>;
  /**
   * Reads values from variables; an unset or empty variable takes its default.
   *
   * @throws {@link EnvironmentError} naming every missing or malformed variable at once
   */
  readonly parse: (variables: Variables) => T;
}

/** Thrown when environment variables do not make a configuration; `problems` lists every one of them. */
export class EnvironmentError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence per variable: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'EnvironmentError', heading: 'the environment variables are invalid' });
  }
}

/** A text variable. */
export function textVariable(variable: string): TextVariable {
  return { kind: 'text', variable };
}

/** An integer variable and what it may hold. */
export function integerVariable(variable: string, range: IntegerRange): IntegerVariable {
  return { kind: 'integer', variable, ...range };
}

/**
 * Makes the writer, which the stack uses, and the reader, which the function uses, from one table of fields.
 *
 * @param table one entry per field
 * @param defaults values of fields whose variable may be left out
 */
export function createEnvironmentCodec<T extends object>(
  table: VariableTable<T>,
  defaults: Partial<T> = {},
): EnvironmentCodec<T> {
  const entries = Object.entries(table) as unknown as readonly (readonly [
    keyof T & string,
    TextVariable | IntegerVariable,
  ])[];
  return {
    encode: (values) => Object.fromEntries(entries.map(([name, { variable }]) => [variable, String(values[name])])),
    parse: (variables) => {
      const problems: string[] = [];
      const values = entries.map(([name, field]) => {
        const text = variables[field.variable] ?? '';
        const value = text === '' ? defaults[name] : parseVariable(field, text);
        if (value === undefined) problems.push(describeProblem(field, text));
        return [name, value] as const;
      });
      if (problems.length > 0) throw new EnvironmentError(problems);
      return Object.freeze(Object.fromEntries(values)) as T;
    },
  };
}

function parseVariable(field: TextVariable | IntegerVariable, text: string): string | number | undefined {
  return field.kind === 'text' ? text : parseInteger(text, field);
}

function describeProblem(field: TextVariable | IntegerVariable, text: string): string {
  if (field.kind === 'integer') return integerProblem(field.variable, field, text);
  return `\`${field.variable}\` must be set, got nothing; the stack sets it`;
}
