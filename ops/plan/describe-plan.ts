import type { RankedChange } from '../../planner/changes.ts';
import type { Plan, PlannedShard, SecondsRange } from '../../planner/plan.ts';
import type { Binding } from '../../planner/rates.ts';
import type { AgeChart } from '../../progress/draw-ages.ts';
import { describeDuration } from '../../progress/plain-words.ts';
import { drawAgeColumns } from './draw-age-columns.ts';

const BINDING_WORDS: Readonly<Record<Binding, string>> = {
  stream: 'the stream (the read limit of a shard)',
  function: 'the function (its lanes are busy all the time)',
  database: 'the database (at its maximum capacity)',
  keys: 'the partition keys (other lanes are idle while the lane of the busiest key works)',
  concurrency: 'concurrency (lanes wait for an environment)',
};

/** What a stage calls the settings that a plan or a boost turns. */
export const SETTING_WORDS: Readonly<Record<RankedChange['setting'], string>> = {
  batchSize: 'batchSize',
  parallelizationFactor: 'parallelizationFactor',
  maxBatchingWindowSeconds: 'maxBatchingWindow',
  concurrency: 'reservedConcurrency',
  minAcu: 'databaseMinCapacity',
  maxAcu: 'databaseMaxCapacity',
  memoryMb: 'memorySize',
  enhancedFanOut: 'enhancedFanOut',
  callsPerRecord: 'calls of each record (write in batches)',
  callsPerBatch: 'calls of a batch (cache lookups)',
};

/** Shards that are told by themselves, when they differ. */
const MOST_SHARDS = 5;

/** Lines for a person. */
export function describePlan(plan: Plan): readonly string[] {
  return [
    ...describeTime(plan),
    ...describeShards(plan.shards),
    ...(plan.ages === null ? [] : ['', ...drawAgeColumns(plan.ages.low, plan.ages.high)]),
    '',
    ...describeCosts(plan),
    ...describeChanges(plan),
    ...plan.notes.map((note) => `Note: ${note}.`),
  ];
}

function describeTime(plan: Plan): string[] {
  const { timeToCaughtUpSeconds: time, binding, bindingRate, bindingArrivalRate, backlogRecords } = plan;
  const waiting =
    backlogRecords === null ? 'An unknown number of records waits' : `${count(backlogRecords)} records wait`;
  const binds = `The bottleneck is ${BINDING_WORDS[binding]}: at most ${count(bindingRate)} records/s, while ${count(bindingArrivalRate)} records/s arrive.`;
  if (time === null) return [`${waiting}. No time: ${plan.reason ?? 'unknown'}.`, binds];
  if (time.high === 0) return [`Nothing waits. ${binds}`];
  const { latestStartSeconds: latest } = plan;
  return [
    `${waiting}. Caught up in ${describeRange(time)}.`,
    binds,
    ...(latest === null ? [] : [describeLatestStart(latest)]),
  ];
}

function describeLatestStart(seconds: number): string {
  if (seconds === 0) return 'Start at once: the oldest records will expire before the catch-up ends.';
  return `To lose nothing, start within ${describeDuration(seconds)}.`;
}

/** Says a range with one of its ends where they are about the same. */
function describeRange({ low, high }: SecondsRange): string {
  const [from, to] = [describeDuration(low), describeDuration(high)];
  return from === to ? from : `${from} to ${to}`;
}

function describeShards(shards: readonly PlannedShard[]): string[] {
  const [last] = shards;
  const first = shards.at(-1);
  if (last === undefined || first === undefined) return [];
  if (describeRange(last.timeToCaughtUpSeconds) === describeRange(first.timeToCaughtUpSeconds)) return [];
  const told = shards.slice(0, MOST_SHARDS);
  const rest = shards.length - told.length;
  return [
    ...told.map(
      ({ shardId, backlogRecords, timeToCaughtUpSeconds }) =>
        `  shard ${shardId}: ${count(backlogRecords)} records, ${describeRange(timeToCaughtUpSeconds)}`,
    ),
    ...(rest > 0 ? [`  and ${count(rest)} more that finish by then`] : []),
  ];
}

function describeCosts({ catchUpCostUsd, monthlyCostUsd, monthlyCost, prices }: Plan): string[] {
  const parts = Object.entries<number>({ ...monthlyCost }).map(
    ([name, usd]) => `${PART_WORDS[name] ?? name} ${money(usd)}`,
  );
  const catchUp = catchUpCostUsd === null ? '' : `The catch-up costs ${money(catchUpCostUsd)}. `;
  return [
    `${catchUp}A month costs ${money(monthlyCostUsd)}: ${parts.join(', ')}.`,
    `Prices of ${prices.date} in ${prices.region}, without storage, transfer and taxes.`,
  ];
}

const PART_WORDS: Readonly<Record<string, string>> = { lambda: 'Lambda', dataApi: 'Data API' };

function describeChanges({ changes }: Plan): string[] {
  if (changes.length === 0) return [];
  return [
    '',
    'What helps, each in addition to the ones before:',
    ...changes.map((change, index) => `  ${index + 1}. ${describeChange(change)}`),
  ];
}

function describeChange(change: RankedChange): string {
  const { setting, from, to, seconds, binding, catchUpCostUsd, monthlyCostDeltaUsd } = change;
  const time = seconds === null ? 'still never' : describeDuration(seconds);
  const costs = catchUpCostUsd === null ? '' : `, ${money(catchUpCostUsd)} for the catch-up`;
  const month =
    Math.abs(monthlyCostDeltaUsd) < 0.5
      ? ''
      : `, ${monthlyCostDeltaUsd > 0 ? '+' : '−'}${money(Math.abs(monthlyCostDeltaUsd))} a month`;
  return `${SETTING_WORDS[setting]} ${String(from)} → ${String(to)}: ${time} (then limited by ${binding})${costs}${month}`;
}

/** The picture of a plan; undefined where there is no time. */
export function planChart({ ages, timeToCaughtUpSeconds, binding, prices }: Plan): AgeChart | undefined {
  if (ages === null || timeToCaughtUpSeconds === null) return undefined;
  return {
    lines: [
      { label: 'if all goes well', points: ages.low },
      { label: 'at the slower end', points: ages.high },
    ],
    marks: [],
    notes: [
      `Caught up in ${describeRange(timeToCaughtUpSeconds)}. The bottleneck is ${BINDING_WORDS[binding]}.`,
      `Planned with prices of ${prices.date}.`,
    ],
  };
}

function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** Cents where they matter. */
function money(usd: number): string {
  if (usd > 0 && usd < 0.01) return 'less than $0.01';
  return usd.toLocaleString('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: usd < 100 ? 2 : 0 });
}
