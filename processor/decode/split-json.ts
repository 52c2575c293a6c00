/**
 * Finds where JSON documents begin and end, in bytes, so that each keeps its own whatever the others hold.
 *
 * @module
 */

const BYTE = {
  newline: 0x0a,
  quote: 0x22,
  comma: 0x2c,
  openList: 0x5b,
  backslash: 0x5c,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** What stands between documents that follow each other without a line end. */
const NEIGHBOURS = ['}{', '} ', '}\t'];

/**
 * Splits lines of JSON; blank ones are no documents. Objects that stand behind each other on one line are split as well.
 *
 * @yields the bytes of each document
 */
export function* splitLines(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(BYTE.newline, start);
    const line = trim(bytes.subarray(start, end < 0 ? bytes.length : end));
    if (line.length > 0) yield* NEIGHBOURS.some((pair) => line.includes(pair)) ? splitObjects(line) : [line];
    start = end < 0 ? bytes.length : end + 1;
  }
}

function* splitObjects(line: Buffer): Generator<Buffer> {
  let start = 0;
  for (const { at, depth, byte } of readStructure(line)) {
    if (depth !== 0 || byte !== BYTE.closeObject) continue;
    yield trim(line.subarray(start, at + 1));
    start = at + 1;
  }
  const rest = trim(line.subarray(start));
  if (rest.length > 0) yield rest;
}

/** Whether an element is a list: on its own, it would be taken for the list of documents. */
export function isList(element: Buffer): boolean {
  return element[0] === BYTE.openList;
}

/** A list taken apart, or what is wrong with it as a whole. */
export type SplitList = readonly Buffer[] | { readonly problem: string };

/**
 * Splits the elements of a JSON list. What is no list is one element.
 */
export function splitList(bytes: Buffer): SplitList {
  const list = trim(bytes);
  if (!isList(list)) return [list];
  const elements: Buffer[] = [];
  let start = 1;
  for (const { at, depth, byte } of readStructure(list)) {
    if (depth === 1 && byte === BYTE.comma) {
      elements.push(trim(list.subarray(start, at)));
      start = at + 1;
    } else if (depth === 0) {
      return endList(elements, list, { start, at });
    }
  }
  return { problem: 'expected a list of documents, got one that does not end' };
}

function endList(
  elements: readonly Buffer[],
  list: Buffer,
  { start, at }: { readonly start: number; readonly at: number },
): SplitList {
  if (at !== list.length - 1) return { problem: 'expected one list of documents, got something behind it' };
  const last = trim(list.subarray(start, at));
  return elements.length === 0 && last.length === 0 ? [] : [...elements, last];
}

interface Structure {
  readonly at: number;
  readonly byte: number;
  /** Of a bracket that opens, the depth inside; of one that closes, the depth behind it. */
  readonly depth: number;
}

/** Brackets and commas that are not part of a string. Every byte of a character beyond ASCII is greater than any of them. */
function* readStructure(bytes: Buffer): Generator<Structure> {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    switch (byte) {
      case BYTE.quote:
        at = endOfString(bytes, at);
        break;
      case BYTE.openList:
      case BYTE.openObject:
        depth += 1;
        break;
      case BYTE.closeList:
      case BYTE.closeObject:
        depth -= 1;
        yield { at, byte, depth };
        break;
      case BYTE.comma:
        yield { at, byte, depth };
    }
  }
}

function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === BYTE.backslash) at += 1;
    else if (byte === BYTE.quote) return at;
  }
  return bytes.length;
}

/** Takes away what may stand around JSON: blanks, line ends, and the mark that some producers begin with. */
function trim(bytes: Buffer): Buffer {
  let start = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
