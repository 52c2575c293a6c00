import { DATA_API_MAX_REQUEST_BYTES } from '../contract/limits.ts';
import { recordsPerBatch } from './batch-time.ts';
import { rankChanges, totalUsd, type RankedChange } from './changes.ts';
import { closedForm, type ClosedForm } from './closed-form.ts';
import { catchUpCostUsd, monthlyCost, type MonthlyCost } from './cost.ts';
import type { Outlook } from './outlook.ts';
import type { PlanInput, ShardLoad } from './plan-input.ts';
import type { Prices } from './prices.ts';
import type { Binding } from './rates.ts';
import { simulate, type PlannedAge, type Simulation } from './simulate.ts';

/** From everything going well to nothing of it, in seconds. */
export interface SecondsRange {
  readonly low: number;
  readonly high: number;
}

/** What becomes of one shard. */
export interface PlannedShard {
  readonly shardId: string;
  readonly backlogRecords: number;
  readonly timeToCaughtUpSeconds: SecondsRange;
}

/** What a plan says. Its members are what `npm run plan -- --json` prints. */
export interface Plan {
  /** Null when nobody can say; then there is a `reason`. */
  readonly timeToCaughtUpSeconds: SecondsRange | null;
  /** Why there is no time. */
  readonly reason?: string;
  /** What keeps it from being faster. */
  readonly binding: Binding;
  readonly monthlyCostUsd: number;
  /** What the catch-up costs beside that; null where it has no end. */
  readonly catchUpCostUsd: number | null;
  readonly monthlyCost: MonthlyCost;
  readonly backlogRecords: number | null;
  /** Records per second that the part that binds can do at best, and that arrive there. */
  readonly bindingRate: number;
  readonly bindingArrivalRate: number;
  /** The same by formula, without playing it. */
  readonly closedFormSeconds: SecondsRange | null;
  /** From now on, the latest start of a catch-up that is over before what waits now leaves the stream; null when it is not known. */
  readonly latestStartSeconds: number | null;
  /** The last one first. */
  readonly shards: readonly PlannedShard[];
  /** Age of the oldest record over time, by both ends of the range. */
  readonly ages: Readonly<Record<Outlook, readonly PlannedAge[]>> | null;
  /** What to turn, each on top of the ones before. */
  readonly changes: readonly RankedChange[];
  /** What else is to be known, a sentence each. */
  readonly notes: readonly string[];
  /** When and where the prices were so. */
  readonly prices: { readonly date: string; readonly region: string };
}

/** Plans a catch-up: how long it takes, what binds, what it costs, and what would help. */
export function plan(given: PlanInput, prices: Prices): Plan {
  const { input, notes } = withinRetention(given);
  const forms = { low: closedForm('low', input), high: closedForm('high', input) };
  const outcome = findOutcome(input, forms);
  const time = outcome.timeToCaughtUpSeconds;
  // Where only the slower end has none, it is the slower end that has to be mended.
  const { binding, rate, arrivalRate } = forms.low.seconds === Infinity || time !== null ? forms.low : forms.high;
  const month = monthlyCost(input, prices);
  const backlog = backlogOf(input);
  return {
    ...outcome,
    binding,
    monthlyCostUsd: totalUsd(month),
    catchUpCostUsd: time === null ? null : catchUpCostUsd(input, (time.low + time.high) / 2, prices),
    monthlyCost: month,
    backlogRecords: backlog ?? null,
    bindingRate: rate,
    bindingArrivalRate: arrivalRate,
    changes: isRankable(input) ? rankChanges(input, prices) : [],
    notes: [
      ...notes,
      ...lossNotes(input, forms.low),
      ...writeLimitNotes(input),
      ...(backlog === 0 ? [] : [SHARDS_DO_NOT_HELP]),
    ],
    prices: { date: prices.date, region: prices.region },
  };
}

/** What a plan says of the time. */
type Outcome = Pick<
  Plan,
  'timeToCaughtUpSeconds' | 'reason' | 'closedFormSeconds' | 'latestStartSeconds' | 'shards' | 'ages'
>;

function findOutcome(input: PlanInput, forms: BothOutlooks<ClosedForm>): Outcome {
  const reason = reasonBefore(input, forms);
  if (reason !== undefined) return outcomeWithoutTime(reason);
  const simulations = play(input, forms);
  const time = rangeOf(simulations, ({ seconds }) => seconds);
  if (time.high === Infinity) return outcomeWithoutTime(TOO_CLOSE);
  return {
    timeToCaughtUpSeconds: time,
    closedFormSeconds: { low: forms.low.seconds, high: forms.high.seconds },
    latestStartSeconds: latestStart(input, time),
    shards: plannedShards(input, simulations),
    ages: { low: simulations.low.ages, high: simulations.high.ages },
  };
}

const TOO_CLOSE = 'too close to call: the rate is just above the arrival rate, until lanes wait for each other';

function outcomeWithoutTime(reason: string): Outcome {
  return {
    timeToCaughtUpSeconds: null,
    reason,
    closedFormSeconds: null,
    latestStartSeconds: null,
    shards: [],
    ages: null,
  };
}

type BothOutlooks<T> = Readonly<Record<Outlook, T>>;

/** Records stay in the shard that they came into. */
const SHARDS_DO_NOT_HELP = 'more shards do not help with an existing backlog: its records stay in their shards';

function backlogOf({ shards }: PlanInput): number | undefined {
  if (shards.some(({ backlogRecords }) => backlogRecords === undefined)) return undefined;
  return shards.reduce((sum, { backlogRecords = 0 }) => sum + backlogRecords, 0);
}

function isRankable(input: PlanInput): boolean {
  return input.obstacle === undefined && (backlogOf(input) ?? 0) > 0 && tooLargeReason(input) === undefined;
}

/** Why records are not written at all. */
function tooLargeReason({ settings, workload }: PlanInput): string | undefined {
  const size = `a record of ${describeCount(workload.recordBytes)} bytes does not fit into`;
  if (recordsPerBatch(settings, workload) === 0) {
    return `${size} the 6 MB of an invocation, where it is base64: it can't be delivered`;
  }
  if (workload.requestBytesPerRecord <= DATA_API_MAX_REQUEST_BYTES) return undefined;
  return `${size} the 4 MiB of a Data API request: its event is quarantined`;
}

/** Why there is no time, as far as that is known without playing it. */
function reasonBefore(input: PlanInput, forms: BothOutlooks<ClosedForm>): string | undefined {
  if (input.obstacle !== undefined) return input.obstacle;
  const tooLarge = tooLargeReason(input);
  if (tooLarge !== undefined) return tooLarge;
  if (backlogOf(input) === undefined) {
    return 'the number of waiting records is unknown: without an arrival rate, the age of the backlog says nothing about it';
  }
  return neverReason(forms.low) ?? highReason(forms);
}

function neverReason({ seconds, binding, rate, arrivalRate }: ClosedForm): string | undefined {
  if (seconds < Infinity) return undefined;
  return `never at this rate: at most ${describeCount(rate)} records/s are possible (limited by ${binding}), and ${describeCount(arrivalRate)} arrive`;
}

/**
 * When records begin to leave the stream that nobody has read, where more arrives than can be done: what is next in line gets older all
 * the time.
 */
function lossNotes({ shards, workload }: PlanInput, { seconds, rate, arrivalRate }: ClosedForm): readonly string[] {
  if (seconds < Infinity || arrivalRate === 0) return [];
  const oldest = shards.reduce((age, load) => Math.max(age, load.backlogAgeSeconds), 0);
  const lossSeconds = Math.max(0, workload.retentionSeconds - oldest) / (1 - rate / arrivalRate);
  if (!(lossSeconds > 0 && lossSeconds < Infinity)) return [];
  const [hours, days] = [lossSeconds / 3_600, lossSeconds / 86_400];
  const when = days < 2 ? `${describeCount(hours)} h` : `${describeCount(days)} days`;
  return [`as it is, records are lost from about ${when} on: they leave the stream before they are read`];
}

function highReason({ low, high }: BothOutlooks<ClosedForm>): string | undefined {
  const never = neverReason(high);
  if (never === undefined) return undefined;
  return `${describeCount(low.seconds)} s if all goes well; with batches as slow as the slowest tenth ${never}`;
}

function play(input: PlanInput, forms: BothOutlooks<ClosedForm>): BothOutlooks<Simulation> {
  return { low: simulate('low', input, forms.low.seconds), high: simulate('high', input, forms.high.seconds) };
}

/** A wait may make the better case the slower one by a batch. */
function rangeOf<T>({ low, high }: BothOutlooks<T>, secondsOf: (of: T) => number): SecondsRange {
  const [a, b] = [secondsOf(low), secondsOf(high)];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}

function plannedShards(input: PlanInput, simulations: BothOutlooks<Simulation>): readonly PlannedShard[] {
  return input.shards
    .map(({ shardId, backlogRecords = 0 }, index) => ({
      shardId,
      backlogRecords,
      timeToCaughtUpSeconds: rangeOf(simulations, ({ shards }) => shards[index]?.seconds ?? 0),
    }))
    .sort((a, b) => b.timeToCaughtUpSeconds.high - a.timeToCaughtUpSeconds.high);
}

function latestStart({ shards, workload }: PlanInput, { high }: SecondsRange): number | null {
  const oldest = shards.reduce((age, load) => Math.max(age, load.backlogAgeSeconds), 0);
  return oldest > 0 ? Math.max(0, workload.retentionSeconds - oldest - high) : null;
}

/** What is older than the stream keeps is not there any more. */
function withinRetention(input: PlanInput): { readonly input: PlanInput; readonly notes: readonly string[] } {
  const { retentionSeconds } = input.workload;
  const oldest = input.shards.reduce((age, load) => Math.max(age, load.backlogAgeSeconds), 0);
  if (oldest <= retentionSeconds) return { input, notes: [] };
  const shards = input.shards.map((load): ShardLoad => {
    const { backlogAgeSeconds, backlogRecords } = load;
    if (backlogAgeSeconds <= retentionSeconds) return load;
    const kept = backlogRecords === undefined ? undefined : (backlogRecords * retentionSeconds) / backlogAgeSeconds;
    return { ...load, backlogAgeSeconds: retentionSeconds, backlogRecords: kept };
  });
  const lost = (backlogOf(input) ?? 0) - (backlogOf({ ...input, shards }) ?? 0);
  const days = describeCount(retentionSeconds / 86_400);
  return {
    input: { ...input, shards },
    notes: [
      `the backlog is older than the retention of ${days} days: about ${describeCount(lost)} records have expired, and every ` +
        'second more of them do; raise the retention first',
    ],
  };
}

/** {@link https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html} */
const SHARD_WRITES = { records: 1_000, bytes: 1024 * 1024 } as const;

function writeLimitNotes({ shards, workload }: PlanInput): readonly string[] {
  const most = Math.min(SHARD_WRITES.records, SHARD_WRITES.bytes / workload.recordBytes);
  const over = shards.filter(({ arrivalRate }) => arrivalRate > most * 1.001);
  const [busiest] = over.toSorted((a, b) => b.arrivalRate - a.arrivalRate);
  if (busiest === undefined) return [];
  const which = over.length === 1 ? 'one shard takes' : `${over.length} shards take`;
  return [
    `${which} more than producers may put: ${describeCount(busiest.arrivalRate)} records/s against ${describeCount(most)} of this size, ` +
      'so puts are throttled; more shards would help new records, but not the backlog',
  ];
}

function describeCount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}
