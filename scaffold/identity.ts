import type { Leaf } from './plan-columns.ts';
import { snakeCase } from './names.ts';

/** A member that was chosen, and why. */
export interface Choice {
  readonly leaf: Leaf;
  readonly reason: string;
}

const EVENT_ID = /^(event|message|record|delivery|request|notification|transaction)_?(id|uuid)$/;
const PLAIN_ID = /^(id|uuid|guid|identifier|key|eid)$/;
const ENDS_AS_ID = /_(id|uuid|guid|key|no|number|ref|reference|code|sku|arn)$/;
const ENTITY =
  /^(user|customer|account|device|sensor|order|shop|store|product|item|station|vehicle|session|symbol|sku|host|tenant|source|repo|repository|actor|owner|author|subject|title|page|player|patient|driver|merchant|email|username|login|wiki|place|city|name)(_name)?$/;

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

function idScore({ path, type }: Leaf): number {
  const name = snakeCase(path.at(-1) ?? '');
  const score = EVENT_ID.test(name)
    ? 100
    : PLAIN_ID.test(name)
      ? 90
      : ENDS_AS_ID.test(name)
        ? 50
        : type === 'uuid'
          ? 45
          : 0;
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
  return best && { leaf: best.leaf, reason: `it is in each of the ${events} events, and never with the same value` };
}

/**
 * Proposes the member that keeps events about one thing in order.
 *
 * @param leaves of one type of events
 * @param eventId which is different in each, and keeps none in order
 */
export function choosePartitionKey(leaves: readonly Leaf[], eventId: Leaf | undefined): Choice | undefined {
  const candidates = keyLeaves(leaves).filter(
    // What is always the same leads all events to one shard.
    (leaf) => leaf.path.join('.') !== eventId?.path.join('.') && (distinctOf(leaf) > 1 || leaf.shape.seen === 1),
  );
  const scored = candidates.map((leaf) => ({ leaf, score: entityScore(leaf) }));
  const [best] = scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || distinctOf(b.leaf) - distinctOf(a.leaf));
  if (best !== undefined) {
    const { leaf } = best;
    return {
      leaf,
      reason: `it names what an event is about, ${distinctOf(leaf)} different in ${leaf.shape.seen} events`,
    };
  }
  // An id spreads events best. Without one, whatever comes again and again may be what they are about.
  const repeating = candidates.filter((leaf) => leaf.type === 'text' && distinctOf(leaf) * 2 <= leaf.shape.seen);
  const [most] = repeating.sort((a, b) => distinctOf(b) - distinctOf(a));
  if (eventId !== undefined || most === undefined) return undefined;
  return { leaf: most, reason: `its values repeat: ${distinctOf(most)} different ones in ${most.shape.seen} events` };
}

function entityScore(leaf: Leaf): number {
  const { path, shape } = leaf;
  const name = snakeCase(path.at(-1) ?? '');
  const whole = path.map(snakeCase).join('_');
  const named = PLAIN_ID.test(name)
    ? 60
    : ENDS_AS_ID.test(name)
      ? 55
      : ENTITY.test(name) || ENTITY.test(whole)
        ? 50
        : 0;
  // What never comes again orders nothing; an id may, in more events than these.
  const repeats = distinctOf(leaf) < shape.seen;
  return named === 0 || (named === 50 && !repeats) ? 0 : named + (repeats ? 30 : 0) - 5 * (path.length - 1);
}
