/** What planning needs to know of an item. */
export interface Sized {
  /** Bytes the item takes in a request. */
  readonly bytes: number;
}

/** Consecutive items of a batch that travel in one statement; never empty. */
export type Chunk<T> = readonly T[];

/**
 * Cuts a batch into chunks, each within the byte limit, as few as a single pass can.
 *
 * Items keep their order and each chunk is a consecutive stretch, so that writing the chunks one after the other keeps
 * the order per partition key, whatever the keys are.
 *
 * @param items in stream order; one that is larger than the limit gets a chunk of its own
 * @param maxBytes limit for the sum of a chunk's item bytes
 */
export function planChunks<T extends Sized>(items: readonly T[], maxBytes: number): readonly Chunk<T>[] {
  const chunks: T[][] = [];
  let chunk: T[] = [];
  let bytes = 0;
  for (const item of items) {
    if (chunk.length > 0 && bytes + item.bytes > maxBytes) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += item.bytes;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/** Cuts a chunk of two items or more in the middle: the step of the search for the row that fails. */
export function bisectChunk<T>(chunk: Chunk<T>): readonly [Chunk<T>, Chunk<T>] {
  const middle = Math.floor(chunk.length / 2);
  return [chunk.slice(0, middle), chunk.slice(middle)];
}
