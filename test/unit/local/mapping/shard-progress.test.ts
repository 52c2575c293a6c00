import { describe, expect, it } from 'vitest';
import { ShardProgress } from '../../../../local/mapping/shard-progress.ts';

function progressOf(count: number, checkpoint?: string): ShardProgress {
  const progress = new ShardProgress(checkpoint);
  for (let ordinal = 0; ordinal < count; ordinal += 1) progress.add(`s${ordinal}`);
  return progress;
}

describe('checkpoint of a shard', () => {
  it('stays below the lowest unresolved record, whatever is resolved above it', () => {
    const progress = progressOf(4);
    expect(progress.resolve([1, 2])).toBe(false);
    expect(progress.checkpoint).toBeUndefined();
    expect(progress.resolve([0])).toBe(true);
    expect(progress.checkpoint).toBe('s2');
    expect(progress.unresolved).toBe(1);
  });

  it('keeps the position a shard was left at until something new is resolved', () => {
    const progress = progressOf(1, 'before');
    expect(progress.checkpoint).toBe('before');
    progress.resolve([0]);
    expect(progress.checkpoint).toBe('s0');
  });

  it('refuses to resolve a record twice', () => {
    const progress = progressOf(2);
    progress.resolve([1]);
    expect(() => progress.resolve([1])).toThrow('record 1 is not waiting to be resolved');
  });

  it('goes on counting after it has let go of old entries', () => {
    const progress = progressOf(25_000);
    progress.resolve(Array.from({ length: 20_000 }, (_, ordinal) => ordinal));
    expect(progress.nextOrdinal).toBe(25_000);
    progress.add('next');
    progress.resolve(Array.from({ length: 5_001 }, (_, index) => 20_000 + index));
    expect(progress.checkpoint).toBe('next');
    expect(progress.unresolved).toBe(0);
  });
});
