/**
 * Environment variables as values: one table of fields gives both the writer, which the stack uses, and the reader,
 * which the function uses.
 *
 * @module
 */

import { EnvironmentError } from './environment.ts';

/** A variable with any text in it. */
export interface TextVariable {
  readonly kind: 'text';
  readonly variable: string;
  /** Taken when the variable is unset; without it the variable must be set. */
  readonly fallback?: string;
}

/** A variable with a whole number in it. */
export interface IntegerVariable {
  readonly kind: 'integer';
  readonly variable: string;
  readonly min: number;
  readonly max: number;
}

/** Which variable holds each field, and what it may be. */
export type VariableTable<T> = {
  readonly [K in keyof T]: T[K] extends string ? TextVariable : IntegerVariable;
};

/** Writer and reader of one function's environment; each is the inverse of the other. */
export interface EnvironmentCodec<T> {
  /** Turns values into variables, every field included. */
  readonly encode: (values: T) => Record<string, string>;
  /** Reads values from variables; throws an `EnvironmentError` that names every variable that is not usable. */
  readonly parse: (variables: Readonly<Record<string, string | undefined>>) => T;
}

type Variable = TextVariable | IntegerVariable;

/**
 * Makes the writer and the reader for a table of fields.
 *
 * @param table one entry per field
 */
export function createEnvironmentCodec<T extends object>(table: VariableTable<T>): EnvironmentCodec<T> {
  const entries = Object.entries(table) as unknown as readonly (readonly [keyof T & string, Variable])[];
  return {
    encode: (values) => Object.fromEntries(entries.map(([name, { variable }]) => [variable, String(values[name])])),
    parse: (variables) => {
      const problems: string[] = [];
      const values = entries.map(([name, field]) => {
        const value = parseVariable(field, variables[field.variable] ?? '');
        if (value === undefined) problems.push(describeProblem(field, variables[field.variable]));
        return [name, value] as const;
      });
      if (problems.length > 0) throw new EnvironmentError(problems);
      return Object.freeze(Object.fromEntries(values)) as T;
    },
  };
}

function parseVariable(field: Variable, text: string): string | number | undefined {
  if (field.kind === 'text') return text === '' ? field.fallback : text;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= field.min && value <= field.max ? value : undefined;
}

function describeProblem(field: Variable, text: string | undefined): string {
  const got = text === undefined || text === '' ? 'nothing' : JSON.stringify(text);
  if (field.kind !== 'integer') return `\`${field.variable}\` must be set, got ${got}; the stack sets it`;
  return `\`${field.variable}\` must be an integer from ${field.min} to ${field.max}, got ${got}`;
}
