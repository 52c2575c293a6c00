import { describe, expect, it } from 'vitest';
import { ReusableBytes } from '../../../data-api/reusable-bytes.ts';

describe('a reusable buffer', () => {
  it('is used again once it is given back', () => {
    const memory = new ReusableBytes();
    const first = memory.take(100);
    memory.giveBack(first);
    expect(memory.take(50)).toBe(first);
  });

  it('has one user at a time', () => {
    const memory = new ReusableBytes();
    const first = memory.take(100);
    expect(memory.take(100)).not.toBe(first);
    memory.giveBack(first);
    expect(memory.take(100)).toBe(first);
    expect(memory.take(100)).not.toBe(first);
  });

  it('is long enough for whoever takes it', () => {
    const memory = new ReusableBytes();
    memory.giveBack(memory.take(10));
    expect(memory.take(1000).length).toBeGreaterThanOrEqual(1000);
  });

  it('is the largest of those that were given back, so that it stops being replaced', () => {
    const memory = new ReusableBytes();
    const [small, large] = [memory.take(10), memory.take(1000)];
    memory.giveBack(large);
    memory.giveBack(small);
    expect(memory.take(10)).toBe(large);
  });
});
