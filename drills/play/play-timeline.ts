import type { StateChange } from '../../local/cloudwatch/alarms/alarm-state.ts';
import type { Alarm } from '../../local/cloudwatch/alarms/alarm.ts';
import { CloudWatchWorld, type AlarmMessage } from '../../local/cloudwatch/cloudwatch-world.ts';
import { metricKey, type MetricDatum } from '../../local/cloudwatch/metrics/metric.ts';
import { readEmbeddedMetrics } from '../../local/cloudwatch/metrics/read-embedded-metrics.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { MINUTE_MS, type Timeline } from '../timeline.ts';
import type { PlausibleBehavior } from './behaviors.ts';

/** What an alarm was in, from one change to the next. */
export interface StateSpan {
  readonly state: StateChange['to'];
  /** Scenario minutes, with fractions; the last span has no end. */
  readonly from: number;
  readonly until: number;
}

/** What one way of evaluating alarms made of a timeline. */
export interface Played {
  readonly behavior: PlausibleBehavior;
  /** By the ids of our alarms. */
  readonly spans: ReadonlyMap<string, readonly StateSpan[]>;
  /** Of all alarms, by scenario minute. */
  readonly messages: readonly PlayedMessage[];
}

/** A message of an alarm. */
export interface PlayedMessage extends Omit<AlarmMessage, 'atMs' | 'minute' | 'alarmName'> {
  /** Id of the alarm, or its name where it is not one of ours. */
  readonly id: string;
  /** Scenario minute, with a fraction. */
  readonly at: number;
}

/** Plays what happened to the alarms of a deployment, once for each way in which AWS may evaluate them. */
export function playTimeline(
  deployment: Deployment,
  timeline: Timeline,
  behaviors: readonly PlausibleBehavior[],
): readonly Played[] {
  const seen = readableData(timeline, deployment.evaluated);
  return behaviors.map((behavior) => playOnce(deployment, { timeline, seen }, behavior));
}

/** Only what an alarm reads: the rest changes nothing. */
function readableData({ minutes }: Timeline, alarms: readonly Alarm[]): readonly (readonly MetricDatum[])[] {
  const read = new Set(
    alarms.flatMap((alarm) => {
      if (alarm.kind === 'composite') return [];
      const readings = alarm.source.kind === 'metric' ? [alarm.source.reading] : [...alarm.source.readings.values()];
      return readings.map(({ metric }) => metricKey(metric));
    }),
  );
  return minutes.map(({ data, lines }) =>
    [...data, ...lines.flatMap(readEmbeddedMetrics)].filter(({ metric }) => read.has(metricKey(metric))),
  );
}

function playOnce(
  deployment: Deployment,
  { timeline, seen }: { readonly timeline: Timeline; readonly seen: readonly (readonly MetricDatum[])[] },
  behavior: PlausibleBehavior,
): Played {
  const { startMs, leadMinutes, alarmsMadeAt } = timeline;
  const { accountId, topics, evaluated, alarms } = deployment;
  const world = new CloudWatchWorld({ startMs, accountId, topics, behavior: behavior.behavior });
  const messages: AlarmMessage[] = [];
  world.deploy(madeFirst(deployment));
  for (const [index, data] of seen.entries()) {
    if (index - leadMinutes === alarmsMadeAt) world.deploy(evaluated);
    messages.push(...world.advanceTo(startMs + (index + 1) * MINUTE_MS));
    for (const datum of data) world.put(datum);
  }
  const minuteOf = (atMs: number): number => (atMs - startMs) / MINUTE_MS - leadMinutes;
  return {
    behavior,
    spans: new Map(alarms.map(({ id, alarm }) => [id, spansOf(world.historyOf(alarm.name), minuteOf)])),
    messages: messages.map(({ atMs, alarmName, state, target, delivery }) => ({
      id: alarms.find(({ alarm }) => alarm.name === alarmName)?.id ?? alarmName,
      at: minuteOf(atMs),
      state,
      target,
      delivery,
    })),
  };
}

/** Those that do not wait for the watchdog; a composite comes after all that it watches. */
function madeFirst({ alarms }: Deployment): readonly Alarm[] {
  return alarms.filter(({ alarm, bornEarly }) => bornEarly && alarm.kind === 'metric').map(({ alarm }) => alarm);
}

function spansOf(history: readonly StateChange[], minuteOf: (atMs: number) => number): readonly StateSpan[] {
  return history.map(({ to, atMs }, index) => {
    const next = history[index + 1];
    return { state: to, from: minuteOf(atMs), until: next === undefined ? Infinity : minuteOf(next.atMs) };
  });
}
