import { escapedBytes } from '../../data-api/statement-body.ts';
import { AskedKeys } from './asked-keys.ts';
import type { DecodedEvent, DecodedItem, Rejection, RejectionReason } from '../decode/item.ts';
import { errorText } from '../decode/item.ts';
import { isStorableText } from '../tables/storable-text.ts';
import type { KeyType, Lookup } from './declare-lookup.ts';
import type { MemberName } from '../user-values.ts';
import { describeValue, hearLateRejections, isPromiseLike, memberName, memberOf } from '../user-values.ts';

/** The part of a projection that says which reference rows an event needs. */
export interface LookupPlan {
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly lookupKeys: (event: unknown) => Readonly<Record<string, readonly unknown[]>>;
}

/** The reference rows a batch needs. */
export interface GatheredKeys {
  /** The items, those whose keys can't be told turned into rejections. */
  readonly items: readonly DecodedItem[];
  /** What each item asked for, by lookup. */
  readonly asked: ReadonlyMap<string, AskedKeys>;
  /** Distinct keys by lookup. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  /** Keys asked for by all events together, each time they were asked for. */
  readonly requests: number;
}

/**
 * Gathers the distinct reference keys of a batch, so that they can be read together.
 *
 * @param maxKeyBytes bytes of keys that a request may carry: an event with a larger key is rejected
 */
export function gatherLookupKeys(items: readonly DecodedItem[], plan: LookupPlan, maxKeyBytes: number): GatheredKeys {
  const lookups = Object.entries(plan.lookups).map(([name, { keyType }]) => ({
    ...memberName(name),
    keyType,
    maxKeyBytes,
    keys: new Set<string>(),
    asked: new AskedKeys(),
  }));
  let requests = 0;
  const gathered = items.map((item): DecodedItem => {
    const rejection = item.kind !== 'event' || lookups.length === 0 ? undefined : askFor(item, plan, lookups);
    for (const { asked } of lookups) {
      if (rejection === undefined) requests += asked.close();
      else asked.withdraw();
    }
    return rejection ?? item;
  });
  return {
    items: gathered,
    asked: new Map(lookups.map(({ name, asked }) => [name, asked])),
    keys: new Map(lookups.map(({ name, keys }) => [name, keys])),
    requests,
  };
}

interface GatheredLookup extends MemberName {
  readonly keyType: KeyType;
  readonly maxKeyBytes: number;
  /** Keys of the whole batch, each in its one form. */
  readonly keys: Set<string>;
  readonly asked: AskedKeys;
}

/** Says why an event's keys can't be told. */
class KeyProblem extends Error {
  override readonly name = 'KeyProblem';
  readonly reason: RejectionReason;

  constructor(reason: RejectionReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** Adds the keys of one event. Reading them stays inside the `try`: a getter is the user's code too. */
function askFor(item: DecodedEvent, plan: LookupPlan, lookups: readonly GatheredLookup[]): Rejection | undefined {
  let answer: unknown;
  try {
    answer = plan.lookupKeys(item.event);
    readAnswer(answer, lookups);
    return undefined;
  } catch (error) {
    hearLateRejections(answer);
    if (item.unidentified !== undefined) return item.unidentified;
    const { reason, message } =
      error instanceof KeyProblem
        ? error
        : ({ reason: 'projection-threw', message: `lookupKeys threw ${errorText(error)}` } as const);
    return { kind: 'rejection', origin: item.origin, reason, detail: message, eventId: item.eventId };
  }
}

function readAnswer(answer: unknown, lookups: readonly GatheredLookup[]): void {
  if (typeof answer !== 'object' || answer === null) throw notKeys(answer);
  for (const lookup of lookups) {
    const list = memberOf(answer, lookup);
    if (list !== undefined) readKeys(list, lookup);
    // No list means no keys; a promise seems to have none.
    else if (isPromiseLike(answer)) throw notKeys(answer);
  }
}

function notKeys(answer: unknown): KeyProblem {
  const advice = isPromiseLike(answer) ? '; it must not be async' : '';
  const detail = `\`lookupKeys\` must return lists of keys by lookup, got ${describeValue(answer)}${advice}`;
  return new KeyProblem('row-invalid', detail);
}

/** A text, which has characters to go through, is no list. */
function readKeys(list: unknown, lookup: GatheredLookup): void {
  if (!Array.isArray(list)) throw wrongType(`\`lookupKeys.${lookup.name}\` must be a list of keys`, list);
  for (let index = 0; index < list.length; index += 1) {
    const key: unknown = list[index];
    // A text that is known already is known in its one form.
    const text = lookup.keys.has(key as string) ? (key as string) : readKey(key, index, lookup);
    if (text !== undefined) lookup.asked.add(text);
  }
}

function readKey(key: unknown, index: number, lookup: GatheredLookup): string | undefined {
  const { name, keyType, keys, maxKeyBytes } = lookup;
  const text = lookupKeyText(keyType, key);
  if (text === undefined) {
    if (isNoKey(key)) throw wrongType(`\`lookupKeys.${name}[${index}]\` must be ${KEY_FORMS_IN_WORDS}`, key);
    return undefined;
  }
  const bytes = lookupKeyBytes(text);
  if (bytes > maxKeyBytes) {
    const detail = `\`lookupKeys.${name}[${index}]\` takes ${bytes} bytes of a request that holds ${maxKeyBytes}`;
    throw new KeyProblem('too-large', detail);
  }
  keys.add(text);
  return text;
}

/** What a lookup takes as a key, for messages. */
export const KEY_FORMS_IN_WORDS = 'text, a bigint or a number up to 2^53';

/** Whether a value is no key but a bug; null and a malformed UUID, which data may hold, only are keys of no row. */
export function isNoKey(key: unknown): boolean {
  if (typeof key === 'number') return !(Math.abs(key) <= Number.MAX_SAFE_INTEGER);
  return (typeof key === 'object' && key !== null) || typeof key === 'function' || typeof key === 'symbol';
}

function wrongType(must: string, got: unknown): KeyProblem {
  const advice = isPromiseLike(got) ? '; await it' : '';
  return new KeyProblem('row-invalid', `${must}, got ${describeValue(got)}${advice}`);
}

/** Bytes of the punctuation around a key. */
const SEPARATOR_BYTES = 4;

/** Bytes that a key takes in a request. */
export function lookupKeyBytes(key: string): number {
  return escapedBytes(JSON.stringify(key)) + SEPARATOR_BYTES;
}

const KEY_FORMS: Readonly<Record<KeyType, (text: string) => boolean>> = {
  text: isStorableText,
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  integer: (text) => /^-?\d{1,10}$/.test(text) && Number(text) === (Number(text) | 0),
  bigint: (text) => /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text),
};

/**
 * A key as text, in the one form under which it is cached, sent and found again.
 *
 * @returns `undefined` for a value that can't be a key of this type: no row has it, and the cast in the read, which
 *   serves the whole batch, must not meet it; a number beyond 2^53 may be a rounded one
 */
export function lookupKeyText(keyType: KeyType, key: unknown): string | undefined {
  if (typeof key !== 'string' && typeof key !== 'bigint' && (typeof key !== 'number' || isNoKey(key))) return undefined;
  const text = String(key);
  return KEY_FORMS[keyType](text) ? ONE_FORM[keyType](text) : undefined;
}

const ONE_FORM: Readonly<Record<KeyType, (text: string) => string>> = {
  text: (text) => text,
  uuid: (text) => text.toLowerCase(),
  integer: (text) => BigInt(text).toString(),
  bigint: (text) => BigInt(text).toString(),
};
