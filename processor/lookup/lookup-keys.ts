import { escapedBytes } from '../../data-api/statement-body.ts';
import { AskedKeys } from './asked-keys.ts';
import type { DecodedEvent, DecodedItem, Rejection, RejectionReason } from '../decode/item.ts';
import { errorText, rejectEvent } from '../decode/item.ts';
import type { Lookups } from './declare-lookup.ts';
import type { KeyShape } from './key-text.ts';
import { KeyMisfit, keyShapeOf, lookupKeyText, notAsked, usableKeyText } from './key-text.ts';
import type { LookupAccessors, ResolvedLookups } from './lookup-accessors.ts';
import type { MemberName } from '../user-values.ts';
import { AmbiguousKey } from '../ports.ts';
import { describeValue, hearLateRejections, isInstance, isPromiseLike, memberName, memberOf } from '../user-values.ts';

/** The part of a projection that says which reference rows an event needs. */
export interface LookupPlan {
  readonly lookups: Lookups;
  readonly lookupKeys: (event: unknown, lookups: LookupAccessors) => Readonly<Record<string, readonly unknown[]>>;
}

/** What gathering goes by. */
export interface GatheringContext {
  /** Bytes of keys that a request may carry: an event with a larger key is rejected. */
  readonly maxKeyBytes: number;
  /** The rows read so far; none of them before the first read. */
  readonly resolved: ResolvedLookups;
  /** Whether no further read may follow: an event that needs one is rejected. */
  readonly isLast: boolean;
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
  /** Whether an event looked at a row that is not read yet: once it is, the event may ask for more. */
  readonly isUnfinished: boolean;
}

/**
 * Gathers the distinct reference keys of a batch, so that they can be read together.
 *
 * A key may come from the row of another lookup. Then `lookupKeys` is called once more when that row is read, for every
 * event, since it gives the same keys for the same rows.
 */
export function gatherLookupKeys(
  items: readonly DecodedItem[],
  plan: LookupPlan,
  context: GatheringContext,
): GatheredKeys {
  const lookups = Object.entries(plan.lookups).map(([name, lookup]) => ({
    ...memberName(name),
    shape: keyShapeOf(lookup),
    maxKeyBytes: context.maxKeyBytes,
    keys: new Set<string>(),
    asked: new AskedKeys(),
  }));
  const seen = new SeenRows(plan.lookups, context.resolved);
  let [requests, isUnfinished] = [0, false];
  const gathered = items.map((item): DecodedItem => {
    if (lookups.length === 0) return item;
    const rejection = item.kind === 'event' ? askFor(item, plan, { lookups, seen, ...context }) : undefined;
    isUnfinished ||= rejection === undefined && seen.isUnread;
    seen.forget();
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
    isUnfinished,
  };
}

/** What one event looks at while it says which keys it needs. */
class SeenRows {
  readonly accessors: LookupAccessors;
  /** Keys that it looked at, and that it has to ask for as well. */
  readonly #looked: { readonly lookup: string; readonly text: string; readonly key: unknown }[] = [];
  #isUnread = false;

  constructor(lookups: LookupPlan['lookups'], resolved: ResolvedLookups) {
    this.accessors = Object.fromEntries(
      Object.entries(lookups).map(([name, lookup]) => {
        const shape = keyShapeOf(lookup);
        return [name, (key: unknown) => this.#look(name, shape, { key, rows: resolved.get(name) })];
      }),
    );
  }

  /** Whether it looked at any row: nearly no event does. */
  get hasLooked(): boolean {
    return this.#looked.length > 0;
  }

  /** Whether one of the rows is not read yet. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  /** The first key that it looked at without asking for it: only what it asks for itself is sure to be read. */
  firstUnasked(isAsked: (lookup: string, text: string) => boolean): string | undefined {
    const unasked = this.#looked.find(({ lookup, text }) => !isAsked(lookup, text));
    return unasked && notAsked(unasked.lookup, unasked.key);
  }

  forget(): void {
    if (this.#looked.length > 0) this.#looked.length = 0;
    this.#isUnread = false;
  }

  #look(
    name: string,
    shape: KeyShape,
    { key, rows }: { readonly key: unknown; readonly rows: ReadonlyMap<string, unknown> | undefined },
  ): unknown {
    if (key === undefined || key === null) return undefined;
    const text = usableKeyText(name, shape, key);
    if (text === undefined) return undefined;
    this.#looked.push({ lookup: name, text, key });
    const row = rows?.get(text);
    if (row === undefined) this.#isUnread = true;
    return row === null || row instanceof AmbiguousKey ? undefined : row;
  }
}

interface GatheredLookup extends MemberName {
  readonly shape: KeyShape;
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

interface Asking extends GatheringContext {
  readonly lookups: readonly GatheredLookup[];
  readonly seen: SeenRows;
}

/** Adds the keys of one event. Reading them stays inside the `try`: a getter is the user's code too. */
function askFor(item: DecodedEvent, plan: LookupPlan, asking: Asking): Rejection | undefined {
  let answer: unknown;
  try {
    answer = plan.lookupKeys(item.event, asking.seen.accessors);
    readAnswer(answer, asking.lookups);
    checkSeen(asking);
    return undefined;
  } catch (error) {
    hearLateRejections(answer);
    if (item.unidentified !== undefined) return item.unidentified;
    const { reason, message } = isInstance(error, KeyProblem)
      ? error
      : ({ reason: 'projection-threw', message: `lookupKeys threw ${errorText(error)}` } as const);
    return rejectEvent(item, reason, message);
  }
}

function checkSeen({ lookups, seen, isLast }: Asking): void {
  if (!seen.hasLooked) return;
  const unasked = seen.firstUnasked((name, text) =>
    lookups.some((lookup) => lookup.name === name && lookup.asked.isOpenWith(text)),
  );
  if (unasked !== undefined) throw new KeyProblem('projection-threw', unasked);
  if (isLast && seen.isUnread) throw new KeyProblem('row-invalid', '`lookupKeys` chains too many lookups');
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
  if (!Array.isArray(list)) {
    const advice = isPromiseLike(list) ? '; await it' : '';
    const detail = `\`lookupKeys.${lookup.name}\` must be a list of keys, got ${describeValue(list)}${advice}`;
    throw new KeyProblem('row-invalid', detail);
  }
  for (let index = 0; index < list.length; index += 1) {
    const key: unknown = list[index];
    // A text that is known already is known in its one form.
    const isKnown = !lookup.shape.isComposite && lookup.keys.has(key as string);
    const text = isKnown ? (key as string) : readKey(key, index, lookup);
    if (text !== undefined) lookup.asked.add(text);
  }
}

function readKey(key: unknown, index: number, { name, shape, keys, maxKeyBytes }: GatheredLookup): string | undefined {
  const text = key === null || key === undefined ? undefined : lookupKeyText(shape, key);
  if (text === undefined) return undefined;
  const property = `lookupKeys.${name}[${index}]`;
  if (text instanceof KeyMisfit) throw new KeyProblem('row-invalid', `\`${property}${text.path}\` ${text.detail}`);
  const bytes = lookupKeyBytes(text);
  if (bytes > maxKeyBytes) {
    const detail = `\`${property}\` takes ${bytes} bytes of a request that holds ${maxKeyBytes}`;
    throw new KeyProblem('too-large', detail);
  }
  keys.add(text);
  return text;
}

/** Bytes of the punctuation around a key. */
const SEPARATOR_BYTES = 4;

/** Bytes that a key takes in a request; one of several values takes less. */
export function lookupKeyBytes(key: string): number {
  return escapedBytes(JSON.stringify(key)) + SEPARATOR_BYTES;
}
