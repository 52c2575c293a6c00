import { describeValue, hearLateRejections, isPromiseLike } from '../user-values.ts';
import type { KeyColumn, Lookup } from './declare-lookup.ts';
import { isComposite, keyColumnsOf } from './declare-lookup.ts';
import { isNoKeyValue, KEY_VALUES_IN_WORDS, keyValueText } from './key-type.ts';

/** What a key of a lookup looks like, found out once. */
export interface KeyShape {
  readonly columns: readonly KeyColumn[];
  /** Whether a key is a list of values, also where it is a list of one. */
  readonly isComposite: boolean;
}

/** Looks at the key of a lookup's declaration. */
export function keyShapeOf(lookup: Pick<Lookup, 'key' | 'keyType'>): KeyShape {
  return { columns: keyColumnsOf(lookup), isComposite: isComposite(lookup) };
}

/** A value that can't be a key at all: a bug, unlike a key that no row has. */
export class KeyMisfit {
  /** Behind the key: `[1]` for its second value, nothing for the key as a whole. */
  readonly path: string;
  /** What was expected and what came. */
  readonly detail: string;

  /**
   * Keeps both.
   *
   * @param path of the part that is wrong
   * @param detail a sentence's end, without the name of the part
   */
  constructor(path: string, detail: string) {
    this.path = path;
    this.detail = detail;
  }
}

/**
 * A key as text, in the one form under which it is cached and found again: a value as it is sent, or the JSON of a list
 * of values.
 *
 * @returns `undefined` for a key that no row can have; a {@link KeyMisfit} for what is no key at all
 */
export function lookupKeyText({ columns, isComposite }: KeyShape, key: unknown): string | undefined | KeyMisfit {
  const [only] = columns;
  if (!isComposite && only !== undefined) return valueText(only, key, '');
  if (!Array.isArray(key) || key.length !== columns.length) return notAList(columns, key);
  const texts: (string | undefined)[] = [];
  for (const [index, column] of columns.entries()) {
    const text = valueText(column, key[index], `[${index}]`);
    if (text instanceof KeyMisfit) return text;
    texts.push(text);
  }
  return texts.includes(undefined) ? undefined : JSON.stringify(texts);
}

/**
 * The same where only a key is of use.
 *
 * @param lookup its name, for the message
 * @throws TypeError for what is no key at all
 */
export function usableKeyText(lookup: string, shape: KeyShape, key: unknown): string | undefined {
  const text = lookupKeyText(shape, key);
  if (text instanceof KeyMisfit) throw new TypeError(`a key of lookup \`${lookup}\` ${text.detail}`);
  return text;
}

function valueText({ type }: KeyColumn, value: unknown, path: string): string | undefined | KeyMisfit {
  const text = keyValueText(type, value);
  if (text !== undefined || !isNoKeyValue(value)) return text;
  return misfit(path, `must be ${KEY_VALUES_IN_WORDS}`, value);
}

function notAList(columns: readonly KeyColumn[], key: unknown): KeyMisfit {
  const must = `must be a list of the values of ${columns.map(({ column }) => `\`${column}\``).join(', ')}`;
  if (Array.isArray(key)) return new KeyMisfit('', `${must}, got a list of ${key.length}`);
  return misfit('', must, key);
}

function misfit(path: string, must: string, got: unknown): KeyMisfit {
  hearLateRejections(got);
  return new KeyMisfit(path, `${must}, got ${describeValue(got)}${isPromiseLike(got) ? '; await it' : ''}`);
}

/** A key in words for a message. */
export function describeKey(key: unknown): string {
  if (Array.isArray(key)) return `[${key.map(describeKey).join(', ')}]`;
  return typeof key === 'bigint' ? String(key) : describeValue(key);
}

/** The message about a key that an event uses without having asked for it. */
export function notAsked(lookup: string, key: unknown): string {
  return `lookup \`${lookup}\` was not asked for ${describeKey(key)}; add the key to lookupKeys`;
}
