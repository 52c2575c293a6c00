import { describe, expect, it } from 'vitest';
import { compileRowWriter } from '../../../../processor/project/compile-row-writer.ts';
import { EscapedRows } from '../../../../processor/project/escaped-rows.ts';
import { ReusableBytes } from '../../../../data-api/reusable-bytes.ts';

/** What a writer for these columns appends, in order, and whether it took the row. */
function write(names: readonly string[], row: object): readonly [readonly unknown[], boolean] {
  const appended: unknown[] = [];
  const columns = names.map((name) => ({
    name,
    encode: (value: unknown) => (value === 'wrong' ? undefined : String(value)),
  }));
  const writer = compileRowWriter(columns, (value) => {
    appended.push(value);
    return value !== undefined;
  });
  return [appended, writer(row, new EscapedRows(new ReusableBytes()))];
}

describe('a compiled row writer', () => {
  it('takes a row of its columns, in whatever order they stand', () => {
    expect(write(['a', 'b'], { b: 2, a: 1 })).toEqual([['1', '2'], true]);
  });

  it('leaves every other row to plain code: one column more, one less, a value of another type', () => {
    expect(write(['a'], { a: 1, b: 2 })[1]).toBe(false);
    expect(write(['a', 'b'], { a: 1 })[1]).toBe(false);
    expect(write(['a', 'b'], { a: 'wrong', b: 2 })).toEqual([[undefined], false]);
    expect(write(['a'], Object.create({ b: 2 }, { a: { value: 1, enumerable: true } }) as object)[1]).toBe(false);
  });

  it('takes a name for a name, whatever it looks like', () => {
    const names = ['a"]); throw new Error("run"); (row["', "'", '`${1}`', '\\', '\n', '\u2028', '__proto__'];
    const row = Object.fromEntries(names.map((name, index) => [name, index]));
    expect(write(names, row)).toEqual([names.map((_name, index) => String(index)), true]);
  });
});
