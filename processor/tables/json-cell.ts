import { isBoxedPrimitive, isMap, isSet } from 'node:util/types';
import { describeValue, hearLateRejections, isPromiseLike } from '../user-values.ts';
import { isStorableText, UNSTORABLE } from './storable-text.ts';

/** The text of a cell that is JSON already. */
export class JsonText {
  readonly json: string;

  /**
   * Marks a text as JSON, so that it is not sent as a string.
   *
   * @param json without control characters and without half surrogate pairs
   */
  constructor(json: string) {
    this.json = json;
  }
}

/** A value as it goes into the JSON of a request. */
export type EncodedValue = string | number | boolean | null | JsonText;

/** Says why a value has no place in a `jsonb` column. */
export class JsonProblem extends Error {
  override readonly name = 'JsonProblem';

  /**
   * Says where and what.
   *
   * @param path such as `items[3].price`; empty for the value itself
   * @param got what is there
   */
  constructor(path: string, got: string) {
    super(path === '' ? `got ${got}` : `its \`${path}\` is ${got}`);
  }
}

/** Longest path that a message quotes: a circle has one of hundreds of steps. */
const MAX_PATH_CHARACTERS = 120;

/** Deeper values are circles or mischief: PostgreSQL's parser and JavaScript's stack give up a few thousand later. */
export const MAX_JSON_DEPTH = 500;

/** Text without any of these is its own JSON. */
const NEEDS_A_LOOK = /["\\\0-\x1f\ud800-\udfff]/;

/**
 * Writes a value as JSON, so that PostgreSQL reads back exactly what was meant: every digit of a bigint, and nothing of
 * what `JSON.stringify` would make null or `{}` without a word, such as a promise, a Map or a hole of a list.
 *
 * @throws {@link JsonProblem} for a value that JSON has no form for
 */
export function writeJson(value: unknown): JsonText {
  return new JsonText(new JsonWriter().write(value));
}

class JsonWriter {
  readonly #path: (string | number)[] = [];

  write(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return this.#writeText(value);
      case 'number':
        return this.#writeNumber(value);
      case 'boolean':
      case 'bigint':
        return String(value);
      case 'object':
        return value === null ? 'null' : this.#writeObject(value);
      case 'undefined':
      case 'function':
      case 'symbol':
        throw this.#problem(describeValue(value));
    }
  }

  #writeText(text: string): string {
    if (!NEEDS_A_LOOK.test(text)) return `"${text}"`;
    if (!isStorableText(text)) throw this.#problem(UNSTORABLE);
    return JSON.stringify(text);
  }

  #writeNumber(value: number): string {
    // Also false for NaN.
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
    throw this.#problem(
      Number.isFinite(value) ? `${value}, which is beyond 2^53 and may be rounded; write a bigint` : String(value),
    );
  }

  #writeObject(value: object): string {
    if (this.#path.length >= MAX_JSON_DEPTH) throw this.#problem(`more than ${MAX_JSON_DEPTH} levels deep`);
    if (Array.isArray(value)) return this.#writeList(value);
    if (isPromiseLike(value)) throw this.#problem('a promise; await it');
    return hasToJson(value) ? this.#writeReplacement(value) : this.#writeAsItIs(value);
  }

  #writeList(list: readonly unknown[]): string {
    let json = '';
    for (let index = 0; index < list.length; index += 1) {
      json += `${index === 0 ? '' : ','}${this.#writeInside(index, list[index])}`;
    }
    return `[${json}]`;
  }

  /** A member that is undefined is left out, as everywhere in JSON. */
  #writeMembers(value: object): string {
    let json = '';
    for (const name of Object.keys(value)) {
      const member = (value as Readonly<Record<string, unknown>>)[name];
      if (member === undefined) continue;
      json += `${json === '' ? '' : ','}${this.#writeText(name)}:${this.#writeInside(name, member)}`;
    }
    return `{${json}}`;
  }

  #writeInside(step: string | number, value: unknown): string {
    this.#path.push(step);
    const json = this.write(value);
    this.#path.pop();
    return json;
  }

  /** What `toJSON` gives is taken as it is: a `toJSON` of its own is not asked. */
  #writeReplacement(value: { readonly toJSON: (key: string) => unknown }): string {
    const isDate = value instanceof Date;
    if (ArrayBuffer.isView(value) || (isDate && Number.isNaN(value.getTime())))
      throw this.#problem(describeValue(value));
    const replacement = value.toJSON(String(this.#path.at(-1) ?? ''));
    if (!isDate) hearLateRejections(value);
    const isOther = typeof replacement === 'object' && replacement !== null && hasToJson(replacement);
    return isOther ? this.#writeAsItIs(replacement) : this.write(replacement);
  }

  #writeAsItIs(value: object): string {
    if (isPlain(value)) return isRawJson(value) ? this.#writeRaw(value) : this.#writeMembers(value);
    const json = hidesContent(value) ? '{}' : this.#writeMembers(value);
    if (json !== '{}') return json;
    throw this.#problem(`${describeValue(value)}, of which JSON would show nothing; write a plain object`);
  }

  #writeRaw({ rawJSON }: { readonly rawJSON: string }): string {
    return rawJSON.startsWith('"') ? this.#writeText(JSON.parse(rawJSON) as string) : rawJSON;
  }

  #problem(got: string): JsonProblem {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    return new JsonProblem(path.slice(path.startsWith('.') ? 1 : 0).slice(0, MAX_PATH_CHARACTERS), got);
  }
}

function hasToJson(value: object): value is { readonly toJSON: (key: string) => unknown } {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === 'function';
}

/** Objects of any realm that are no instance of a class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What `JSON.rawJSON` made: a number or text in the very form in which it is to be written. */
function isRawJson(value: object): value is { readonly rawJSON: string } {
  return Object.isFrozen(value) && (JSON as unknown as RawJson).isRawJSON(value);
}

interface RawJson {
  readonly isRawJSON: (value: unknown) => boolean;
}

/** Instances that JSON makes an object of their other members, if they have any, without what they are made for. */
function hidesContent(value: object): boolean {
  return ArrayBuffer.isView(value) || isMap(value) || isSet(value) || value instanceof Error || isBoxedPrimitive(value);
}
