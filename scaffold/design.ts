import { doubtsOf } from './doubts.ts';
import { findEventTypes, oneType, type EventGroup } from './event-types.ts';
import { chooseEntities, chooseEventId, type Choice } from './identity.ts';
import { claimName, ColumnNames, projectionIdentifier, snakeCase } from './names.ts';
import { observe } from './observe.ts';
import { leavesOf, MAX_DEPTH, planMembers, type Leaf, type Member } from './plan-columns.ts';
import { planLatest, planTotals, type LatestTable, type TotalsTable } from './plan-summaries.ts';
import type { DecoderName } from './read-records.ts';
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
  /** What reads the records. */
  readonly decoder: DecoderName;
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
  { events, decoder }: Pick<Sample, 'events' | 'decoder'>,
  detail: Detail = { depth: MAX_DEPTH, hasTypes: true },
): Design {
  // What a producer sent twice is one event.
  const distinct = [...new Map(events.map(({ text, value }) => [text, value])).values()];
  const types = detail.hasTypes ? findEventTypes(distinct) : oneType(distinct);
  const { member: typeMember, groups } = types;
  const names = new Set<string>();
  const base = snakeCase(functionName);
  const shapes = groups.map((group) => shapeOf(group, { base, names, depth: detail.depth }));
  const common = commonLeaves(shapes.map(({ leaves }) => leaves));
  const eventId = chooseEventId(common, distinct.length);
  const entities = chooseEntities(
    shapes.map(({ leaves }) => leaves),
    { common, eventId },
  );
  const latest = planLatest({ base, names, common, entities });
  // The newest rows come from the events' own table, where there is one of it.
  const isVersion = latest !== undefined && latest.version === undefined && typeMember === undefined;
  const plans = shapes.map(({ columns, ...plan }): EventPlan => {
    const place = eventId === undefined || isVersion ? columns.claim(['place']) : undefined;
    const id = plan.leaves.find(({ path }) => samePath(path, eventId?.leaf.path));
    return { ...plan, place, key: id?.column ?? place ?? 'place' };
  });
  const totals = planTotals({ base, names, common, typeMember, entity: entities[0]?.leaf, eventId: eventId?.leaf });
  const partitionKey = decoder === 'cloudWatchLogs' ? LOG_STREAM : planPartitionKey(entities, eventId);
  const design = {
    functionName,
    identifier: projectionIdentifier(functionName),
    decoder,
    typeMember,
    plans,
    eventId,
    partitionKey,
    latest,
    totals,
  };
  const isReduced = detail.depth < MAX_DEPTH || !detail.hasTypes;
  return { ...design, doubts: doubtsOf(design, { events: distinct, tooMany: types.tooMany, common, isReduced }) };
}

interface Naming {
  /** What names of tables begin with. */
  readonly base: string;
  /** Names of tables that are taken. */
  readonly names: Set<string>;
  /** Levels of members that may become columns. */
  readonly depth: number;
}

function shapeOf(
  { type, events }: EventGroup,
  { base, names, depth }: Naming,
): Pick<EventPlan, 'type' | 'members' | 'leaves' | 'table'> & { readonly columns: ColumnNames } {
  const columns = new ColumnNames();
  const members = planMembers(observe(events, MAX_DEPTH), columns, depth);
  const table = claimName(names, type === undefined ? base : `${base}_${snakeCase(type) || 'other'}`);
  return { type, members, leaves: leavesOf(members), table, columns };
}

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

/** Found in the messages that hold log events, as they are on the stream. */
const LOG_STREAM: PartitionKeyPlan = {
  members: ['logStream'],
  isRandomOtherwise: false,
  reason: 'a subscription distributes log events by it, unless it was told to do so at random',
};

function planPartitionKey(entities: readonly (Choice | undefined)[], eventId: Choice | undefined): PartitionKeyPlan {
  const found = entities.filter((choice) => choice !== undefined);
  const paths = found.map(({ leaf }) => leaf.path.join('.'));
  // Spread over all shards, in no order that would matter.
  const spare = eventId === undefined ? [] : [eventId.leaf.path.join('.')];
  const isCovered = found.length === entities.length;
  const members = [...new Set(isCovered ? paths : [...paths, ...spare])];
  const reason =
    found[0]?.reason ??
    (spare.length > 0
      ? 'no member names the entity of an event, so partition keys are random'
      : 'no member looks like a key');
  return { members, isRandomOtherwise: !isCovered && spare.length === 0, reason };
}
