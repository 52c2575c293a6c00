import { metricKey, type MetricDatum, type MetricIdentity } from './metric.ts';
import { applyStatistic, type Statistic } from './statistic.ts';

/** Periods that follow each other without a gap. */
export interface PeriodWindow {
  /** Milliseconds since 1970; the end of the newest period, not part of it. */
  readonly endMs: number;
  readonly periodMs: number;
  /** How many periods. */
  readonly periods: number;
}

/** A metric as it is read: one value per period. */
export interface MetricReading {
  readonly metric: MetricIdentity;
  readonly statistic: Statistic;
  /** Only values that were published with this unit; all of them unless given. */
  readonly unit?: string;
}

/** What a period holds. */
export interface Sample {
  readonly value: number;
  readonly sampleCount: number;
}

interface StoredDatum {
  readonly timestampMs: number;
  readonly visibleAtMs: number;
  readonly values: readonly number[];
  readonly unit: string;
}

/** Everything that was published, by metric. Time is passed in: nothing here knows a clock. */
export class MetricStore {
  /** In order of their timestamps. */
  readonly #series = new Map<string, StoredDatum[]>();

  /**
   * Keeps what was published.
   *
   * @param visibleAtMs from when on a reader sees it, in milliseconds since 1970
   */
  put({ metric, timestampMs, values, unit = 'None', resolutionSeconds = 60 }: MetricDatum, visibleAtMs: number): void {
    const key = metricKey(metric);
    const series = this.#series.get(key) ?? [];
    this.#series.set(key, series);
    const resolutionMs = resolutionSeconds * 1000;
    const storedMs = Math.floor(timestampMs / resolutionMs) * resolutionMs;
    series.splice(firstAtOrAfter(series, storedMs + 1), 0, { timestampMs: storedMs, visibleAtMs, values, unit });
  }

  /**
   * What a reader sees of a metric.
   *
   * @param atMs when it is read, in milliseconds since 1970
   * @returns one entry per period, oldest first; undefined where nothing is to be seen
   */
  read(reading: MetricReading, window: PeriodWindow, atMs: number): readonly (Sample | undefined)[] {
    const buckets = Array.from({ length: window.periods }, (): number[] => []);
    const startMs = window.endMs - window.periods * window.periodMs;
    const series = this.#series.get(metricKey(reading.metric)) ?? [];
    for (let index = firstAtOrAfter(series, startMs); index < series.length; index += 1) {
      const datum = series[index];
      if (datum === undefined || datum.timestampMs >= window.endMs) break;
      if (datum.visibleAtMs > atMs || (reading.unit !== undefined && reading.unit !== datum.unit)) continue;
      buckets[Math.floor((datum.timestampMs - startMs) / window.periodMs)]?.push(...datum.values);
    }
    return buckets.map((samples) =>
      samples.length === 0
        ? undefined
        : { value: applyStatistic(reading.statistic, samples), sampleCount: samples.length },
    );
  }

  /** Gives up what is older than this, in milliseconds since 1970: a world that runs for days would fill the memory. */
  forgetBefore(ms: number): void {
    for (const series of this.#series.values()) series.splice(0, firstAtOrAfter(series, ms));
  }

  /** Whether a reader has ever seen a value of this metric, inside any window or not. */
  wasPublished(metric: MetricIdentity, atMs: number): boolean {
    return (this.#series.get(metricKey(metric)) ?? []).some(({ visibleAtMs }) => visibleAtMs <= atMs);
  }
}

/** Index of the first datum that is not before this moment; the length when all are. */
function firstAtOrAfter(series: readonly StoredDatum[], ms: number): number {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((series[middle]?.timestampMs ?? Infinity) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
