import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Hands over what a stream brings line by line; an unfinished last line counts as one. */
export function forwardLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}
