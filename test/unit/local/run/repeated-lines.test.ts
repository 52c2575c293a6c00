import { describe, expect, it } from 'vitest';
import { createRepeatedLines } from '../../../../local/run/repeated-lines.ts';

describe('the lines of a run', () => {
  it('are new once, and counted at the end where they came again', () => {
    const lines = createRepeatedLines();
    expect(['a', 'b', 'a', 'a', 'c', 'b'].map((line) => lines.isNew(line))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(lines.describe()).toEqual(['3 times: a', '2 times: b']);
  });

  it('are known by their beginning when they are long', () => {
    const lines = createRepeatedLines();
    for (const line of ['x'.repeat(500), 'x'.repeat(500)]) lines.isNew(line);
    expect(lines.describe()).toEqual([`2 times: ${'x'.repeat(100)} …`]);
  });

  it('are kept in a bounded number; beyond that, each counts as new', () => {
    const lines = createRepeatedLines();
    for (let n = 0; n < 1_000; n += 1) lines.isNew(`line ${n}`);
    expect([lines.isNew('one more'), lines.isNew('one more'), lines.isNew('line 999')]).toEqual([true, true, false]);
    expect(lines.describe()).toEqual(['2 times: line 999']);
  });
});
