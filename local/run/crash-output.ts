/** First line of what Node.js writes when it ends by an exception or for lack of memory. */
const HEADER = /^(?:(?:file:\/\/)?\/.*|node:.*):\d+$|^<--- Last few GCs --->$/;

/** Looks after which such output turns out to be the function's own, as its environment lives on. */
const LOOKS_UNTIL_RELEASED = 10;

/** Lines kept of one environment. */
const MAX_LINES = 20;

/**
 * Holds back what Node.js writes about its own end, minified source and all: the reason of a crash is told in one line
 * elsewhere.
 */
export class CrashOutput {
  readonly #held = new Map<string, { readonly lines: string[]; looks: number }>();

  /** Takes a line of an environment, unless it has nothing to do with an end; returns whether it was taken. */
  hold(line: string, environmentId: string): boolean {
    const output = this.#held.get(environmentId);
    if (output !== undefined) {
      if (output.lines.length < MAX_LINES) output.lines.push(line);
      return true;
    }
    const isHeader = HEADER.test(line);
    if (isHeader) this.#held.set(environmentId, { lines: [line], looks: 0 });
    return isHeader;
  }

  /** Forgets the output of an environment that has ended. */
  drop(environmentId: string): void {
    this.#held.delete(environmentId);
  }

  /** Gives back what came from environments that live on after all. */
  release(): readonly string[] {
    const released = [...this.#held].filter(([, output]) => (output.looks += 1) > LOOKS_UNTIL_RELEASED);
    for (const [environmentId] of released) this.#held.delete(environmentId);
    return released.flatMap(([, { lines }]) => lines);
  }
}
