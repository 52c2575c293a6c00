/** Chance that comes out the same for the same seed: what makes a run of chaos repeatable. */
export interface SeededRandom {
  /** A number from 0 up to 1. */
  readonly next: () => number;
  /** A whole number, both ends included. */
  readonly integer: (min: number, max: number) => number;
  /** True with this probability, 0 to 1. */
  readonly chance: (probability: number) => boolean;
  /** One of the items; there must be one. */
  readonly pick: <T>(items: readonly T[]) => T;
  /** The items in another order. */
  readonly shuffle: <T>(items: readonly T[]) => T[];
}

/**
 * Creates a generator: Mulberry32, whose 32 bits of state are plenty for choosing faults.
 *
 * @param seed whole number, of which 32 bits count
 */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new RangeError('there is nothing to pick from');
      return item;
    },
    shuffle: (items) => {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = integer(0, last);
        [shuffled[last], shuffled[other]] = [shuffled[other] as never, shuffled[last] as never];
      }
      return shuffled;
    },
  };
}
