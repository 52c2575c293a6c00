/**
 * What a careless projection can do to the engine around it and to the process, one trap per way.
 *
 * @module
 */

/** Traps that an event can name, by the function in which it falls into them. */
const TRAPS_BY_PLACE = {
  'event-id': ['event-id'],
  'lookup-keys': ['lookup-keys', 'ask-nothing', 'exit-early'],
  project: ['cell', 'list', 'json', 'answer', 'exit', 'loop', 'heap', 'unheard'],
} as const;

/** Every trap. */
export const TRAPS = Object.values(TRAPS_BY_PLACE).flat();

/** One of {@link TRAPS}. */
export type Trap = (typeof TRAPS)[number];

/** Long enough that the engine has looked at the promise by then, and short enough that the batch is not over. */
const LATE_MS = 3;
const BLOCK = 100_000;

/**
 * Falls into a trap, if the event names one that lies here.
 *
 * @param trap that the event names
 * @param place the function that is running
 * @returns a promise that rejects later, or `undefined`
 */
export function fallInto(trap: Trap | undefined, place: keyof typeof TRAPS_BY_PLACE): Promise<never> | undefined {
  if (trap === undefined || !(TRAPS_BY_PLACE[place] as readonly Trap[]).includes(trap)) return undefined;
  switch (trap) {
    case 'exit':
    case 'exit-early':
      return process.exit(7);
    case 'loop':
      for (;;);
    case 'heap':
      return fillHeap();
    case 'unheard':
      void late();
      return undefined;
    case 'ask-nothing':
      return undefined;
    default:
      return late();
  }
}

function late(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => {
      reject(new Error('this comes too late'));
    }, LATE_MS);
  });
}

function fillHeap(): never {
  const kept: number[][] = [];
  for (;;) kept.push(new Array<number>(BLOCK).fill(kept.length));
}
