import { describe, expect, it } from 'vitest';
import { EscapedRows } from '../../../../processor/project/escaped-rows.ts';
import { parameterText } from '../../../../data-api/statement-body.ts';

const CELLS = 20_000;

function textOf(rows: EscapedRows): string {
  return parameterText([rows.slice(0, rows.length)]);
}

describe('rows that outgrow their room again and again', () => {
  it.each([
    [
      'numbers',
      (rows: EscapedRows, n: number) => {
        rows.appendNumber(n);
      },
      (n: number) => n,
    ],
    ['texts', (rows: EscapedRows, n: number) => rows.appendString(`cell ${n}`), (n: number) => `cell ${n}`],
    [
      'JSON',
      (rows: EscapedRows, n: number) => {
        rows.appendJson(`["${n}"]`);
      },
      (n: number) => [String(n)],
    ],
  ])('keep what they hold: %s', (_what, append, cell) => {
    const rows = new EscapedRows();
    const numbers = Array.from({ length: CELLS }, (_, n) => n);
    for (const n of numbers) {
      rows.openRow(n);
      append(rows, n);
      rows.closeRow();
    }
    expect(textOf(rows)).toBe(numbers.map((n) => `${JSON.stringify([n, cell(n)])},`).join(''));
  });

  it('keep it in front of a cell that is larger than all before it', () => {
    const rows = new EscapedRows();
    const large = '"é\\'.repeat(100_000);
    rows.openRow(0);
    rows.appendString('first');
    rows.appendString(large);
    rows.closeRow();
    expect(textOf(rows)).toBe(`${JSON.stringify([0, 'first', large])},`);
  });
});

it('writes numbers as JSON has them', () => {
  const numbers = [0, -0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, -1, 0.5, 1e21, 5e-324, -1.5e300, 2 ** 53];
  const rows = new EscapedRows();
  rows.openRow(12_345);
  for (const number of numbers) rows.appendNumber(number);
  rows.closeRow();
  expect(textOf(rows)).toBe(`${JSON.stringify([12_345, ...numbers])},`);
});
