import { AskedKeys } from '../../processor/lookup/asked-keys.ts';

/** The keys that the items of a batch asked one lookup for, in stream order. */
export function askedKeys(...keysOfItems: readonly (readonly string[])[]): AskedKeys {
  const asked = new AskedKeys();
  for (const keys of keysOfItems) {
    for (const key of keys) asked.add(key);
    asked.close();
  }
  return asked;
}
