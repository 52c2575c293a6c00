import type { Leaf } from './plan-columns.ts';
import { snakeCase } from './names.ts';

/** A member that was chosen, and why. */
export interface Choice {
  readonly leaf: Leaf;
  readonly reason: string;
}

const EVENT_ID = /^(event|message|record|delivery|notification)_?(id|uuid)$/;
/** Ids of what caused an event or carried it: they may be those of several events, and no event is about them. */
const CAUSE_ID =
  /^(request|trace|span|correlation|causation|idempotency|tx|transaction|xid|lsn|rev|revision|version(?=_id)|etag|principal)_?(id|key|no)?$/;
const PLAIN_ID = /^(id|uuid|guid|identifier|key|eid)$/;
const ENDS_AS_ID = /_(id|uuid|guid|key|no|number|ref|reference|code|sku|arn)$/;
const ENTITY =
  /^(user|customer|account|device|sensor|order|shop|store|product|item|station|vehicle|session|symbol|sku|host|tenant|source|repo|repository|actor|owner|author|subject|title|page|player|patient|driver|merchant|email|username|login|wiki|place|city|name|mmsi|imo|icao24?|callsign|imei|mac|vin|iban|isin|ticker|ean|did|asset|meter|machine|robot|truck|ship|vessel|train|aircraft|flight)(_name)?$/;

/** What says of which kind an event is, and not what it is about. */
const KIND = /(^|_)(type|status|state|category|kind|op|operation|action|level|severity|method|mode|unit|side|flag)$/;

const KEY_TYPES: readonly string[] = ['text', 'uuid', 'bigint', 'numeric'];

/** Deeper members are details. */
const MAX_KEY_PATH = 3;

/** Partition keys are text of at most 256 characters. */
const MAX_KEY_CHARACTERS = 256;

/** Members that every event has, and that can tell one thing from another: no times, no fractions, no lists. */
export function keyLeaves(leaves: readonly Leaf[]): readonly Leaf[] {
  return leaves.filter(
    ({ type, isNullable, shape, path }) =>
      !isNullable &&
      KEY_TYPES.includes(type) &&
      (type !== 'numeric' || shape.strings.length === 0) &&
      path.length <= MAX_KEY_PATH &&
      !path.join('').includes(',') &&
      shape.numbers.every((value) => typeof value === 'bigint' || Number.isSafeInteger(value)) &&
      shape.strings.every((value) => value !== '' && value.length <= MAX_KEY_CHARACTERS),
  );
}

/** How many different values a member has. */
export function distinctOf({ shape }: Leaf): number {
  return new Set([...shape.strings, ...shape.numbers].map(String)).size;
}

/** What a member's name says about its being the id of an event; the first that fits counts. */
const ID_NAMES: readonly { readonly pattern: RegExp; readonly score: number }[] = [
  { pattern: EVENT_ID, score: 100 },
  { pattern: PLAIN_ID, score: 90 },
  { pattern: CAUSE_ID, score: 46 },
  { pattern: ENDS_AS_ID, score: 50 },
];

function idScore({ path, type }: Leaf): number {
  const name = snakeCase(path.at(-1) ?? '');
  const known = ID_NAMES.find(({ pattern }) => pattern.test(name));
  const score = known?.score ?? (type === 'uuid' ? 45 : 0);
  return score === 0 ? 0 : score - 25 * (path.length - 1);
}

/**
 * Proposes the member that is the id of an event.
 *
 * @param leaves that all events have
 * @param events in the sample, copies of one not counted
 * @returns nothing where no member is different in each event and looks like an id
 */
export function chooseEventId(leaves: readonly Leaf[], events: number): Choice | undefined {
  const [best] = keyLeaves(leaves)
    .map((leaf) => ({ leaf, score: idScore(leaf) }))
    .filter(({ leaf, score }) => score > 0 && distinctOf(leaf) === events)
    .sort((a, b) => b.score - a.score);
  if (best === undefined) return undefined;
  const reason =
    events === 1
      ? 'its name says so; whether it differs in each event, one event does not tell'
      : `it is in each of the ${number(events)} events, and never with the same value`;
  return { leaf: best.leaf, reason };
}

/** Part of the events that has to have an id of its own, for the others to look like repeats. */
const MOST = 0.5;

/**
 * Looks for a member that would be the id of an event, if some events did not share it: what a producer sends again may
 * differ in a time or a count of attempts.
 *
 * @param leaves that all events have
 * @param events in the sample, copies of one not counted
 */
export function sharedEventId(leaves: readonly Leaf[], events: number): Leaf | undefined {
  return keyLeaves(leaves).find((leaf) => {
    const name = snakeCase(leaf.path.at(-1) ?? '');
    const distinct = distinctOf(leaf);
    const isId = EVENT_ID.test(name) || (PLAIN_ID.test(name) && leaf.path.length === 1);
    return isId && distinct < events && distinct >= events * MOST;
  });
}

/** Objects that an event has around it or is itself: an id in there is the event's. */
const ENVELOPE = /^_*(meta(data)?|headers?|envelope|event|message|record|context)$/;
/** What says that the thing with the id changes; each change is an event. */
const CHANGE =
  /^((last_)?(updated|modified|changed)(_(at|on|date|time|ts))?|version|revision|version_id|rev|sequencer)$/;

/**
 * Says why an event id may be that of what the event is about: then later events about it would count as repeats.
 *
 * @param eventId that was chosen
 * @param leaves that all events have
 * @returns the member that speaks for it: the object that has the id, or what changes with each event
 */
export function ownerOfId(
  { path }: Leaf,
  leaves: readonly Leaf[],
): { readonly owner?: string; readonly change?: string } {
  const parent = path.at(-2);
  if (parent !== undefined) return ENVELOPE.test(snakeCase(parent)) ? {} : { owner: path.slice(0, -1).join('.') };
  if (EVENT_ID.test(snakeCase(path[0] ?? ''))) return {};
  const change = leaves.find((leaf) => CHANGE.test(snakeCase(leaf.path.at(-1) ?? '')) && distinctOf(leaf) > 1);
  return change === undefined ? {} : { change: change.path.join('.') };
}

/** Whether a member is called like what events are about: its values are things, and no types. */
export function isEntityName(member: string): boolean {
  const name = snakeCase(member);
  return ENTITY.test(name) || PLAIN_ID.test(name) || ENDS_AS_ID.test(name);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/**
 * Proposes the member that keeps events about one thing in order.
 *
 * @param leaves of one type of events
 * @param eventId which is different in each, and keeps none in order
 */
function choosePartitionKey(leaves: readonly Leaf[], eventId: Leaf | undefined): Choice | undefined {
  const id = leaves.find(({ path }) => path.join('.') === eventId?.path.join('.'));
  const candidates = keyLeaves(leaves).filter(
    // What is always the same leads all events to one shard.
    (leaf) => !isSameId(leaf, id) && (distinctOf(leaf) > 1 || leaf.shape.seen === 1),
  );
  const scored = candidates.map((leaf) => ({ leaf, score: entityScore(leaf) }));
  const [best] = scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || distinctOf(b.leaf) - distinctOf(a.leaf));
  if (best !== undefined) {
    return { leaf: best.leaf, reason: `it names what an event is about, ${describeRepeats(best.leaf)}` };
  }
  // An id spreads events best. Without one, whatever comes again and again may be what they are about.
  const repeating = candidates.filter(
    (leaf) =>
      leaf.type === 'text' && distinctOf(leaf) * 2 <= leaf.shape.seen && !KIND.test(snakeCase(leaf.path.at(-1) ?? '')),
  );
  const [most] = repeating.sort((a, b) => distinctOf(b) - distinctOf(a));
  if (eventId !== undefined || most === undefined) return undefined;
  return { leaf: most, reason: `its values repeat: ${describeRepeats(most)}` };
}

/** Whether a member is the id of the event, or has it in it, as a URL or a global name of the same thing does. */
function isSameId(leaf: Leaf, eventId: Leaf | undefined): boolean {
  if (eventId === undefined) return false;
  const ids = valuesOf(eventId);
  const values = valuesOf(leaf);
  return values.length === ids.length && values.every((value, index) => value.endsWith(ids[index] ?? ''));
}

function valuesOf({ shape: { strings, numbers } }: Leaf): readonly string[] {
  return [...strings, ...numbers].map(String);
}

/**
 * Proposes what the events of each type are about: the same member for all types, unless one of them has a better one.
 *
 * @param types leaves of each type
 * @param shared leaves that all types have, and the id of an event
 */
export function chooseEntities(
  types: readonly (readonly Leaf[])[],
  { common, eventId }: { readonly common: readonly Leaf[]; readonly eventId: Choice | undefined },
): readonly (Choice | undefined)[] {
  const own = types.map((leaves) => choosePartitionKey(leaves, eventId?.leaf));
  const shared = choosePartitionKey(common, eventId?.leaf);
  // What has no more values than there are types is another name for them.
  if (shared === undefined || distinctOf(shared.leaf) <= types.length) return own;
  const path = shared.leaf.path.join('.');
  const isAsGood = types.every((leaves, index) => {
    const leaf = leaves.find((it) => it.path.join('.') === path);
    const best = own[index];
    return leaf !== undefined && (best === undefined || entityScore(leaf) >= entityScore(best.leaf));
  });
  return isAsGood ? types.map(() => shared) : own;
}

function describeRepeats(leaf: Leaf): string {
  const { seen } = leaf.shape;
  return seen === 1 ? 'as far as one event tells' : `${number(distinctOf(leaf))} different in ${number(seen)} events`;
}

/** What a member's name says about its being what an event is about; the first that fits counts. */
const ENTITY_NAMES: readonly { readonly pattern: RegExp; readonly score: number }[] = [
  { pattern: CAUSE_ID, score: 0 },
  { pattern: PLAIN_ID, score: 60 },
  { pattern: ENDS_AS_ID, score: 55 },
  { pattern: ENTITY, score: 50 },
];

function entityScore(leaf: Leaf): number {
  const { path, shape } = leaf;
  const name = snakeCase(path.at(-1) ?? '');
  const whole = path.map(snakeCase).join('_');
  const known = ENTITY_NAMES.find(({ pattern }) => pattern.test(name));
  const named = known?.score ?? (ENTITY.test(whole) ? 50 : 0);
  // What never comes again orders nothing; an id may, in more events than these.
  const repeats = distinctOf(leaf) < shape.seen;
  return named === 0 || (named === 50 && !repeats) ? 0 : named + (repeats ? 30 : 0) - 5 * (path.length - 1);
}
