import { EscapedText } from './escaped-text.ts';

const [OPENING, CLOSING] = [Buffer.from('['), Buffer.from(']')];
const COMMA_BYTES = 1;

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
   * @param itemCount number of items that will be closed
   */
  constructor(listCount: number, itemCount: number) {
    this.#lists = Array.from({ length: listCount }, () => ({
      text: new EscapedText(),
      ends: new Uint32Array(itemCount),
      closed: 0,
    }));
  }

  /** Where rows of the item that is not closed yet are added to a list, each with a comma behind it. */
  text(list: number): EscapedText {
    return this.#list(list).text;
  }

  /** Bytes that the item that is not closed yet takes in a request so far. */
  get openBytes(): number {
    let bytes = 0;
    for (const { text, closed } of this.#lists) bytes += text.length - closed;
    return bytes;
  }

  /** Takes back what the item that is not closed yet has added. */
  discard(): void {
    for (const { text, closed } of this.#lists) text.truncate(closed);
  }

  /** Ends an item: what follows belongs to the next one. Every item is closed, in order, also one without rows. */
  close(item: number): void {
    for (const list of this.#lists) list.ends[item] = list.closed = list.text.length;
  }

  /** A list's rows of the items from one to another, both included, as a JSON array escaped for a request body. */
  read(list: number, firstItem: number, lastItem: number): Uint8Array {
    const { text, ends } = this.#list(list);
    const [start, end] = [firstItem === 0 ? 0 : ends[firstItem - 1], ends[lastItem]];
    if (start === undefined || end === undefined) throw new RangeError(`no items from ${firstItem} to ${lastItem}`);
    const rows = text.slice(start, Math.max(start, end - COMMA_BYTES));
    return Buffer.concat([OPENING, rows, CLOSING]);
  }

  #list(index: number): List {
    const list = this.#lists[index];
    if (list === undefined) throw new RangeError(`list ${index} of ${this.#lists.length}`);
    return list;
  }
}

interface List {
  readonly text: EscapedText;
  /** Length of the text where the item at an index ends. */
  readonly ends: Uint32Array;
  /** Length of the text where the last closed item ends. */
  closed: number;
}
