import type { WriteStream } from 'node:tty';

/** Where a run shows what it does: a line that changes on a terminal, now and then a plain line elsewhere. */
export interface Screen {
  /** Says something once. */
  readonly say: (line: string) => void;
  /**
   * Says where a longer job stands; may be called as often as one likes. A line that is too long is cut.
   *
   * @param state where nothing happens any more: without a terminal, there is one line for as long as it stays the same
   */
  readonly update: (line: string | ((columns: number) => string), state?: string) => void;
}

/** Where a screen writes: usually standard output. */
export interface ScreenOutput extends Pick<WriteStream, 'write'> {
  /** A terminal that can rewrite a line. */
  readonly isTTY?: boolean;
  /** As wide as it is now. */
  readonly columns?: number;
}

/** Of a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 80;

/** Erases what is open. The cursor waits at its beginning: a terminal made narrower wraps the line below the cursor. */
const ERASE = '\r\x1b[J';

/** Without a terminal, progress that is more frequent than this only fills a log. */
const PLAIN_INTERVAL_MS = 2_000;

/** Around a line that changes: one that was still measured for the width before the window was made narrower. */
const NO_WRAP = '\x1b[?7l';
const WRAP = '\x1b[?7h';

/**
 * Creates a screen on a stream of this process. A terminal that calls itself dumb gets plain lines.
 *
 * @param stream standard output unless given
 */
export function openScreen(stream: WriteStream = process.stdout): Screen & Disposable {
  const out: ScreenOutput = {
    write: stream.write.bind(stream),
    isTTY: stream.isTTY && process.env['TERM'] !== 'dumb',
    get columns() {
      return stream.columns;
    },
  };
  return createScreen(out, () => performance.now());
}

/**
 * Creates a screen on a stream. Disposing of it clears the line that changes, so that what is written next, such as an
 * error, has a line of its own.
 *
 * @param out where to write
 * @param now milliseconds from any start
 */
export function createScreen(out: ScreenOutput, now: () => number): Screen & Disposable {
  let isLineOpen = false;
  let lastPlainAt = -Infinity;
  let lastState: string | undefined;
  return {
    say: (line) => {
      out.write(isLineOpen ? `${ERASE}${line}\n` : `${line}\n`);
      isLineOpen = false;
    },
    update: (line, state) => {
      if (out.isTTY === true) {
        // The last column stays free: a terminal wraps as soon as it is used.
        out.write(`${ERASE}${NO_WRAP}${lineFor(line, (out.columns ?? DEFAULT_COLUMNS) - 1)}${WRAP}\r`);
        isLineOpen = true;
      } else if (now() - lastPlainAt >= PLAIN_INTERVAL_MS && (state === undefined || state !== lastState)) {
        lastState = state;
        out.write(`${typeof line === 'string' ? line : line(Infinity)}\n`);
        lastPlainAt = now();
      }
    },
    [Symbol.dispose]: () => {
      if (isLineOpen) out.write(ERASE);
      isLineOpen = false;
    },
  };
}

function lineFor(line: string | ((columns: number) => string), columns: number): string {
  const characters = Array.from(typeof line === 'string' ? line : line(columns));
  return characters.length <= columns ? characters.join('') : `${characters.slice(0, columns - 1).join('')}…`;
}
