/** Things that happen at some moment, handed out in the order of their moments: a binary heap. */
export class EventQueue<T> {
  readonly #entries: { readonly at: number; readonly what: T }[] = [];

  /** The moment of the next one; Infinity when there is none. */
  get nextAt(): number {
    return this.#entries[0]?.at ?? Infinity;
  }

  /** How many are waiting. */
  get size(): number {
    return this.#entries.length;
  }

  /** Adds one. */
  push(at: number, what: T): void {
    const entries = this.#entries;
    const entry = { at, what };
    let place = entries.length;
    entries.push(entry);
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      const above = entries[parent];
      if (above === undefined || above.at <= at) break;
      entries[place] = above;
      place = parent;
    }
    entries[place] = entry;
  }

  /** Takes the next one; undefined when there is none. */
  pop(): T | undefined {
    const entries = this.#entries;
    const [first] = entries;
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first?.what;
    let place = 0;
    for (;;) {
      const child = this.#earlierChild(place);
      const below = entries[child];
      if (below === undefined || below.at >= last.at) break;
      entries[place] = below;
      place = child;
    }
    entries[place] = last;
    return first.what;
  }

  #earlierChild(place: number): number {
    const left = 2 * place + 1;
    const right = left + 1;
    return (this.#entries[right]?.at ?? Infinity) < (this.#entries[left]?.at ?? Infinity) ? right : left;
  }
}
