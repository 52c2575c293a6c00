import { isStorableText } from '../tables/storable-text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;
const COMMA = 0x2c;
const ZERO = 0x30;
const [OPENING, CLOSING] = [0x5b, 0x5d];
/** The comma, and a quote inside JSON text with the backslash that it gets inside a string of a request body; twice. */
const COMMA_AND_QUOTES_BYTES = 5;
/** A bracket or comma, and a number's shortest text: sign, 17 digits, point, exponent, and to spare. */
const NUMBER_BYTES = 32;
/** The bracket and comma behind a row. */
const CLOSING_BYTES = 2;
/** What a few hundred rows take. */
const FIRST_BYTES = 64 * 1024;

/**
 * Rows as they stand inside a string of a request body: JSON arrays, each with a comma behind it, in UTF-8, with a
 * backslash before each quote and backslash.
 *
 * Rows travel as JSON inside JSON. Encoded straight to these bytes, they are copied once more, into the body, and their
 * share of the request is known without being counted separately. No intermediate text is made of what nearly all
 * cells hold: short plain ASCII and numbers.
 */
export class EscapedRows {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Begins a row, whose first cell is the number of the item that it belongs to. */
  openRow(n: number): void {
    this.#reserve(NUMBER_BYTES);
    this.#bytes[this.#length++] = OPENING;
    this.#writeNumber(n);
  }

  /** Ends a row. */
  closeRow(): void {
    this.#reserve(CLOSING_BYTES);
    this.#bytes[this.#length++] = CLOSING;
    this.#bytes[this.#length++] = COMMA;
  }

  /** Adds a cell that holds a number; it must be finite, as JSON has no other. */
  appendNumber(value: number): void {
    this.#reserve(NUMBER_BYTES);
    this.#bytes[this.#length++] = COMMA;
    this.#writeNumber(value);
  }

  /**
   * Adds a cell that holds a text.
   *
   * @returns false, with nothing added, for a text that PostgreSQL can't hold
   */
  appendString(text: string): boolean {
    this.#reserve(text.length + COMMA_AND_QUOTES_BYTES);
    const bytes = this.#bytes;
    let end = this.#length;
    bytes[end++] = COMMA;
    bytes[end++] = BACKSLASH;
    bytes[end++] = QUOTE;
    // For a few characters a loop is quicker than a call out of JavaScript.
    const { length } = text;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if ((unit - SPACE) >>> 0 >= DELETE - SPACE || unit === QUOTE || unit === BACKSLASH) {
        return this.#appendUnusualString(text);
      }
      bytes[end++] = unit;
    }
    bytes[end++] = BACKSLASH;
    bytes[end++] = QUOTE;
    this.#length = end;
    return true;
  }

  /**
   * Adds a cell that is any JSON.
   *
   * @param jsonText without control characters and without half surrogate pairs, as `JSON.stringify` writes it
   */
  appendJson(jsonText: string): void {
    const rawBytes = Buffer.byteLength(jsonText);
    this.#reserve(1 + 2 * rawBytes);
    const bytes = this.#bytes;
    bytes[this.#length++] = COMMA;
    // Written behind the room that it can take up escaped, the text is never overtaken by its own escaped form.
    const from = this.#length + rawBytes;
    bytes.write(jsonText, from);
    let end = this.#length;
    for (let at = from; at < from + rawBytes; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE || byte === BACKSLASH) bytes[end++] = BACKSLASH;
      bytes[end++] = byte;
    }
    this.#length = end;
  }

  /** Takes back everything behind a length. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** The bytes from one length to another: a view, valid until something is appended. */
  slice(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  #appendUnusualString(text: string): boolean {
    if (!isStorableText(text)) return false;
    this.appendJson(JSON.stringify(text));
    return true;
  }

  /** Most numbers of most rows are small: their digits are found sooner than a text of them is made and read. */
  #writeNumber(value: number): void {
    if (value >= 0 && value < 10_000 && Number.isInteger(value)) this.#writeDigits(value);
    else this.#writePlain(String(value));
  }

  #writeDigits(value: number): void {
    const bytes = this.#bytes;
    let end = this.#length;
    if (value >= 1000) bytes[end++] = ZERO + ((value / 1000) | 0);
    if (value >= 100) bytes[end++] = ZERO + (((value / 100) | 0) % 10);
    if (value >= 10) bytes[end++] = ZERO + (((value / 10) | 0) % 10);
    bytes[end++] = ZERO + (value % 10);
    this.#length = end;
  }

  #writePlain(text: string): void {
    const bytes = this.#bytes;
    let end = this.#length;
    for (let index = 0; index < text.length; index += 1) bytes[end++] = text.charCodeAt(index);
    this.#length = end;
  }

  #reserve(room: number): void {
    if (this.#length + room <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + room));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
