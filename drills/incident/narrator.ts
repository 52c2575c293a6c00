import type { Screen } from '../../command-line/screen.ts';

/** Tells a story in stream time. */
export interface Narrator {
  /** Says what happens at a moment, in milliseconds since 1970. */
  readonly tell: (atMs: number, text: string) => void;
  /** Shows where a longer stretch stands. */
  readonly show: (atMs: number, text: string) => void;
}

/** Columns of a terminal that nobody has widened. */
const WIDTH = 80;

/**
 * Creates a narrator whose day 0 begins at a moment.
 *
 * @param startMs milliseconds since 1970
 */
export function createNarrator(screen: Screen, startMs: number): Narrator {
  return {
    tell: (atMs, text) => {
      const label = `${describeMoment(atMs - startMs)}  `;
      for (const line of hang(label, text)) screen.say(line);
    },
    show: (atMs, text) => {
      screen.update(`${describeMoment(atMs - startMs)}  ${text}`);
    },
  };
}

/**
 * Breaks a text into lines of a terminal, the first after a label, the others below its text.
 *
 * @returns lines of at most 80 columns, unless a word is longer
 */
export function hang(label: string, text: string): readonly string[] {
  const lines: string[] = [];
  let line = label;
  for (const word of text.split(' ')) {
    const isFirst = line.trim() === '' || line === label;
    if (!isFirst && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(label.length) + word;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** `day 1 04:30`, from milliseconds since the begin. */
export function describeMoment(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `day ${Math.floor(minutes / 1440)} ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** `112,905`. */
export function describeCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
