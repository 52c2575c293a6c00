import { inspect } from 'node:util';
import { Skip } from '../../processor/decode/skip.ts';
import type { EventContext } from '../../processor/project/project-items.ts';
import type { AnyProjection } from '../../processor/projection.ts';
import { Removal } from '../../processor/tables/removal.ts';

/** What a function of a projection looked at beside its arguments. */
export type Impurity = 'clock' | 'random';

/** What `project` was seen doing with an event. */
export interface Sighting {
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  readonly eventId: string;
  readonly event: unknown;
  /** What the lookups answered, as text; empty where none was asked. */
  readonly answers: readonly string[];
  /** Rows by table, a {@link Skip}, or nothing where it threw. */
  readonly gave: unknown;
}

/** A projection whose functions are watched. */
export interface ObservedProjection {
  readonly projection: AnyProjection;
  /** In the order in which `project` was called. */
  readonly sightings: readonly Sighting[];
  /** What each function looked at, by its name in the declaration. */
  readonly impurities: ReadonlyMap<string, ReadonlySet<Impurity>>;
}

type AnyFunction = (...args: never[]) => unknown;

/**
 * Watches the functions of a projection, and lets them see another time.
 *
 * @param shiftMs how far the clock that they see is ahead of the real one, in milliseconds
 */
export function observeProjection(declared: AnyProjection, shiftMs: number): ObservedProjection {
  const sightings: Sighting[] = [];
  const impurities = new Map<string, Set<Impurity>>();
  const watched = <F extends AnyFunction>(name: string, run: F): F => {
    const seen = impurities.get(name) ?? new Set<Impurity>();
    impurities.set(name, seen);
    return ((...args) => withOtherClock(() => run(...args), { shiftMs, seen })) as F;
  };
  const { eventId, lookupKeys, schema } = declared;
  const identify = watched('eventId', eventId);
  const project = watched('project', declared.project);
  const standard = schema['~standard'];
  return {
    sightings,
    impurities,
    projection: {
      ...declared,
      schema: { '~standard': { ...standard, validate: watched('schema', (value) => standard.validate(value)) } },
      // The engine gives the record to a function that takes it.
      eventId: eventId.length > 1 ? (event, record) => identify(event, record) : (event) => identify(event, NO_RECORD),
      lookupKeys: watched('lookupKeys', lookupKeys),
      project: (event, lookups, context) => {
        const answers: string[] = [];
        let gave: unknown;
        try {
          return (gave = project(event, heard(lookups, answers), context));
        } finally {
          sightings.push({ ...placeOf(context), event, answers, gave });
        }
      },
    },
  };
}

const NO_RECORD = undefined as never;

function placeOf({ eventId, record }: EventContext) {
  const { sequenceNumber, subSequenceNumber, partitionKey } = record;
  return { eventId, sequenceNumber, subSequenceNumber, partitionKey };
}

/** Lookups that note what they answer. */
function heard<L extends object>(lookups: L, answers: string[]): L {
  const accessors = Object.entries(lookups as Readonly<Record<string, (key: unknown) => unknown>>);
  return Object.fromEntries(
    accessors.map(([name, find]) => [
      name,
      (key: unknown) => {
        const note = (answer: string): number => answers.push(`${name}(${showValue(key)}): ${answer}`);
        try {
          const row = find(key);
          note(row === undefined ? 'no row' : showValue(row));
          return row;
        } catch (error) {
          note('no row');
          throw error;
        }
      },
    ]),
  ) as L;
}

/** The clock is put back when the function returns: none of them is async. */
function withOtherClock<T>(
  run: () => T,
  { shiftMs, seen }: { readonly shiftMs: number; readonly seen: Set<Impurity> },
): T {
  const [RealDate, realRandom] = [globalThis.Date, Math.random];
  const now = (): number => {
    seen.add('clock');
    return RealDate.now() + shiftMs;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, member, receiver): unknown => (member === 'now' ? now : Reflect.get(target, member, receiver)),
  });
  Math.random = () => {
    seen.add('random');
    return realRandom();
  };
  try {
    return run();
  } finally {
    globalThis.Date = RealDate;
    Math.random = realRandom;
  }
}

/** What `project` gave, as text that is the same for the same rows. */
export function showGiven(gave: unknown): string {
  if (gave instanceof Skip) return `skip(${showValue(gave.reason)})`;
  if (typeof gave !== 'object' || gave === null) return 'nothing: it threw';
  const tables = Object.entries(gave).filter(([, rows]) => rows !== undefined);
  return tables.map(([table, rows]) => `${table}: ${[rows].flat().map(showRow).join(', ')}`).join('; ');
}

function showRow(row: unknown): string {
  return row instanceof Removal ? `remove(${showValue(row.row)})` : showValue(row);
}

/** A value in one line. */
export function showValue(value: unknown): string {
  return inspect(value, { depth: null, breakLength: Infinity, sorted: true, maxArrayLength: 20, maxStringLength: 120 });
}
