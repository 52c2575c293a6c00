import { EscapedRows } from './escaped-rows.ts';

const [OPENING, COMMA, CLOSING] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')];
const COMMA_BYTES = 1;

/** Where a chunk gets its rows from. */
export type RowReader = Pick<RowLists, 'read'>;

/**
 * The rows of a batch, encoded once, whatever chunks they are sent in: a few lists of JSON texts, and for each list
 * where the rows of each item end. Items are numbered from 0 in stream order; any stretch of them is a stretch of bytes.
 */
export class RowLists {
  readonly #lists: readonly List[];

  /**
   * Makes empty lists.
   *
   * @param listCount number of lists
   * @param itemCount number of items that will be ended
   */
  constructor(listCount: number, itemCount: number) {
    this.#lists = Array.from({ length: listCount }, () => ({
      rows: new EscapedRows(),
      ends: new Uint32Array(itemCount),
      start: 0,
    }));
  }

  /** Where rows of the item that is not ended yet are added to a list. */
  list(index: number): EscapedRows {
    return this.#list(index).rows;
  }

  /** Whether the item that is not ended yet has no rows so far. */
  get isEmpty(): boolean {
    return this.#lists.every(({ rows, start }) => rows.length === start);
  }

  /**
   * Ends an item: what follows belongs to the next one. Every item is ended, in order, by this or by {@link withdraw}.
   *
   * @returns the bytes that it takes in a request
   */
  close(item: number): number {
    let bytes = 0;
    for (const list of this.#lists) {
      const end = list.rows.length;
      bytes += end - list.start;
      list.ends[item] = list.start = end;
    }
    return bytes;
  }

  /** Takes back the rows of the last item, whether it is ended or not, and ends it without any. */
  withdraw(item: number): void {
    for (const list of this.#lists) {
      list.start = item === 0 ? 0 : (list.ends[item - 1] ?? 0);
      list.rows.truncate(list.start);
      list.ends[item] = list.start;
    }
  }

  /**
   * A list's rows of the items from one to another, both included: a JSON array, escaped for a request body, in pieces
   * that are not copied.
   */
  read(list: number, firstItem: number, lastItem: number): readonly Uint8Array[] {
    const { rows, ends } = this.#list(list);
    const [start, end] = [firstItem === 0 ? 0 : ends[firstItem - 1], ends[lastItem]];
    if (start === undefined || end === undefined) throw new RangeError(`no items from ${firstItem} to ${lastItem}`);
    return [OPENING, rows.slice(start, Math.max(start, end - COMMA_BYTES)), CLOSING];
  }

  /** The same lists as if only some of the items had rows. */
  only(items: readonly number[]): RowReader {
    return {
      read: (list, firstItem, lastItem) => {
        const pieces = items
          .filter((item) => item >= firstItem && item <= lastItem)
          .map((item) => this.read(list, item, item)[1])
          .filter((piece) => piece !== undefined && piece.length > 0) as Uint8Array[];
        return [OPENING, ...pieces.flatMap((piece, index) => (index === 0 ? [piece] : [COMMA, piece])), CLOSING];
      },
    };
  }

  #list(index: number): List {
    const list = this.#lists[index];
    if (list === undefined) throw new RangeError(`list ${index} of ${this.#lists.length}`);
    return list;
  }
}

interface List {
  readonly rows: EscapedRows;
  /** Length of the rows where the item at an index ends. */
  readonly ends: Uint32Array;
  /** Length of the rows where the item that is not ended yet starts. */
  start: number;
}
