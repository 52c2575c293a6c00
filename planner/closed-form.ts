import { databaseSteps, type Outlook } from './outlook.ts';
import type { PlanInput, ShardLoad } from './plan-input.ts';
import { createShardRates, databaseRate, type Binding, type ShardRates } from './rates.ts';

/** When a stream has caught up by formula, and what binds. */
export interface ClosedForm {
  /** Seconds; Infinity when it never will. */
  readonly seconds: number;
  readonly binding: Binding;
  /** The shard that is last, or that never catches up; undefined where the database binds all of them. */
  readonly shardId: string | undefined;
  /** Records per second that what binds can do, and that arrive there. */
  readonly rate: number;
  readonly arrivalRate: number;
}

/**
 * B / (r − a): the backlog over what is left of the rate when arrivals are done. A stream has caught up when its last shard
 * has; the database is shared by all of them.
 */
export function closedForm(outlook: Outlook, input: PlanInput): ClosedForm {
  const ratesOf = createShardRates(outlook, input);
  const shards = input.shards.map((load) => shardForm(load, ratesOf(load)));
  const last = shards.reduce((worst, form) => (isLater(form, worst) ? form : worst));
  const database = databaseForm(outlook, input);
  return isLater(database, last) ? database : last;
}

/** Of two that have nothing to do, the one with less to spare decides. */
function isLater(a: ClosedForm, b: ClosedForm): boolean {
  if (a.seconds !== b.seconds) return a.seconds > b.seconds;
  return a.rate - a.arrivalRate < b.rate - b.arrivalRate;
}

/** Seconds until a backlog is gone; Infinity when it never is. */
function drainSeconds(backlog: number, rate: number, arrivalRate: number): number {
  if (rate > arrivalRate) return backlog / (rate - arrivalRate);
  return backlog > 0 || arrivalRate > 0 ? Infinity : 0;
}

function shardForm({ shardId, arrivalRate, backlogRecords = 0 }: ShardLoad, rates: ShardRates): ClosedForm {
  const isStream = rates.stream < rates.lanes;
  const rate = isStream ? rates.stream : rates.lanes;
  const binding = isStream ? 'stream' : rates.lanesBoundBy;
  return { seconds: drainSeconds(backlogRecords, rate, arrivalRate), binding, shardId, rate, arrivalRate };
}

function databaseForm(outlook: Outlook, input: PlanInput): ClosedForm {
  const arrivalRate = input.shards.reduce((sum, load) => sum + load.arrivalRate, 0);
  const backlog = input.shards.reduce((sum, { backlogRecords = 0 }) => sum + backlogRecords, 0);
  const rate = databaseRate(outlook, input);
  const seconds = growingSeconds(outlook, input, { backlog, arrivalRate });
  return { seconds, binding: 'database', shardId: undefined, rate, arrivalRate };
}

/** The same as {@link drainSeconds} for a database that grows while it works. */
function growingSeconds(
  outlook: Outlook,
  { settings, workload }: PlanInput,
  { backlog, arrivalRate }: { readonly backlog: number; readonly arrivalRate: number },
): number {
  const steps = databaseSteps(outlook, settings, workload);
  let left = backlog;
  for (const [index, { fromSeconds, recordsPerSecond }] of steps.entries()) {
    const untilSeconds = steps[index + 1]?.fromSeconds ?? Infinity;
    const seconds = drainSeconds(left, recordsPerSecond, arrivalRate);
    if (seconds <= untilSeconds - fromSeconds) return fromSeconds + seconds;
    if (untilSeconds === Infinity) break;
    left = Math.max(0, left - (recordsPerSecond - arrivalRate) * (untilSeconds - fromSeconds));
  }
  return Infinity;
}
