import type { HoldCounts } from './batch-log.ts';

/** A run at one moment. */
export interface RunMoment {
  /** Milliseconds from any start. */
  readonly atMs: number;
  /** Events that the mapping is done with. */
  readonly done: number;
  /** Invocations under way: what they are at may still move. */
  readonly inFlight: number;
  /** Batches so far that held their position. */
  readonly holds: HoldCounts;
}

/** A run that has come to a stand for good: nothing moves until a person does something. */
export interface Standstill {
  /** Deliveries in a row that changed nothing. */
  readonly deliveries: number;
}

/** A retry or two may be due to something that passes by itself. */
const MIN_DELIVERIES = 5;
const MIN_MS = 5_000;

/**
 * Watches a run for a position that is held and stays held. A database that is away holds it too, and comes back by
 * itself; a held build and a missing table wait for a person.
 *
 * @returns a function that takes the present moment, and says whether the run stands still by then
 */
export function createStandstillWatch(): (now: RunMoment) => Standstill | undefined {
  let since: RunMoment | undefined;
  return (now) => {
    if (since?.done !== now.done || holdsThatPass(now) > holdsThatPass(since)) since = now;
    const deliveries = holdsThatStay(now) - holdsThatStay(since);
    const isStill = now.inFlight === 0 && now.atMs - since.atMs >= MIN_MS && deliveries >= MIN_DELIVERIES;
    return isStill ? { deliveries } : undefined;
  };
}

function holdsThatStay({ holds: { fuse = 0, configuration = 0 } }: RunMoment): number {
  return fuse + configuration;
}

function holdsThatPass({ holds: { transient = 0, deadline = 0 } }: RunMoment): number {
  return transient + deadline;
}

/** Tells a person that a run stands still; the reason is in the log line of the hold. */
export function describeStandstill({ deliveries }: Standstill): string {
  return `The position is held: ${deliveries} deliveries in a row changed nothing. The reason and what to do are above.`;
}
