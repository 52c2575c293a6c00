import { describe, expect, it } from 'vitest';
import { ListSizes, RowLists } from '../../../../processor/core/row-lists.ts';

describe('the sizes of row lists', () => {
  it('are a guess for the first batch', () => {
    const [first, second] = new ListSizes(2).expectedBytes;
    expect(first).toBeGreaterThan(0);
    expect(second).toBe(first);
  });

  it('are those of the last batch for the next one, with an eighth to spare', () => {
    const sizes = new ListSizes(2);
    const rows = new RowLists([0, 0], 1);
    rows.text(0).appendPlain('x'.repeat(100));
    rows.close(0);
    sizes.learn(rows);
    expect(sizes.expectedBytes).toEqual([113, 0]);
  });
});
