import { findEventTypes, oneType } from './event-types.ts';
import { chooseEventId, choosePartitionKey, distinctOf, keyLeaves, type Choice } from './identity.ts';
import { claimName, ColumnNames, projectionIdentifier, snakeCase } from './names.ts';
import { observe } from './observe.ts';
import { leavesOf, MAX_DEPTH, planMembers, type Leaf, type Member } from './plan-columns.ts';
import { planLatest, planTotals, type LatestTable, type TotalsTable } from './plan-summaries.ts';
import type { Sample } from './read-sample.ts';

/** Events of one type, and the table that they go to. */
export interface EventPlan {
  /** Undefined where all events are of one type. */
  readonly type: string | undefined;
  readonly members: readonly Member[];
  readonly leaves: readonly Leaf[];
  readonly table: string;
  /** Column of the place in the stream; undefined where the table has none. */
  readonly place: string | undefined;
  /** Column of the key. */
  readonly key: string;
}

/** Everything that is decided about a function before a line of it is written. */
export interface Design {
  readonly functionName: string;
  /** Name of the projection in TypeScript. */
  readonly identifier: string;
  /** Member that tells types apart. */
  readonly typeMember: string | undefined;
  readonly plans: readonly EventPlan[];
  /** Undefined where an event is known by its place in the stream. */
  readonly eventId: Choice | undefined;
  readonly partitionKey: PartitionKeyPlan;
  readonly latest: LatestTable | undefined;
  readonly totals: TotalsTable | undefined;
  /** What a person should look at, one sentence each. */
  readonly doubts: readonly string[];
}

/** How input events get their partition keys on this machine. */
export interface PartitionKeyPlan {
  /** Members, the first that an event has; none where no event has one. */
  readonly members: readonly string[];
  /** Whether some events have none of them. */
  readonly isRandomOtherwise: boolean;
  readonly reason: string;
}

/** Fewer events than that say little about what others look like. */
const FEW_EVENTS = 20;

/** How much of events becomes tables and columns. */
export interface Detail {
  /** Levels of members that may become columns. */
  readonly depth: number;
  /** Whether each type of events has a table of its own. */
  readonly hasTypes: boolean;
}

/** The most first; all of a function's tables are written by one statement, which has a greatest length. */
export const DETAILS: readonly Detail[] = [
  { depth: MAX_DEPTH, hasTypes: true },
  { depth: 2, hasTypes: true },
  { depth: 1, hasTypes: true },
  { depth: 1, hasTypes: false },
];

/** Decides what a function for events like these looks like. */
export function designFunction(
  functionName: string,
  { events }: Pick<Sample, 'events'>,
  detail: Detail = { depth: MAX_DEPTH, hasTypes: true },
): Design {
  // What a producer sent twice is one event.
  const distinct = [...new Map(events.map(({ text, value }) => [text, value])).values()];
  const { member: typeMember, groups } = detail.hasTypes ? findEventTypes(distinct) : oneType(distinct);
  const names = new Set<string>();
  const base = snakeCase(functionName);
  const shapes = groups.map(({ type, events: own }) => {
    const columns = new ColumnNames();
    const members = planMembers(observe(own, MAX_DEPTH), columns, detail.depth);
    const table = claimName(names, type === undefined ? base : `${base}_${snakeCase(type) || 'other'}`);
    return { type, members, leaves: leavesOf(members), table, columns };
  });
  const common = commonLeaves(shapes.map(({ leaves }) => leaves));
  const eventId = chooseEventId(common, distinct.length);
  const entities = shapes.map(({ leaves }) => choosePartitionKey(leaves, eventId?.leaf));
  const latest = planLatest({ base, names, common, entities });
  // The newest rows come from the events' own table, where there is one of it.
  const isVersion = latest !== undefined && latest.version === undefined && typeMember === undefined;
  const plans = shapes.map(({ columns, ...plan }): EventPlan => {
    const place = eventId === undefined || isVersion ? columns.claim(['place']) : undefined;
    const id = plan.leaves.find(({ path }) => samePath(path, eventId?.leaf.path));
    return { ...plan, place, key: id?.column ?? place ?? 'place' };
  });
  const totals = planTotals({ base, names, common, typeMember, entity: entities[0]?.leaf, eventId: eventId?.leaf });
  const partitionKey = planPartitionKey(entities, { common, eventId });
  const design = {
    functionName,
    identifier: projectionIdentifier(functionName),
    typeMember,
    plans,
    eventId,
    partitionKey,
    latest,
    totals,
  };
  const less = DETAILS.findIndex(({ depth, hasTypes }) => depth === detail.depth && hasTypes === detail.hasTypes) > 0;
  return { ...design, doubts: [...(less ? [TOO_MUCH] : []), ...doubtsOf(design, distinct.length)] };
}

const TOO_MUCH = 'the statement for all members would be too long: objects are stored as jsonb, or types share a table';

/** Members that all events have, with all of their values. */
function commonLeaves(types: readonly (readonly Leaf[])[]): readonly Leaf[] {
  const [first = [], ...others] = types;
  return first.flatMap((leaf) => {
    const same = others.map((leaves) => leaves.find(({ path }) => samePath(path, leaf.path)));
    if (same.some((other) => other?.type !== leaf.type || other.reader !== leaf.reader)) return [];
    const all = [leaf, ...same.filter((other) => other !== undefined)];
    const shape = {
      ...leaf.shape,
      seen: all.reduce((sum, { shape: { seen } }) => sum + seen, 0),
      strings: all.flatMap(({ shape: { strings } }) => strings),
      numbers: all.flatMap(({ shape: { numbers } }) => numbers),
    };
    return [{ ...leaf, shape, isNullable: all.some(({ isNullable }) => isNullable) }];
  });
}

/** Whether two members are in the same place. */
export function samePath(path: readonly string[], other: readonly string[] | undefined): boolean {
  return JSON.stringify(path) === JSON.stringify(other);
}

function planPartitionKey(
  entities: readonly (Choice | undefined)[],
  { common, eventId }: { readonly common: readonly Leaf[]; readonly eventId: Choice | undefined },
): PartitionKeyPlan {
  const found = entities.filter((choice) => choice !== undefined);
  const paths = found.map(({ leaf }) => leaf.path.join('.'));
  // Spread over all shards, in no order that would matter.
  const rest = eventId === undefined ? [] : [eventId.leaf.path.join('.')];
  const any = keyLeaves(common)
    .filter((leaf) => distinctOf(leaf) > 1)
    .map(({ path }) => path.join('.'))
    .slice(0, 1);
  const isCovered = found.length === entities.length;
  const spare = rest.length > 0 ? rest : any;
  const members = [...new Set(isCovered ? paths : [...paths, ...spare])];
  const reason =
    found[0]?.reason ??
    (rest.length > 0
      ? 'no member names the entity of an event, so partition keys are random'
      : 'no member looks like a key');
  return { members, isRandomOtherwise: !isCovered && spare.length === 0, reason };
}

function doubtsOf(design: Omit<Design, 'doubts'>, events: number): readonly string[] {
  const { plans, eventId, partitionKey, typeMember, totals } = design;
  const members = plans.flatMap(({ leaves }) =>
    leaves.flatMap(({ path, doubt }) => (doubt === undefined ? [] : [`\`${path.join('.')}\` ${doubt}`])),
  );
  return [
    ...(events < FEW_EVENTS
      ? [
          `${events === 1 ? 'one event is' : `${events} events are`} a small sample: members in all of them may be missing in others`,
        ]
      : []),
    ...(eventId === undefined
      ? [
          'no member has a different value in each event: the position on the stream is the id, so an event that a producer sends twice counts twice',
        ]
      : []),
    ...(typeMember === undefined
      ? []
      : [`events with another \`${typeMember}\` than these ${plans.length} are quarantined until the schema has it`]),
    ...(partitionKey.isRandomOtherwise
      ? ['events without a partition key get a random one, so they are not kept in order']
      : []),
    ...(totals === undefined
      ? ['no member looks like a key for counters: add a `counters` table if you need one']
      : []),
    ...new Set(members),
  ];
}
