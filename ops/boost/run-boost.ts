import { BOOSTED_SETTINGS, boostedSettings, findBoost, isWorthwhile, type Boost } from '../../planner/boost.ts';
import { catchUpCostUsd } from '../../planner/cost.ts';
import type { PlanInput } from '../../planner/plan-input.ts';
import { plan } from '../../planner/plan.ts';
import { DEFAULT_PRICES } from '../../planner/prices.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import type { OpsConsole } from '../ops-console.ts';
import { toPlanInput } from '../plan/plan-figures.ts';
import { readStackFacts, type StackFacts } from '../plan/read-stack.ts';
import type { Target } from '../stack/open-target.ts';
import { applyBoost, endBoost } from './apply-boost.ts';
import type { BoostOptions } from './boost-command.ts';
import { boostPartsOf, limitsOf, type PartSettings } from './boost-parts.ts';
import type { BoostReport } from './boost-report.ts';
import { readBoostSchedules, type BoostSchedule } from './boost-schedule.ts';
import { describeBoost } from './describe-boost.ts';

const NOTHING = {
  before: null,
  after: null,
  timeToCaughtUpSeconds: null,
  isInTime: null,
  binding: null,
  catchUpCostUsd: null,
  capacityCostUsd: null,
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
  const running = await readBoostSchedules(await target.client('scheduler'), MappingId, boostPartsOf(target));
  progress(options.end ? 'restoring the settings' : 'reading the backlog of the stack');
  const report = options.end ? await stopBoost(target, running) : await startBoost(target, options, running);
  if (options.json) say(JSON.stringify(report, null, 2));
  else for (const line of describeBoost(report)) say(line);
  return report.outcome === 'refused' ? OPS_EXIT_CODES.needsPerson : OPS_EXIT_CODES.fine;
}

async function stopBoost(target: Target, running: readonly BoostSchedule[]): Promise<BoostReport> {
  if (running.length === 0) return { ...NOTHING, outcome: 'none' };
  const notes = await changedSince(running);
  await endBoost(target, running);
  return { ...NOTHING, outcome: 'ended', before: merge(running, 'boosted'), after: merge(running, 'before'), notes };
}

async function startBoost(
  target: Target,
  options: BoostOptions,
  running: readonly BoostSchedule[],
): Promise<BoostReport> {
  const [first] = running;
  if (first !== undefined) {
    return {
      ...NOTHING,
      outcome: 'refused',
      reason: 'a boost is on already; let it end, or end it with `--end` first',
      before: merge(running, 'before'),
      after: merge(running, 'boosted'),
      endsAt: new Date(first.endsAtMs).toISOString(),
      notes: await changedSince(running),
    };
  }
  const nowMs = Date.now();
  const facts = await readStackFacts(target, nowMs);
  const report = planBoost(facts, options, nowMs);
  const told = { ...report, notes: [...facts.unknown, ...report.notes] };
  const { outcome, before, after } = report;
  if (outcome !== 'planned' || !options.apply || before === null || after === null) return told;
  await applyBoost(target, { before, boosted: after, endsAtMs: endOf(options, nowMs) });
  return { ...told, outcome: 'applied' };
}

/** What all parts together have, or had. */
function merge(schedules: readonly BoostSchedule[], which: 'before' | 'boosted'): PartSettings {
  return Object.assign({}, ...schedules.map((schedule) => schedule[which])) as PartSettings;
}

/** Of some settings, those that the stack has. */
function turnableOf(settings: PartSettings, { turnable }: StackFacts): PartSettings {
  return Object.fromEntries(
    BOOSTED_SETTINGS.filter((name) => turnable.settings[name] !== undefined).map((name) => [name, settings[name]]),
  );
}

/** Schedules are for whole seconds. */
function endOf({ forSeconds }: BoostOptions, nowMs: number): number {
  return 1000 * Math.ceil(nowMs / 1000 + forSeconds);
}

function planBoost(facts: StackFacts, options: BoostOptions, nowMs: number): BoostReport {
  const { withinSeconds = 0 } = options;
  const input = toPlanInput(facts.figures, { enhancedFanOut: false, onDemand: facts.onDemand }, facts);
  const planned = plan(input, DEFAULT_PRICES);
  const boost = findBoost(input, withinSeconds, limitsOf(input.settings, facts.turnable));
  const before = turnableOf(boostedSettings(input.settings), facts);
  const figures = {
    ...NOTHING,
    before,
    after: turnableOf(boost.settings, facts),
    timeToCaughtUpSeconds: { before: finite(boost.secondsBefore), after: finite(boost.seconds) },
    isInTime: boost.isInTime,
    binding: boost.binding,
    catchUpCostUsd: costOf(input, boost),
    capacityCostUsd: capacityCostUsd(input, boost, options),
  };
  // A rate that does not suffice is what a boost is for; everything else it does not help with.
  const isHopeless = input.obstacle !== undefined || planned.backlogRecords === null;
  if (isHopeless) return { ...NOTHING, outcome: 'refused', reason: planned.reason ?? 'the backlog is unknown' };
  if (boost.secondsBefore <= withinSeconds) return { ...figures, after: before, outcome: 'notNeeded' };
  const whyNot = WHY_NOT[boost.binding](facts);
  if (!isWorthwhile(boost)) return { ...figures, outcome: 'refused', reason: whyNot };
  return {
    ...figures,
    outcome: 'planned',
    endsAt: new Date(endOf(options, nowMs)).toISOString(),
    notes: boost.isInTime ? [] : [`more than that does not help: ${whyNot}`],
  };
}

function costOf(input: PlanInput, { seconds, settings }: Boost): number | null {
  if (seconds === Infinity) return null;
  return catchUpCostUsd({ ...input, settings: { ...input.settings, ...settings } }, seconds, DEFAULT_PRICES);
}

/** A least capacity is paid for whether it is used or not, until it is set back. */
function capacityCostUsd({ settings: { minAcu } }: PlanInput, boost: Boost, { forSeconds }: BoostOptions): number {
  const acuHours = ((boost.settings.minAcu - minAcu) * forSeconds) / 3_600;
  return acuHours * DEFAULT_PRICES.acuHourUsd;
}

/** What would have to be done instead, by what binds. */
const WHY_NOT: Readonly<Record<Boost['binding'], (facts: StackFacts) => string>> = {
  stream: () => 'a shard is limited to 2 MB/s, and more shards do not help an existing backlog',
  function: () => 'batch size and parallelization factor are at their maximum; only faster batches would help',
  database: ({ turnable: { settings } }) =>
    settings.maxAcu === undefined
      ? 'the database is at its greatest capacity, and the cluster does not belong to this stack: ask its owner to raise it'
      : 'the database is at the greatest capacity that there is',
  keys: () => 'a partition key is processed in one lane only, and there are too few keys for more lanes',
  concurrency: ({ turnable: { settings } }) =>
    settings.concurrency === undefined
      ? 'lanes wait for an environment, and none are reserved for this function: have the limit of the account raised'
      : 'lanes wait for an environment, and the account has no more to reserve: have its limit raised',
};

function finite(seconds: number): number | null {
  return seconds < Infinity ? seconds : null;
}

/** A deployment that touches a part sets it to what the template says, and knows nothing of a boost. */
async function changedSince(running: readonly BoostSchedule[]): Promise<readonly string[]> {
  const notes = await Promise.all(
    running.map(async ({ part, before, boosted }) => {
      const present = (await part.read()) ?? {};
      if (part.settings.every((name) => present[name] === boosted[name])) return [];
      return [
        `the ${part.name} was changed meanwhile, such as by a deployment: it has ${describeSettings(part.settings, present)}; ` +
          `the end of the boost restores ${describeSettings(part.settings, before)}`,
      ];
    }),
  );
  return notes.flat();
}

function describeSettings(names: BoostSchedule['part']['settings'], settings: PartSettings): string {
  return names.map((name) => `${name} ${settings[name] ?? 'unknown'}`).join(' and ');
}
