/**
 * Careful looks at what users' functions return: it can be anything, and looking at it may throw.
 *
 * @module
 */
// All of `node:util` takes 2 ms of CPU at import.
import { isMap, isPromise, isSet } from 'node:util/types';

/** Whether a value is a promise, or another object that `await` would wait for; never throws. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  try {
    return isObject(value) && typeof (value as { readonly then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

/** Whether a value is of a class, as `instanceof` tells, which a proxy can make throw; never throws. */
export function isInstance<T>(value: unknown, type: abstract new (...values: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Longest part of a text or of a number's digits that a message quotes. */
const MAX_QUOTED_CHARACTERS = 80;

/** What a value is, in words for a message; never throws. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return JSON.stringify(value.slice(0, MAX_QUOTED_CHARACTERS));
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint':
      return `the bigint ${value.toString().slice(0, MAX_QUOTED_CHARACTERS)}`;
    case 'symbol':
    case 'function':
      return `a ${typeof value}`;
    case 'object':
      return value === null ? 'null' : describeObject(value);
  }
}

function describeObject(value: object): string {
  try {
    if (isPromiseLike(value)) return 'a promise';
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -']'.length);
    if (kind === 'Array') return 'a list';
    return kind === 'Object' ? 'an object' : `a value of type ${kind}`;
  } catch {
    return 'an object that throws when it is looked at';
  }
}

/** More objects than any event's rows have: only getters that create objects endlessly get there. */
const MAX_HEARD_OBJECTS = 1_000_000;

/**
 * Handles the rejections of all promises in what a user's function returned, however deep they are. The event is rejected
 * already; an unhandled rejection that comes late would end the process, and with it the batch, at every delivery.
 */
export function hearLateRejections(returned: unknown): void {
  const heard = new Set<object>();
  const waiting: unknown[] = [returned];
  while (waiting.length > 0 && heard.size < MAX_HEARD_OBJECTS) {
    const value = waiting.pop();
    if (!isObject(value) || heard.has(value)) continue;
    heard.add(value);
    tryTo(() => {
      if (isPromiseLike(value)) hear(value);
    });
    tryTo(() => {
      addMembers(value, waiting);
    });
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function addMembers(value: object, members: unknown[]): void {
  if (isMap(value)) for (const entry of value) members.push(...entry);
  else if (isSet(value)) for (const member of value) members.push(member);
  else if (!ArrayBuffer.isView(value)) {
    for (const name of Object.keys(value)) {
      tryTo(() => {
        members.push((value as Readonly<Record<string, unknown>>)[name]);
      });
    }
  }
}

/** Promises of other libraries report unhandled rejections too, and some objects only wrap a promise: both have `then`. */
function hear(promise: PromiseLike<unknown>): void {
  const next: unknown = isPromise(promise)
    ? Promise.prototype.then.call(promise, ignore, ignore)
    : promise.then(ignore, ignore);
  if (next !== promise && isPromise(next)) next.catch(ignore);
}

function ignore(): void {
  // A handler is all it takes: the rejection no longer counts as unhandled.
}

function tryTo(look: () => void): void {
  try {
    look();
  } catch {
    // A getter that throws hides no promise.
  }
}

/** Name of a member that is read from many of a user's objects. */
export interface MemberName {
  readonly name: string;
  /** Every object seems to have a member of this name, as `constructor`: only an own one counts. */
  readonly isInherited: boolean;
}

/** Looks at a name once, so that no object pays for it. */
export function memberName(name: string): MemberName {
  return { name, isInherited: name in Object.prototype };
}

/** A member of a user's object, without what every object inherits. */
export function memberOf(value: object, { name, isInherited }: MemberName): unknown {
  if (isInherited && !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
