import type { ColumnNames } from './names.ts';
import type { Shape } from './observe.ts';
import { readingOf, type Reading } from './readings.ts';

/** A member of an event, as the schema reads it. */
export type Member = Leaf | Branch;

/** A member with a column of its own. */
export interface Leaf extends Reading {
  readonly kind: 'leaf';
  readonly path: readonly string[];
  /** Whether it may be missing or null, or something around it. */
  readonly isNullable: boolean;
  readonly column: string;
  readonly shape: Shape;
}

/** An object whose members have columns. */
export interface Branch {
  readonly kind: 'branch';
  readonly path: readonly string[];
  readonly isNullable: boolean;
  readonly members: readonly Member[];
}

/** Levels of members that become columns: an object below is stored as jsonb. */
export const MAX_DEPTH = 3;

/** Columns up to which objects are taken apart. */
const MAX_COLUMNS = 60;

/** Objects with more members than that, few of which are in each, are maps and not records. */
const MAX_MEMBERS = 20;

/** Members that a schema cannot read: where they are missing, it would find what every object has. */
export const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Decides for each member of events of one type how it is read and in which column it is stored.
 *
 * @param shape of the events
 * @param names of the columns of the table
 * @param maxDepth levels of members that may become columns
 */
export function planMembers(shape: Shape, names: ColumnNames, maxDepth = MAX_DEPTH): readonly Member[] {
  const depths = Array.from({ length: maxDepth }, (_, index) => maxDepth - index);
  const depth = depths.find((it) => columnsOf(shape, it) <= MAX_COLUMNS) ?? 1;
  return planLevel(shape, { depth, path: [], isNullable: false, names });
}

interface Level {
  readonly depth: number;
  readonly path: readonly string[];
  readonly isNullable: boolean;
  readonly names: ColumnNames;
}

function planLevel({ members, objects }: Shape, level: Level): readonly Member[] {
  return [...members].flatMap(([name, shape]): readonly Member[] => {
    if (INHERITED.has(name)) return [];
    const path = [...level.path, name];
    const isNullable = level.isNullable || shape.seen < objects || shape.nulls > 0;
    if (isRecord(shape, level.depth)) {
      const inner = { ...level, depth: level.depth - 1, path, isNullable };
      return [{ kind: 'branch', path, isNullable, members: planLevel(shape, inner) }];
    }
    const reading = readingOf(name, shape);
    // Of an unknown type, and of none today.
    const isUnknown = shape.nulls === shape.seen;
    const column = level.names.claim(path);
    return [{ kind: 'leaf', path, isNullable: isNullable || isUnknown, column, shape, ...reading }];
  });
}

/** Whether an object is one with the same few members each time, and no map from ids to values. */
function isRecord({ objects, seen, nulls, members }: Shape, depth: number): boolean {
  if (depth <= 1 || objects === 0 || objects + nulls < seen || members.size === 0) return false;
  const filled = [...members.values()].reduce((sum, { seen: count }) => sum + count, 0) / (members.size * objects);
  const isMap = (members.size > MAX_MEMBERS && filled < 0.5) || [...members.keys()].every((name) => /^\d/.test(name));
  return !isMap && ![...members.keys()].every((name) => INHERITED.has(name));
}

function columnsOf({ members }: Shape, depth: number): number {
  return [...members.values()].reduce(
    (sum, shape) => sum + (isRecord(shape, depth) ? columnsOf(shape, depth - 1) : 1),
    0,
  );
}

/** All members with columns, in their order. */
export function leavesOf(members: readonly Member[]): readonly Leaf[] {
  return members.flatMap((member) => (member.kind === 'leaf' ? [member] : leavesOf(member.members)));
}
