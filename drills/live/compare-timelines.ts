import { METRICS_DIMENSION, WATCHDOG_METRICS, type WatchdogMetricName } from '../../contract/metrics.ts';
import { readEmbeddedMetrics } from '../../local/cloudwatch/metrics/read-embedded-metrics.ts';
import { PLAUSIBLE_BEHAVIORS } from '../play/behaviors.ts';
import { playTimeline } from '../play/play-timeline.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { Timeline, TimelineMinute } from '../timeline.ts';
import type { Phase } from '../world/conditions.ts';

/** A course that was played in two ways. */
export interface PlayedTwice {
  readonly live: Timeline;
  readonly simulated: Timeline;
  readonly phases: readonly Phase[];
  /** Whose gauges, by the dimension that they have. */
  readonly deployment: string;
}

/** Ages may differ by so much: records come in at the begin of a minute in one, and all along in the other. */
const TOLERANCE_SECONDS = 60;

/** Minutes after a change until both ways must have seen it. */
const SETTLING_MINUTES = 1;

/**
 * Compares what the watchdog said in every minute. The minutes after a change are left out: when a batch is delivered
 * next is not documented, and chosen differently.
 *
 * @returns one sentence for each gauge that differs, with the first minute in which it does
 */
export function gaugeDisagreements({ live, simulated, phases, deployment }: PlayedTwice): readonly string[] {
  const changes = phases.flatMap(({ from, until = Infinity }) => [from, until]);
  const isSettling = (minute: number): boolean =>
    changes.some((change) => change <= minute && minute <= change + SETTLING_MINUTES);
  const names = Object.keys(WATCHDOG_METRICS) as WatchdogMetricName[];
  return names.flatMap((name) => {
    for (const [index, minute] of live.minutes.entries()) {
      const scenarioMinute = index - live.leadMinutes;
      if (isSettling(scenarioMinute)) continue;
      const [played, expected] = [minute, simulated.minutes[index]].map((one) => gaugeOf(one, name, deployment));
      if (isSame(name, played, expected)) continue;
      return [`${name} in minute ${scenarioMinute}: ${show(played)} live, ${show(expected)} simulated`];
    }
    return [];
  });
}

/** They count deliveries, and how soon Lambda delivers a batch again is not documented: when they go off may differ. */
const BY_DELIVERIES: ReadonlySet<string> = new Set(['IteratorAge', 'PositionHeld']);

/** An alarm may go off a minute apart. */
const TOLERANCE_MINUTES = 1;

/**
 * Compares which alarms go off, and when, with the first way of evaluating alarms.
 *
 * @param may alarms that may be on or not
 * @returns one sentence for each alarm that differs
 */
export function alarmDisagreements(
  deployment: Deployment,
  { live, simulated }: Pick<PlayedTwice, 'live' | 'simulated'>,
  may: readonly string[],
): readonly string[] {
  const behaviors = PLAUSIBLE_BEHAVIORS.slice(0, 1);
  const [played, expected] = [live, simulated].map((timeline) => playTimeline(deployment, timeline, behaviors)[0]);
  return deployment.alarms.flatMap(({ id }) => {
    const [left, right] = [played, expected].map((one) => one?.spans.get(id)?.find(({ state }) => state === 'ALARM'));
    const isSame =
      left === undefined || right === undefined
        ? left === right
        : BY_DELIVERIES.has(id) || Math.abs(left.from - right.from) <= TOLERANCE_MINUTES;
    const [began, begins] = [left, right].map((span) => span && Math.floor(span.from));
    return isSame || may.includes(id)
      ? []
      : [`${id} goes off in minute: ${show(began)} live, ${show(begins)} simulated`];
  });
}

function gaugeOf(minute: TimelineMinute | undefined, name: WatchdogMetricName, deployment: string): number | undefined {
  const data = [...(minute?.data ?? []), ...(minute?.lines ?? []).flatMap(readEmbeddedMetrics)];
  const own = data.filter(({ metric }) => metric.name === name && metric.dimensions[METRICS_DIMENSION] === deployment);
  return own.at(-1)?.values.at(-1);
}

function isSame(name: WatchdogMetricName, left: number | undefined, right: number | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return Math.abs(left - right) <= (WATCHDOG_METRICS[name] === 'Seconds' ? TOLERANCE_SECONDS : 0);
}

function show(value: number | undefined): string {
  return value === undefined ? 'nothing' : String(value);
}
