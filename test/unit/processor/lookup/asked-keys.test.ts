import { expect, it } from 'vitest';
import { AskedKeys } from '../../../../processor/lookup/asked-keys.ts';

const keysOf = (item: number, count: number) => Array.from({ length: count }, (_, n) => `${item}-${n}`);

it.each([1, 16, 17, 1_000])('knows of each item which of %d keys it asked for', (count) => {
  const asked = new AskedKeys();
  for (const item of [0, 1, 2]) {
    for (const key of keysOf(item, count)) asked.add(key);
    expect(asked.close()).toBe(count);
  }
  for (const item of [2, 0, 1, 2]) {
    for (const other of [0, 1, 2]) {
      expect(keysOf(other, count).every((key) => asked.has(item, key))).toBe(other === item);
      expect(keysOf(other, count).some((key) => asked.has(item, key))).toBe(other === item);
    }
    expect(asked.has(item, keysOf(item, count + 1).at(-1) ?? '')).toBe(false);
  }
});

it('forgets the keys of an item that is withdrawn, and of no other', () => {
  const asked = new AskedKeys();
  asked.add('a');
  asked.close();
  asked.add('b');
  asked.withdraw();
  asked.add('c');
  asked.close();
  expect([0, 1, 2].map((item) => ['a', 'b', 'c'].filter((key) => asked.has(item, key)))).toEqual([['a'], [], ['c']]);
});
