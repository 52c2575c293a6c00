/**
 * The values of an event as event patterns see them: a name and a text each, without the objects and lists around them.
 * {@link https://github.com/aws/event-ruler#json-array-matching}
 *
 * @module
 */

/** An element of a list; a list has the same number for all its elements. */
interface ListPlace {
  readonly list: number;
  readonly index: number;
}

/** A string, number, boolean or null of an event. */
export interface Leaf {
  /** As it stands in JSON: strings in quotes, with their escapes resolved; numbers digit for digit. */
  readonly text: string;
  /** The objects and lists around the value that are elements of a list, from the outside in. */
  readonly places: readonly ListPlace[];
}

/** Leaves by name: the keys on the way to the value, joined by dots. Lists are no part of the name. */
export type Leaves = ReadonlyMap<string, readonly Leaf[]>;

/** Deeper content is not read: the limit of the parser that AWS's matcher uses. */
const MAX_NESTING = 1_000;

/** The tokens of a JSON text that matter here; strings come first, so that nothing within one is taken for a token. */
const TOKENS = /"[^"\\]*(?:\\[^][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|[[\]{}]/g;

/**
 * Parses JSON so that each string, number and key becomes its {@link Leaf.text}: `300.0` stays apart from `300`, and a
 * large integer keeps its digits.
 *
 * @throws SyntaxError for a text that is not JSON
 * @throws RangeError for more than 1,000 objects and lists within each other
 */
export function parseLeafTexts(json: string): unknown {
  let nesting = 0;
  const texts = json.replace(TOKENS, (token) => {
    if (token.startsWith('"')) return `"\\"${token.slice(1, -1)}\\""`;
    if (token === '{' || token === '[') nesting += 1;
    else if (token === '}' || token === ']') nesting -= 1;
    else return `"${token}"`;
    if (nesting > MAX_NESTING) throw new RangeError(`more than ${MAX_NESTING} objects and lists within each other`);
    return token;
  });
  return JSON.parse(texts);
}

/** Collects the leaves of one event. */
export class LeafCollector {
  readonly #leaves = new Map<string, Leaf[]>();
  readonly #isWanted: (name: string) => boolean;
  #lists = 0;

  /**
   * Begins an event without leaves.
   *
   * @param isWanted whether a pattern asks for a name, or for one that continues it
   */
  constructor(isWanted: (name: string) => boolean) {
    this.#isWanted = isWanted;
  }

  /** What has been added so far. */
  get leaves(): Leaves {
    return this.#leaves;
  }

  /**
   * Adds the leaves of a field.
   *
   * @param name name of the field
   * @param value from {@link parseLeafTexts}
   */
  add(name: string, value: unknown): void {
    this.#add(name, value, []);
  }

  #add(name: string, value: unknown, places: readonly ListPlace[]): void {
    if (!this.#isWanted(name)) return;
    if (Array.isArray(value)) this.#addElements(name, value, places);
    else if (isContainer(value)) {
      for (const [key, child] of Object.entries(value)) this.#add(`${name}.${key.slice(1, -1)}`, child, places);
    } else this.#addLeaf(name, { text: String(value), places });
  }

  /** A scalar has no place in its own list, so that it goes with any other element. */
  #addElements(name: string, elements: readonly unknown[], places: readonly ListPlace[]): void {
    const list = (this.#lists += 1);
    elements.forEach((element, index) => {
      this.#add(name, element, isContainer(element) ? [...places, { list, index }] : places);
    });
  }

  #addLeaf(name: string, leaf: Leaf): void {
    const sameName = this.#leaves.get(name);
    if (sameName === undefined) this.#leaves.set(name, [leaf]);
    else sameName.push(leaf);
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
