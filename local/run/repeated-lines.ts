/** Lines that a run says: each once, and at its end how often those came that came again. */
export interface RepeatedLines {
  /** Counts a line; true when it comes for the first time. */
  readonly isNew: (line: string) => boolean;
  /** One line for each that came more than once. */
  readonly describe: () => string[];
}

/** Different lines that are kept; of more, each counts as new. */
const MAX_LINES = 1_000;
/** Enough of a line to know it by. */
const MAX_CHARACTERS = 100;

/** Creates the memory of a run's lines. */
export function createRepeatedLines(): RepeatedLines {
  const counts = new Map<string, number>();
  return {
    isNew: (line) => {
      const count = counts.get(line) ?? 0;
      if (count > 0 || counts.size < MAX_LINES) counts.set(line, count + 1);
      return count === 0;
    },
    describe: () =>
      [...counts].filter(([, count]) => count > 1).map(([line, count]) => `${count} times: ${shorten(line)}`),
  };
}

function shorten(line: string): string {
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)} …` : line;
}
