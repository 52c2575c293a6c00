import { describe, expect, it } from 'vitest';
import { cpuBetween } from '../../../bench/process-cpu.ts';

describe('cpuBetween', () => {
  it('counts backends that were there from the first look, those that came from their start, and none that is gone', () => {
    const before = new Map([
      [1, 10],
      [2, 5],
    ]);
    const after = new Map([
      [1, 12],
      [3, 0.5],
    ]);
    expect(cpuBetween(before, after)).toBe(2.5);
  });
});
