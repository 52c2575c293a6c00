import { MAX_TYPES } from './event-types.ts';
import { ownerOfId, sharedEventId, type Choice } from './identity.ts';
import { knownFormat } from './known-formats.ts';
import { isObject, type JsonObject } from './observe.ts';
import { INHERITED, MAX_DEPTH, type Leaf } from './plan-columns.ts';
import type { DecoderName } from './read-records.ts';

/** Fewer events than that say little about what others look like. */
const FEW_EVENTS = 20;

/** What is decided about a function, as far as there may be doubts about it. */
export interface Decisions {
  /** One for each type of events. */
  readonly plans: readonly { readonly leaves: readonly Leaf[] }[];
  readonly eventId: Choice | undefined;
  readonly partitionKey: { readonly isRandomOtherwise: boolean };
  readonly typeMember: string | undefined;
  readonly decoder: DecoderName;
  readonly totals: object | undefined;
}

/** What doubts come from beside the decisions themselves. */
export interface Evidence {
  /** Copies of one not counted. */
  readonly events: readonly JsonObject[];
  /** Member with more types than are told apart. */
  readonly tooMany: string | undefined;
  /** Members that all events have. */
  readonly common: readonly Leaf[];
  /** Whether there are fewer tables or columns than members would give. */
  readonly isReduced: boolean;
}

/** Says what a person should look at, one sentence each. */
export function doubtsOf(decisions: Decisions, evidence: Evidence): readonly string[] {
  const { events, isReduced, tooMany } = evidence;
  const members = decisions.plans.flatMap(({ leaves }) =>
    leaves.flatMap(({ path, doubt }) => (doubt === undefined ? [] : [`\`${path.join('.')}\` ${doubt}`])),
  );
  const format = knownFormat(events[0] ?? {});
  return [
    ...(format === undefined ? [] : [format]),
    ...(decisions.decoder === 'cloudWatchLogs' ? [LOGS] : []),
    ...(isReduced ? [TOO_MUCH] : []),
    ...(events.length < FEW_EVENTS ? [describeFew(events.length)] : []),
    ...identityDoubts(decisions, evidence),
    ...(tooMany === undefined
      ? []
      : [`\`${tooMany}\` has more than ${MAX_TYPES} values, too many for types: all events go to one table`]),
    ...(decisions.totals === undefined
      ? ['no member looks like a key for counters: add a `counters` table if you need one']
      : []),
    ...new Set([...members, ...nameDoubts(decisions, events)]),
  ];
}

const LOGS =
  '`message` is stored as text: where it holds JSON, let the schema parse it, as in docs/event-shapes.md#cloudtrail-by-cloudwatch-logs';

const TOO_MUCH = 'the statement for all members would be too long: objects are stored as jsonb, or types share a table';

function describeFew(events: number): string {
  const few = events === 1 ? 'one event is' : `${events} different events are`;
  return `${few} a small sample: members in all of them may be missing in others`;
}

function identityDoubts(
  { plans, eventId, partitionKey, typeMember }: Decisions,
  { events, common }: Evidence,
): readonly string[] {
  const shared = eventId === undefined ? sharedEventId(common, events.length) : undefined;
  const noId =
    shared === undefined
      ? 'no member has a different value in each event: the position on the stream is the id, so an event that a producer sends twice counts twice'
      : `\`${shared.path.join('.')}\` is named like an event id, but different events share it: the position on the stream is the id. If those are repeats of one event, let \`eventId\` be \`${shared.path.join('.')}\``;
  return [
    ...(eventId === undefined ? [noId] : ownerDoubts(eventId, common)),
    ...(typeMember === undefined
      ? []
      : [`events with another \`${typeMember}\` than these ${plans.length} are quarantined until the schema has it`]),
    ...(partitionKey.isRandomOtherwise
      ? ['events without a partition key get a random one, so they are not kept in order']
      : []),
  ];
}

function ownerDoubts({ leaf }: Choice, common: readonly Leaf[]): readonly string[] {
  const { owner, change } = ownerOfId(leaf, common);
  const id = leaf.path.join('.');
  if (owner === undefined && change === undefined) return [];
  const why = owner === undefined ? `events have \`${change}\`` : `it is a member of \`${owner}\``;
  const instead =
    change === undefined ? "name another member, or let `eventId` be 'position'" : `add \`${change}\` to it`;
  return [
    `\`${id}\` may be the id of what an event is about, since ${why}. Two events with one id count as one, and the second has no effect: where there are several about one thing, ${instead}`,
  ];
}

function nameDoubts({ plans }: Decisions, events: readonly JsonObject[]): readonly string[] {
  const nameless = plans.flatMap(({ leaves }) =>
    leaves.flatMap(({ path, column }) =>
      /^member(_\d+)?$/.test(column) && path.join('') !== 'member' ? [`\`${path.join('.')}\``] : [],
    ),
  );
  const renamed = `${[...new Set(nameless)].join(', ')}: no Latin letter or digit to make a column's name of, so it is \`member\`: rename it`;
  const leftOut = [...new Set(events.flatMap((event) => [...inheritedNames(event, MAX_DEPTH)]))];
  const reason = 'has the name of something that every JavaScript object has: it is left out';
  return [...(nameless.length === 0 ? [] : [renamed]), ...leftOut.map((name) => `\`${name}\` ${reason}`)];
}

function* inheritedNames(object: JsonObject, depth: number): Generator<string> {
  for (const [name, value] of Object.entries(object)) {
    if (INHERITED.has(name)) yield name;
    if (depth > 1 && isObject(value)) yield* inheritedNames(value, depth - 1);
  }
}
