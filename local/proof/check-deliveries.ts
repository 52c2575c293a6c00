import { inspect } from 'node:util';
import type * as FastCheck from 'fast-check';
import type { KinesisRecord } from '../../processor/decode/item.ts';
import { Skip } from '../../processor/decode/skip.ts';
import type { AnyProjection } from '../../processor/projection.ts';
import type { Outcome } from './deliver.ts';
import { eventKey } from './deliver.ts';
import type { Played } from './delivery-trial.ts';
import { DeliveryTrial } from './delivery-trial.ts';
import { drawScenarios, smallerScenarios } from './draw-scenarios.ts';
import type { ShownEvent } from './describe-difference.ts';
import { describeDifference, showEvents } from './describe-difference.ts';
import { explainDifference, writersOf } from './explain-difference.ts';
import type { Sighting } from './observed-projection.ts';
import { showGiven, showValue } from './observed-projection.ts';
import type { RunDatabase } from './projection-database.ts';
import { promisesOf } from './promises.ts';
import type { Phase, Scenario } from './scenario.ts';
import { firstScenarios, PHASES, plainScenario } from './scenario.ts';

/** How often events were delivered in another way, by what happened to them; 0 where the declaration promises nothing. */
export type CheckedRuns = Readonly<Record<Phase, number>>;

/** Events to be delivered in many ways. */
export interface DeliveryCheck {
  readonly projection: AnyProjection;
  readonly records: readonly KinesisRecord[];
  /** What the user gave, for messages; in the order of the records. */
  readonly given: readonly unknown[];
  readonly openDatabase: () => Promise<RunDatabase>;
  readonly look: (database: RunDatabase) => Promise<void>;
  readonly runs: number;
  readonly seed: number;
  /** Longest time for making a difference smaller, in milliseconds. */
  readonly shrinkMs: number;
}

/** Thrown where a projection leaves something else when its events are delivered in another way. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

/** How the runs are divided, in parts of all of them. */
const SHARES: Readonly<Record<Phase, number>> = { again: 0, cut: 4, repeated: 5, copied: 3, reordered: 5, together: 5 };

/**
 * Delivers events in one batch, then in other ways that must leave the same.
 *
 * @returns what the one batch left, and what was tried
 * @throws {@link DeliveryError} with the fewest events that show a difference
 */
export async function checkDeliveries(check: DeliveryCheck) {
  const { projection, records, openDatabase, runs, seed } = check;
  const fc = await import('fast-check');
  const promises = promisesOf(projection);
  const trial = new DeliveryTrial({ projection, promises, records, openDatabase });
  const events = records.map((_, event) => event);
  const outcome = await trial.playPlain(events, check.look);
  refuseSharedIds(check, outcome);
  const partitionKeys = new Set(records.map(({ kinesis }) => kinesis.partitionKey));
  const isReorderable = events.length > 1 && (promises.order === 'any' || partitionKeys.size > 1);
  const phases = PHASES.filter(
    (phase) => (phase !== 'copied' || promises.copies) && (phase !== 'reordered' || isReorderable),
  );
  const shares = phases.reduce((sum, phase) => sum + SHARES[phase], 0);
  const checked: Record<Phase, number> = { again: 0, cut: 0, repeated: 0, copied: 0, reordered: 0, together: 0 };
  for (const phase of events.length === 0 ? [] : phases) {
    const numRuns = Math.round((runs * SHARES[phase]) / shares);
    const drawn = drawScenarios(fc, { events, phase }, { numRuns, seed });
    for (const scenario of [...firstScenarios({ events, phase }), ...drawn].slice(0, Math.max(1, numRuns))) {
      const played = await trial.play(scenario, { isLater: phase === 'again' });
      checked[phase] += 1;
      if (played.difference !== undefined) throw await toError(played, { check, trial, phase, fc });
    }
  }
  return { outcome, checked };
}

interface Found {
  readonly check: DeliveryCheck;
  readonly trial: DeliveryTrial;
  readonly phase: Phase;
  readonly fc: typeof FastCheck;
}

async function toError(played: Played, found: Found): Promise<DeliveryError> {
  const { smallest, isCutShort } = await shrink(await narrow(played, found), found);
  const { check, trial, phase } = found;
  const { plain, other, difference } = smallest;
  if (difference === undefined) throw new RangeError('a difference that is none');
  const { projection } = check;
  const causes = explainDifference({ projection, plain: plain.outcome, other: other.outcome, difference });
  return new DeliveryError(
    describeDifference({
      name: projection.name,
      tables: projection.tables,
      phase,
      events: smallest.scenario.kept.map((event) => shownEvent(check, event)),
      searchedMs: isCutShort ? check.shrinkMs : undefined,
      plain: plain.deliveries,
      other: other.deliveries,
      difference,
      numberOf: (event) => trial.numberOf(event) + 1,
      causes,
    }),
  );
}

function shownEvent({ given, records }: DeliveryCheck, event: number): ShownEvent {
  return {
    number: event + 1,
    data: given[event],
    partitionKey: records[event]?.kinesis.partitionKey ?? '',
  };
}

/** Of many events, those that have to do with what differs: most often they show it alone. */
async function narrow(played: Played, { check, trial, phase }: Found): Promise<Played> {
  const { difference, plain, other, scenario } = played;
  if (difference === undefined) return played;
  const sightings = [...plain.outcome.sightings, ...other.outcome.sightings];
  const writers = difference.rows.flatMap((rows) => writersOf(check.projection.tables, rows, sightings));
  const concerned = new Set([...difference.verdicts.map(({ event }) => event), ...writers.map(eventKey)]);
  const numbers = new Set([...concerned].map((event) => trial.numberOf(event)));
  const kept = scenario.kept.filter((event) => numbers.has(event));
  if (kept.length === 0 || kept.length === scenario.kept.length) return played;
  const narrowed = await trial.play({ ...scenario, kept }, { isLater: phase === 'again' });
  return narrowed.difference === undefined ? played : narrowed;
}

/** Lets fast-check look for fewer events, and for less that happens to them, that still differ. */
async function shrink(played: Played, { check, trial, phase, fc }: Found) {
  const until = Date.now() + check.shrinkMs;
  const all = check.records.map((_, event) => event);
  const { space, example } = smallerScenarios(fc, { scenario: played.scenario, phase, all });
  let [smallest, isCutShort] = [played, false];
  const leavesTheSame = async (happening: Partial<Scenario>): Promise<boolean> => {
    isCutShort ||= Date.now() >= until;
    if (isCutShort) return true;
    const tried = await trial.play({ ...plainScenario([]), ...happening }, { isLater: phase === 'again' });
    if (tried.difference !== undefined) smallest = tried;
    return tried.difference === undefined;
  };
  await fc.check(fc.asyncProperty(space, leavesTheSame), { examples: [[example]], numRuns: 1 });
  return { smallest, isCutShort };
}

/** Of two events with one id the second has no effect: that is meant where a producer sends one twice, and only there. */
function refuseSharedIds(check: DeliveryCheck, { sightings, refused }: Outcome): void {
  const effective = sightings.filter((it) => !(it.gave instanceof Skip) && !refused.has(eventKey(it)));
  for (const [eventId, sharing] of Map.groupBy(effective, (it) => it.eventId)) {
    const [first, ...more] = sharing;
    const second = first && more.find((it) => isOther(first, it));
    if (first !== undefined && second !== undefined) throw sharedIdError(check, eventId, [first, second]);
  }
}

function isOther(one: Sighting, other: Sighting): boolean {
  const text = ({ event }: Sighting): string => inspect(event, { depth: null, sorted: true });
  return text(one) !== text(other) && showGiven(one.gave) !== showGiven(other.gave);
}

function sharedIdError(check: DeliveryCheck, eventId: string, sharing: readonly Sighting[]): DeliveryError {
  const bySequence = new Map(check.records.map(({ kinesis }, event) => [kinesis.sequenceNumber, event]));
  const events = sharing.map(({ sequenceNumber }) => shownEvent(check, bySequence.get(sequenceNumber) ?? 0));
  return new DeliveryError(
    [
      `projection \`${check.projection.name}\` takes different events for one`,
      '',
      ...showEvents(events),
      '',
      `why: \`eventId\` gives ${showValue(eventId)} for both, so the second one counts as a duplicate and has no effect; make the id of ` +
        "what tells them apart, or use `eventId: 'position'` where events carry no id",
    ].join('\n'),
  );
}
