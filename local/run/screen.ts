import type { WriteStream } from 'node:tty';

/** Where a run shows what it does: a line that changes on a terminal, now and then a plain line elsewhere. */
export interface Screen {
  /** Says something once. */
  readonly say: (line: string) => void;
  /** Says where a longer job stands; may be called as often as one likes. */
  readonly update: (line: string) => void;
}

/** Without a terminal, progress that is more frequent than this only fills a log. */
const PLAIN_INTERVAL_MS = 2_000;

/**
 * Creates a screen on a stream. Disposing of it clears the line that changes, so that what is written next, such as an
 * error, has a line of its own.
 *
 * @param out usually standard output
 * @param now milliseconds from any start
 */
export function createScreen(
  out: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean },
  now: () => number,
): Screen & Disposable {
  let isLineOpen = false;
  let lastPlainAt = -Infinity;
  return {
    say: (line) => {
      out.write(isLineOpen ? `\r\x1b[2K${line}\n` : `${line}\n`);
      isLineOpen = false;
    },
    update: (line) => {
      if (out.isTTY === true) {
        out.write(`\r\x1b[2K${line}`);
        isLineOpen = true;
      } else if (now() - lastPlainAt >= PLAIN_INTERVAL_MS) {
        out.write(`${line}\n`);
        lastPlainAt = now();
      }
    },
    [Symbol.dispose]: () => {
      if (isLineOpen) out.write('\r\x1b[2K');
      isLineOpen = false;
    },
  };
}
