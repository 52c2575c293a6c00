import type { ColumnEncoder, JsonValue } from '../tables/column-type.ts';
import type { EscapedRows } from './escaped-rows.ts';

/** One column of the rows that are written. */
export interface WrittenColumn {
  readonly name: string;
  readonly encode: ColumnEncoder;
}

/**
 * Writes the cells of a usual row: one with these columns and no others, each with a value of its type.
 *
 * @returns false, with a part of it written, for any other row
 */
export type RowWriter = (row: object, rows: EscapedRows) => boolean;

type AppendCell = (value: JsonValue | undefined, rows: EscapedRows) => boolean;

/**
 * Compiles the writer of a table's rows to straight-line code, one step per column. In a loop all columns would share
 * one load and one call, which V8 then can neither specialize nor inline: a third of what encoding a row takes.
 *
 * What is not usual is left to plain code, which so decides alone what a row may be. Of the declaration only column names
 * get into the generated text, as string literals; nothing of an event does.
 *
 * @param appendCell writes what an encoder returned; false for nothing, and for what PostgreSQL can't hold
 */
export function compileRowWriter(columns: readonly WrittenColumn[], appendCell: AppendCell): RowWriter {
  const encoders = columns.map((_column, index) => `encode${index}`);
  const cells = columns.map(({ name }, index) => `appendCell(${encoders[index]}(row[${JSON.stringify(name)}]), rows)`);
  const code = `'use strict';
return (row, rows) => {
  let members = 0;
  for (const member in row) members += 1;
  return ${[`members === ${columns.length}`, ...cells].join('\n    && ')};
};`;
  const compile = evaluate(['appendCell', ...encoders], code);
  return compile?.(appendCell, ...columns.map(({ encode }) => encode)) ?? leaveToPlainCode;
}

type CompileWriter = (appendCell: AppendCell, ...encoders: readonly ColumnEncoder[]) => RowWriter;

/** Where Node.js may make no code of text (`--disallow-code-generation-from-strings`), there is none. */
function evaluate(parameters: readonly string[], code: string): CompileWriter | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- made at start-up, of column names only
    return new Function(...parameters, code) as CompileWriter;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

const leaveToPlainCode: RowWriter = () => false;
