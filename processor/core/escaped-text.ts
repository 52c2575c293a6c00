const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;
/** A quote inside JSON text, with the backslash that it gets inside a string of a request body; twice. */
const QUOTES_BYTES = 4;

/**
 * JSON text as it stands inside a string of a request body: UTF-8, with a backslash before each quote and backslash.
 *
 * Rows travel as JSON inside JSON. Encoded straight to these bytes, they are copied once more, into the body, and their
 * share of the request is known without being counted separately. No intermediate text is made of what nearly all
 * cells hold: short plain ASCII and numbers.
 */
export class EscapedText {
  #bytes: Buffer<ArrayBuffer>;
  #length = 0;

  /**
   * Begins empty.
   *
   * @param room bytes it can hold before it has to grow, which costs a copy
   */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds JSON text that needs no escaping: brackets, commas, numbers, words.
   *
   * @param text plain ASCII without quotes and backslashes
   */
  appendPlain(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let end = this.#length;
    // For a few characters a loop is quicker than a call out of JavaScript.
    for (let index = 0; index < text.length; index += 1) bytes[end++] = text.charCodeAt(index);
    this.#length = end;
  }

  /**
   * Adds a string as JSON.
   *
   * @returns false, with nothing added, for a text that PostgreSQL can't hold
   */
  appendString(text: string): boolean {
    this.#reserve(text.length + QUOTES_BYTES);
    const bytes = this.#bytes;
    let end = this.#length;
    bytes[end++] = BACKSLASH;
    bytes[end++] = QUOTE;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit < SPACE || unit >= DELETE || unit === QUOTE || unit === BACKSLASH) {
        return this.#appendUnusualString(text);
      }
      bytes[end++] = unit;
    }
    bytes[end++] = BACKSLASH;
    bytes[end++] = QUOTE;
    this.#length = end;
    return true;
  }

  #appendUnusualString(text: string): boolean {
    if (!isStorableText(text)) return false;
    this.appendJson(JSON.stringify(text));
    return true;
  }

  /**
   * Adds any JSON text.
   *
   * @param jsonText made by `JSON.stringify`, so that it holds no control characters and no half surrogate pairs
   */
  appendJson(jsonText: string): void {
    const rawBytes = Buffer.byteLength(jsonText);
    this.#reserve(2 * rawBytes);
    const bytes = this.#bytes;
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

  #reserve(room: number): void {
    if (this.#length + room <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + room));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Whether PostgreSQL can hold a text: it has no NUL character, and UTF-8 has no half surrogate pairs. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Bytes that a JSON text takes inside a string of a request body. */
export function escapedBytes(jsonText: string): number {
  return Buffer.byteLength(JSON.stringify(jsonText)) - '""'.length;
}
