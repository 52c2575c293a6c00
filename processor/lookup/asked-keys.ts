/** Up to this many keys, a scan takes no longer than a set. */
const MAX_SEARCHED_KEYS = 16;

/**
 * The keys of one lookup that each item of a batch asked for, in one list, since a batch has thousands of short ones.
 * Items are numbered from 0, in stream order.
 */
export class AskedKeys {
  readonly #keys: string[] = [];
  /** Number of keys up to the end of the item at an index. */
  readonly #ends: number[] = [];
  #set: { readonly item: number; readonly keys: ReadonlySet<string> } | undefined;

  /** Adds a key, in its one form, to those of the item that is not ended yet. */
  add(key: string): void {
    this.#keys.push(key);
  }

  /**
   * Ends an item: what follows belongs to the next one.
   *
   * @returns the number of its keys
   */
  close(): number {
    const start = this.#ends.at(-1) ?? 0;
    this.#ends.push(this.#keys.length);
    return this.#keys.length - start;
  }

  /** Whether the item that is not ended yet asked for a key. */
  isOpenWith(key: string): boolean {
    return this.#keys.includes(key, this.#ends.at(-1) ?? 0);
  }

  /** Takes back the keys of the item that is not ended yet, and ends it without any. */
  withdraw(): void {
    this.#keys.length = this.#ends.at(-1) ?? 0;
    this.close();
  }

  /** The keys that an item asked for. */
  of(item: number): readonly string[] {
    return this.#keys.slice(item === 0 ? 0 : (this.#ends[item - 1] ?? 0), this.#ends[item] ?? 0);
  }

  /** Whether an item asked for a key. */
  has(item: number, key: string): boolean {
    const start = item === 0 ? 0 : (this.#ends[item - 1] ?? 0);
    const end = this.#ends[item] ?? start;
    if (end - start > MAX_SEARCHED_KEYS) return this.#setOf(item, start, end).has(key);
    for (let index = start; index < end; index += 1) if (this.#keys[index] === key) return true;
    return false;
  }

  #setOf(item: number, start: number, end: number): ReadonlySet<string> {
    if (this.#set?.item !== item) this.#set = { item, keys: new Set(this.#keys.slice(start, end)) };
    return this.#set.keys;
  }
}
