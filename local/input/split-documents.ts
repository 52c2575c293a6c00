/** A JSON document, or something in its place, as it stands in a text. */
export interface Document {
  readonly text: string;
  /** Line on which it begins, from 1. */
  readonly line: number;
}

const [OPEN, CLOSE, BLANK] = ['{[', '}]', ' \t\r\n'];

/**
 * Cuts a text into its JSON documents without parsing them: one per line, over several lines, one behind the other, or
 * the elements of lists. What is no JSON ends with its line.
 */
export class DocumentSplitter {
  /** Open brackets; those of a list around the documents included. */
  #depth = 0;
  /** 1 inside a list whose elements are the documents. */
  #base = 0;
  #line = 1;
  #startLine = 1;
  #started = '';
  #isInString = false;
  #isEscaped = false;

  /** Takes the next piece of the text, and gives the documents that end in it. */
  *push(piece: string): Generator<Document> {
    let from = this.#started === '' ? -1 : 0;
    for (let at = 0; at < piece.length; at += 1) {
      const letter = piece.charAt(at);
      if (from < 0 && this.#begins(letter)) from = at;
      const ends = from < 0 ? 'no' : this.#read(letter);
      if (ends === 'no') continue;
      yield this.#take(piece.slice(from, ends === 'with it' ? at + 1 : at));
      if (ends === 'before it') this.#isBetween(letter);
      from = -1;
    }
    if (from >= 0) this.#started += piece.slice(from);
  }

  /**
   * Ends the text.
   *
   * @returns the document that it ends in the middle of, if any
   */
  end(): Document | undefined {
    return this.#started === '' ? undefined : this.#take('');
  }

  #begins(letter: string): boolean {
    if (letter === '\n') this.#line += 1;
    if (BLANK.includes(letter) || this.#isBetween(letter)) return false;
    this.#startLine = this.#line;
    return true;
  }

  /** Whether a letter between two documents belongs to the list around them. */
  #isBetween(letter: string): boolean {
    if (this.#base === 0 && letter === '[') {
      this.#base = this.#depth = 1;
      return true;
    }
    if (this.#base === 1 && letter === ']') {
      this.#base = this.#depth = 0;
      return true;
    }
    return this.#base === 1 && letter === ',';
  }

  /** Whether the document ends with this letter of it, or before. */
  #read(letter: string): 'no' | 'with it' | 'before it' {
    if (letter === '\n') this.#line += 1;
    if (this.#isInString) return this.#readString(letter);
    if (letter === '"') this.#isInString = true;
    else if (OPEN.includes(letter)) this.#depth += 1;
    else if (this.#depth === this.#base) return this.#endsBareWord(letter) ? 'before it' : 'no';
    else if (CLOSE.includes(letter)) {
      this.#depth -= 1;
      if (this.#depth === this.#base) return 'with it';
    }
    return 'no';
  }

  /** JSON has no line breaks in strings: one ends what was meant as a string. */
  #readString(letter: string): 'no' | 'before it' {
    if (letter === '\n') {
      this.#isInString = this.#isEscaped = false;
      return this.#depth === this.#base ? 'before it' : 'no';
    }
    if (this.#isEscaped) this.#isEscaped = false;
    else if (letter === '\\') this.#isEscaped = true;
    else if (letter === '"') this.#isInString = false;
    return 'no';
  }

  #endsBareWord(letter: string): boolean {
    return letter === '\n' || (this.#base === 1 && (letter === ',' || letter === ']'));
  }

  #take(rest: string): Document {
    const text = (this.#started + rest).trimEnd();
    this.#started = '';
    return { text, line: this.#startLine };
  }
}

/** Cuts a text into its lines; blank ones are left out. */
export class LineSplitter {
  #line = 0;
  #started = '';

  /** Takes the next piece of the text, and gives the lines that end in it. */
  *push(piece: string): Generator<Document> {
    const lines = (this.#started + piece).split('\n');
    this.#started = lines.pop() ?? '';
    for (const line of lines) yield* this.#take(line);
  }

  /** Ends the text, and gives its last line unless that is blank. */
  end(): Document | undefined {
    return [...this.#take(this.#started)][0];
  }

  *#take(line: string): Generator<Document> {
    this.#line += 1;
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text.trim() !== '') yield { text, line: this.#line };
  }
}
