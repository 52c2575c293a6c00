import { describe, expect, it } from 'vitest';
import { RowLists } from '../../../../processor/project/row-lists.ts';
import { rowTexts } from '../../../support/row-texts.ts';

describe('row lists', () => {
  it('hold the rows of each item, of those that were withdrawn none, ended or not', () => {
    const rows = new RowLists(2, 4);
    for (const n of [0, 1, 2, 3]) {
      for (const list of [rows.list(0), rows.list(1)]) {
        list.openRow(n);
        list.closeRow();
      }
      if (n !== 1) expect(rows.close(n)).toBe(2 * '[0],'.length);
      if (n === 1 || n === 2) rows.withdraw(n);
    }
    expect([0, 1, 2, 3].map((n) => rowTexts(rows, n, [0, 1]))).toEqual([
      ['[0]', '[0]'],
      ['', ''],
      ['', ''],
      ['[3]', '[3]'],
    ]);
  });
});
