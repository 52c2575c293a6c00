import { isObject, type JsonObject } from './observe.ts';
import { isEntityName } from './identity.ts';
import { snakeCase } from './names.ts';
import { MAX_DEPTH } from './plan-columns.ts';

/** Events of one type, or all of them where there are no types. */
export interface EventGroup {
  /** What the member says that tells types apart; undefined where there is none. */
  readonly type: string | undefined;
  readonly events: readonly JsonObject[];
}

/** The types of events that a sample has. */
export interface EventTypes {
  /** Member that tells types apart; undefined where all events are of one type. */
  readonly member: string | undefined;
  /** In the order in which types were first seen. */
  readonly groups: readonly EventGroup[];
  /** Member that says what type an event has, and says so in more words than types are told apart by. */
  readonly tooMany?: string;
}

/** More than that are names of things and not types. */
export const MAX_TYPES = 40;
/** The same for a member whose name does not say that it is a type. */
const MAX_UNNAMED_TYPES = 12;

const TYPE_NAMES: ReadonlySet<string> = new Set(
  (
    'type event_type event name event_name kind action op operation topic detail_type verb message_type record_type ' +
    'change_type activity_type object_type typename method command subject t evt'
  ).split(' '),
);

/** Words, and no ids, numbers or times. */
const TYPE_VALUE = /^[\p{L}$@_][\p{L}\p{M}\d $@_.:/+-]{0,63}$/u;

interface Candidate extends EventTypes {
  readonly member: string;
  readonly isNamed: boolean;
  /** Members that some events of a type have and others do not, in the type of an average event. */
  readonly irregular: number;
}

/** Takes all events for one type. */
export function oneType(events: readonly JsonObject[]): EventTypes {
  return { member: undefined, groups: [{ type: undefined, events }] };
}

/** Finds the member by whose values events differ in shape: with it, members that look optional are seen to belong to types. */
export function findEventTypes(events: readonly JsonObject[]): EventTypes {
  const single = oneType(events);
  const paths = new Map(events.map((event) => [event, [...pathsOf(event, MAX_DEPTH)]]));
  const irregular = irregularities(events, paths);
  if (irregular === 0) return single;
  const [first] = events;
  const candidates = Object.keys(first ?? {})
    .flatMap((member) => candidateOf(member, events, paths) ?? [])
    .filter((it) => (it.isNamed ? it.irregular < irregular : explainsMost(it, irregular)))
    .sort(
      (a, b) => Number(b.isNamed) - Number(a.isNamed) || a.irregular - b.irregular || a.groups.length - b.groups.length,
    );
  if (candidates[0] !== undefined) return candidates[0];
  const tooMany = Object.keys(first ?? {}).find((member) => hasTooMany(member, events));
  return tooMany === undefined ? single : { ...single, tooMany };
}

/** Something that is called a type has more values than types are told apart by, and each comes again. */
function hasTooMany(member: string, events: readonly JsonObject[]): boolean {
  if (!TYPE_NAMES.has(snakeCase(member))) return false;
  const values = new Set(events.map((event) => event[member]));
  return values.size > MAX_TYPES && values.size * 2 <= events.length;
}

function explainsMost({ member, groups, irregular }: Candidate, before: number): boolean {
  return (
    !isEntityName(member) &&
    groups.length <= MAX_UNNAMED_TYPES &&
    irregular * 3 <= before &&
    groups.every(({ events }) => events.length > 1)
  );
}

function candidateOf(
  member: string,
  events: readonly JsonObject[],
  paths: ReadonlyMap<JsonObject, readonly string[]>,
): Candidate | undefined {
  const groups = new Map<string, JsonObject[]>();
  for (const event of events) {
    const value = Object.hasOwn(event, member) ? event[member] : undefined;
    if (typeof value !== 'string' || !TYPE_VALUE.test(value)) return undefined;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [event]);
    else group.push(event);
    if (groups.size > MAX_TYPES) return undefined;
  }
  if (groups.size < 2 || (groups.size === events.length && events.length > MAX_UNNAMED_TYPES)) return undefined;
  const all = [...groups].map(([type, own]) => ({ type, events: own }));
  // As an event meets them: a member that some events of each type have counts once, and not once for each type.
  const irregular =
    all.reduce((sum, own) => sum + own.events.length * irregularities(own.events, paths), 0) / events.length;
  return { member, groups: all, isNamed: TYPE_NAMES.has(snakeCase(member)), irregular };
}

/** Members that some of the events have and others do not. */
function irregularities(events: readonly JsonObject[], paths: ReadonlyMap<JsonObject, readonly string[]>): number {
  const counts = new Map<string, number>();
  for (const event of events) {
    for (const path of paths.get(event) ?? []) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count < events.length).length;
}

function* pathsOf(object: JsonObject, depth: number, prefix = ''): Generator<string> {
  for (const [name, value] of Object.entries(object)) {
    const path = `${prefix}/${name}`;
    yield path;
    if (depth > 1 && isObject(value)) yield* pathsOf(value, depth - 1, path);
  }
}
