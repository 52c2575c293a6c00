import { GetEventSourceMappingCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { findBoost, isWorthwhile, type Boost, type BoostedSettings } from '../../planner/boost.ts';
import { catchUpCostUsd } from '../../planner/cost.ts';
import type { PlanInput } from '../../planner/plan-input.ts';
import { plan } from '../../planner/plan.ts';
import { DEFAULT_PRICES } from '../../planner/prices.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import type { OpsConsole } from '../ops-console.ts';
import { toPlanInput } from '../plan/plan-figures.ts';
import { readStackFacts } from '../plan/read-stack.ts';
import type { Target } from '../stack/open-target.ts';
import type { BoostOptions } from './boost-command.ts';
import type { BoostReport } from './boost-report.ts';
import { createBoostSchedule, deleteBoostSchedule, readBoostSchedule, type BoostSchedule } from './boost-schedule.ts';
import { describeBoost } from './describe-boost.ts';

const NOTHING = {
  before: null,
  after: null,
  timeToCaughtUpSeconds: null,
  isInTime: null,
  binding: null,
  catchUpCostUsd: null,
  endsAt: null,
  notes: [],
} as const satisfies Partial<BoostReport>;

/** Plans a boost, turns it on, or ends it; says what came of it. */
export async function runBoost(
  target: Target,
  options: BoostOptions,
  { say, progress }: OpsConsole,
): Promise<OpsExitCode> {
  progress('looking for an active boost');
  const { MappingId } = target.stack.outputs;
  const running = await readBoostSchedule(await target.client('scheduler'), MappingId);
  progress(options.end ? 'restoring the mapping' : 'reading the backlog of the stack');
  const report = options.end ? await endBoost(target, running) : await startBoost(target, options, running);
  if (options.json) say(JSON.stringify(report, null, 2));
  else for (const line of describeBoost(report)) say(line);
  return report.outcome === 'refused' ? OPS_EXIT_CODES.needsPerson : OPS_EXIT_CODES.fine;
}

async function endBoost(target: Target, running: BoostSchedule | undefined): Promise<BoostReport> {
  if (running === undefined) return { ...NOTHING, outcome: 'none' };
  const { MappingId } = target.stack.outputs;
  const changed = await changedSince(target, running);
  await turn(target, running.before);
  // In this order: when the mapping cannot be set back now, the schedule still does so later.
  await deleteBoostSchedule(await target.client('scheduler'), MappingId);
  return { ...NOTHING, outcome: 'ended', before: running.boosted, after: running.before, notes: changed };
}

async function startBoost(
  target: Target,
  options: BoostOptions,
  running: BoostSchedule | undefined,
): Promise<BoostReport> {
  if (running !== undefined) {
    const endsAt = new Date(running.endsAtMs).toISOString();
    return {
      ...NOTHING,
      outcome: 'refused',
      reason: 'a boost is on already; let it end, or end it with `--end` first',
      before: running.before,
      after: running.boosted,
      endsAt,
      notes: await changedSince(target, running),
    };
  }
  const nowMs = Date.now();
  const facts = await readStackFacts(target, nowMs);
  const input = toPlanInput(facts.figures, { enhancedFanOut: false, onDemand: facts.onDemand }, facts);
  const report = planBoost(input, options, nowMs);
  const told = { ...report, notes: [...facts.unknown, ...report.notes] };
  if (report.outcome !== 'planned' || !options.apply || report.after === null) return told;
  await applyBoost(target, { before: settingsOf(input), boosted: report.after, endsAtMs: endOf(options, nowMs) });
  return { ...told, outcome: 'applied' };
}

function settingsOf({ settings: { batchSize, parallelizationFactor } }: PlanInput): BoostedSettings {
  return { batchSize, parallelizationFactor };
}

/** Schedules are for whole seconds. */
function endOf({ forSeconds }: BoostOptions, nowMs: number): number {
  return 1000 * Math.ceil(nowMs / 1000 + forSeconds);
}

function planBoost(input: PlanInput, options: BoostOptions, nowMs: number): BoostReport {
  const { withinSeconds = 0 } = options;
  const planned = plan(input, DEFAULT_PRICES);
  const boost = findBoost(input, withinSeconds);
  const before = settingsOf(input);
  const figures = {
    ...NOTHING,
    before,
    after: boost.settings,
    timeToCaughtUpSeconds: { before: finite(boost.secondsBefore), after: finite(boost.seconds) },
    isInTime: boost.isInTime,
    binding: boost.binding,
    catchUpCostUsd: boost.seconds < Infinity ? catchUpCostUsd(input, boost.seconds, DEFAULT_PRICES) : null,
  };
  // A rate that does not suffice is what a boost is for; everything else it does not help with.
  const isHopeless = input.obstacle !== undefined || planned.backlogRecords === null;
  if (isHopeless) return { ...NOTHING, outcome: 'refused', reason: planned.reason ?? 'the backlog is unknown' };
  if (boost.secondsBefore <= withinSeconds) return { ...figures, after: before, outcome: 'notNeeded' };
  if (!isWorthwhile(boost)) return { ...figures, outcome: 'refused', reason: WHY_NOT[boost.binding] };
  return {
    ...figures,
    outcome: 'planned',
    endsAt: new Date(endOf(options, nowMs)).toISOString(),
    notes: boost.isInTime ? [] : [`larger values do not help: ${WHY_NOT[boost.binding]}`],
  };
}

/** What would have to be done instead, by what binds. */
const WHY_NOT: Readonly<Record<Boost['binding'], string>> = {
  stream: 'a shard is limited to 2 MB/s, and more shards do not help an existing backlog',
  function: 'batch size and parallelization factor are at their maximum; only faster batches would help',
  database: 'the database is at its maximum capacity: raise `databaseMaxCapacity`',
  keys: 'a partition key is processed in one lane only, and there are too few keys for more lanes',
  concurrency: 'lanes wait for an environment: raise `reservedConcurrency`, or the limit of the account',
};

function finite(seconds: number): number | null {
  return seconds < Infinity ? seconds : null;
}

/** The end comes first: a boost that nothing would end is worse than none. */
async function applyBoost(target: Target, schedule: BoostSchedule): Promise<void> {
  const { MappingId: mappingId, BoostRoleArn: roleArn } = target.stack.outputs;
  const scheduler = await target.client('scheduler');
  await createBoostSchedule(scheduler, { mappingId, roleArn }, schedule);
  try {
    await turn(target, schedule.boosted);
  } catch (error) {
    await deleteBoostSchedule(scheduler, mappingId);
    throw error;
  }
}

async function turn(target: Target, { batchSize, parallelizationFactor }: BoostedSettings): Promise<void> {
  const lambda = await target.client('lambda');
  await lambda.send(
    new UpdateEventSourceMappingCommand({
      UUID: target.stack.outputs.MappingId,
      BatchSize: batchSize,
      ParallelizationFactor: parallelizationFactor,
    }),
  );
}

/** A deployment that touches the mapping sets it to what the template says, and knows nothing of a boost. */
async function changedSince(target: Target, { boosted, before }: BoostSchedule): Promise<readonly string[]> {
  const lambda = await target.client('lambda');
  const { BatchSize, ParallelizationFactor } = await lambda.send(
    new GetEventSourceMappingCommand({ UUID: target.stack.outputs.MappingId }),
  );
  if (BatchSize === boosted.batchSize && ParallelizationFactor === boosted.parallelizationFactor) return [];
  return [
    `the mapping was changed meanwhile, such as by a deployment: it has batchSize ${BatchSize ?? 'unknown'} and parallelizationFactor ` +
      `${ParallelizationFactor ?? 'unknown'}; the end of the boost restores ${before.batchSize} and ${before.parallelizationFactor}`,
  ];
}
