import type { MetricDatum } from '../cloudwatch/metrics/metric.ts';
import type { TextEvent } from '../input/event-input.ts';
import type { LiveDeployment } from './live-deployment.ts';
import type { LiveWorld } from './live-world.ts';

/** What one deployment gets in a minute. */
export interface MinuteInput {
  readonly deployment: LiveDeployment;
  readonly events: readonly TextEvent[];
  /** What comes in after the consumer has looked for the last time in this minute. @defaultValue nothing */
  readonly lateEvents?: readonly TextEvent[];
  /** How often the schedule starts the watchdog. @defaultValue 1 */
  readonly watchdogRuns?: number;
}

/** What became known of a deployment in a minute. */
export interface PlayedMinute {
  /** When it began, in milliseconds since 1970. */
  readonly startMs: number;
  /** What AWS publishes. */
  readonly data: readonly MetricDatum[];
  /** What the functions wrote. */
  readonly lines: readonly string[];
}

/** When in a minute its last records come in: the consumer looks for the last time shortly before. */
const LATE_AT_MS = 50_000;

/** When in a minute the schedule starts the watchdog: before the consumer looks again. */
const WATCHED_AT_MS = 57_000;

/**
 * Lets one minute pass: the events come in at its begin, the consumer does what it can, some more come in,
 * then the watchdog runs.
 *
 * @param inputs one for each deployment
 * @returns one for each deployment, in the same order
 */
export async function playMinute(world: LiveWorld, inputs: readonly MinuteInput[]): Promise<readonly PlayedMinute[]> {
  const startMs = await world.beginMinute();
  for (const { deployment, events } of inputs) await deployment.put(events);
  for (const { deployment } of inputs) await deployment.settle();
  await comeLate(world, startMs, inputs);
  await world.clock.turnTo(startMs + WATCHED_AT_MS);
  for (const { deployment, watchdogRuns = 1 } of inputs) {
    for (let run = 0; run < watchdogRuns; run += 1) await deployment.watch();
  }
  return inputs.map(({ deployment }) => ({
    startMs,
    data: deployment.takeServiceMetrics(startMs),
    lines: deployment.takeLines(),
  }));
}

async function comeLate(world: LiveWorld, startMs: number, inputs: readonly MinuteInput[]): Promise<void> {
  const late = inputs.filter(({ lateEvents = [] }) => lateEvents.length > 0);
  if (late.length === 0) return;
  await world.clock.turnTo(startMs + LATE_AT_MS);
  for (const { deployment } of late) await deployment.settle();
  for (const { deployment, lateEvents = [] } of late) await deployment.put(lateEvents);
}
