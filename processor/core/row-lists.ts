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
   * @param expectedBytes how long each list will about be: its room, so that few have to grow
   * @param itemCount number of items that will be closed
   */
  constructor(expectedBytes: readonly number[], itemCount: number) {
    this.#lists = expectedBytes.map((bytes) => ({
      text: new EscapedText(bytes),
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

  /** Bytes of each list so far. */
  get bytes(): readonly number[] {
    return this.#lists.map(({ text }) => text.length);
  }

  /** Takes back what the item that is not closed yet has added. */
  discard(): void {
    for (const { text, closed } of this.#lists) text.truncate(closed);
  }

  /** Ends an item: what follows belongs to the next one. Every item is closed, in order, also one without rows. */
  close(item: number): void {
    for (const list of this.#lists) list.ends[item] = list.closed = list.text.length;
  }

  /**
   * A list's rows of the items from one to another, both included: a JSON array, escaped for a request body, in pieces
   * that are not copied.
   */
  read(list: number, firstItem: number, lastItem: number): readonly Uint8Array[] {
    const { text, ends } = this.#list(list);
    const [start, end] = [firstItem === 0 ? 0 : ends[firstItem - 1], ends[lastItem]];
    if (start === undefined || end === undefined) throw new RangeError(`no items from ${firstItem} to ${lastItem}`);
    return [OPENING, text.slice(start, Math.max(start, end - COMMA_BYTES)), CLOSING];
  }

  #list(index: number): List {
    const list = this.#lists[index];
    if (list === undefined) throw new RangeError(`list ${index} of ${this.#lists.length}`);
    return list;
  }
}

/** What a batch of a few hundred rows takes. */
const FIRST_EXPECTED_BYTES = 64 * 1024;
/** Batches are alike, not equal: with an eighth more room, hardly any has to grow. */
const SLACK_DIVISOR = 8;

/**
 * How long the lists of the next batch will about be: as long as those of the last one. Memory outside of the heap is
 * what makes Node.js collect its whole heap, so lists ask for little more of it than they fill.
 */
export class ListSizes {
  #bytes: readonly number[];

  /**
   * Begins with a guess.
   *
   * @param listCount number of lists
   */
  constructor(listCount: number) {
    this.#bytes = Array.from({ length: listCount }, () => FIRST_EXPECTED_BYTES);
  }

  /** Room for each list of the next batch, in bytes. */
  get expectedBytes(): readonly number[] {
    return this.#bytes;
  }

  /** Remembers how long the lists of a batch have become. */
  learn(rows: RowLists): void {
    this.#bytes = rows.bytes.map((bytes) => bytes + Math.ceil(bytes / SLACK_DIVISOR));
  }
}

interface List {
  readonly text: EscapedText;
  /** Length of the text where the item at an index ends. */
  readonly ends: Uint32Array;
  /** Length of the text where the last closed item ends. */
  closed: number;
}
