import type { CloudWatchBehavior } from '../cloudwatch-behavior.ts';
import type { Point } from '../math/math-value.ts';
import type { MetricStore, PeriodWindow, Sample } from '../metrics/metric-store.ts';
import { significantSamples } from '../metrics/statistic.ts';
import type { AlarmState } from './alarm-state.ts';
import { COMPARISONS, type MetricAlarm } from './alarm.ts';
import { evaluateRange, type Datapoint } from './evaluate-range.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_SECONDS = 86_400;

/** What an evaluation found. */
export interface Evaluation {
  readonly state: AlarmState | 'unchanged';
  /** The evaluation range, oldest first. */
  readonly range: readonly Datapoint[];
}

/**
 * How often an alarm is evaluated: every ten seconds where its period is below a minute, every hour where it looks at
 * more than a day, else every minute.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html}
 */
export function evaluationIntervalMs({ periodSeconds, evaluationPeriods }: MetricAlarm): number {
  if (periodSeconds < 60) return 10_000;
  return periodSeconds * evaluationPeriods > DAY_SECONDS ? HOUR_MS : MINUTE_MS;
}

/**
 * The evaluation range of an alarm. It slides: periods are counted back from the last full minute, not from the clock's
 * round times.
 *
 * @param atMs when the alarm is evaluated, in milliseconds since 1970
 */
function evaluationWindow(alarm: MetricAlarm, atMs: number, behavior: CloudWatchBehavior): PeriodWindow {
  const lagMs = alarm.source.kind === 'metric' ? behavior.singleMetricLagMs : behavior.mathLagMs;
  const stepMs = evaluationIntervalMs(alarm);
  return {
    endMs: Math.floor((atMs - lagMs) / stepMs) * stepMs,
    periodMs: alarm.periodSeconds * 1000,
    periods: alarm.evaluationPeriods + behavior.extraPeriods(alarm.periodSeconds),
  };
}

/**
 * Evaluates an alarm once.
 *
 * @param atMs when, in milliseconds since 1970: what became visible later is not seen
 */
export function evaluateMetricAlarm(
  alarm: MetricAlarm,
  store: MetricStore,
  { atMs, behavior }: { readonly atMs: number; readonly behavior: CloudWatchBehavior },
): Evaluation {
  const window = evaluationWindow(alarm, atMs, behavior);
  const samples = readSamples(alarm, store, { window, atMs, behavior });
  const isBad = COMPARISONS[alarm.comparison];
  const range = samples.map((sample): Datapoint => {
    if (sample === undefined) return 'missing';
    return isBad(sample.value, alarm.threshold) ? 'bad' : 'good';
  });
  return { state: saysTooLittle(alarm, samples) ? 'unchanged' : evaluateRange(range, alarm), range };
}

interface Moment {
  readonly window: PeriodWindow;
  readonly atMs: number;
  readonly behavior: CloudWatchBehavior;
}

function readSamples(
  { source, periodSeconds }: MetricAlarm,
  store: MetricStore,
  { window, atMs, behavior }: Moment,
): readonly (Sample | undefined)[] {
  if (source.kind === 'metric') return store.read(source.reading, window, atMs);
  const result = source.formula({
    periods: window.periods,
    periodSeconds,
    fillsUnpublished: behavior.fillsUnpublished,
    metric: (id) => {
      const reading = source.readings.get(id);
      if (reading === undefined) throw new Error(`the formula was compiled for other metrics than ${id}`);
      return {
        points: store.read(reading, window, atMs).map((sample) => sample?.value),
        published: store.wasPublished(reading.metric, atMs),
      };
    },
  });
  return result.points.map((value: Point) => (value === undefined ? undefined : { value, sampleCount: Infinity }));
}

/** Whether one of the newest N points is a percentile of too few samples, and the alarm does not go by such. */
function saysTooLittle(
  { source, ignoresLowSamples, evaluationPeriods }: MetricAlarm,
  samples: readonly (Sample | undefined)[],
): boolean {
  if (!ignoresLowSamples || source.kind !== 'metric') return false;
  const enough = significantSamples(source.reading.statistic);
  const kept = samples.filter((sample) => sample !== undefined).slice(-evaluationPeriods);
  return kept.some(({ sampleCount }) => sampleCount < enough);
}
