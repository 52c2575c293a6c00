import type { MetricDatum } from '../../local/cloudwatch/metrics/metric.ts';

/** Seconds by which a gauge that was carried on may differ from one that was measured: clocks run while a run lasts. */
const TOLERANCE_SECONDS = 5;

/**
 * What the watchdog would publish later if nothing happens meanwhile: ages grow with the time, what is left before data is
 * lost shrinks with it, and all else stays.
 *
 * @param data of one run of the watchdog
 * @param byMs how much later
 */
export function carryGauges(data: readonly MetricDatum[], byMs: number): readonly MetricDatum[] {
  return data.map((datum) => ({
    ...datum,
    timestampMs: datum.timestampMs + byMs,
    values: datum.values.map((value) => value + changePerSecond(datum, value) * (byMs / 1000)),
  }));
}

/** An age of 0 is the age of nothing. */
function changePerSecond({ metric, unit }: MetricDatum, value: number): number {
  if (unit !== 'Seconds') return 0;
  if (metric.name === 'TimeToDataLoss') return -1;
  return value > 0 ? 1 : 0;
}

/**
 * Holds what was carried on against what the watchdog found by itself.
 *
 * @returns one sentence for each gauge that differs
 */
export function gaugeDifferences(carried: readonly MetricDatum[], found: readonly MetricDatum[]): readonly string[] {
  const names = new Set([...carried, ...found].map(({ metric }) => metric.name));
  return [...names].flatMap((name) => {
    const [expected, got] = [carried, found].map((data) => data.find(({ metric }) => metric.name === name));
    const tolerance = expected?.unit === 'Seconds' ? TOLERANCE_SECONDS : 0;
    const isSame = Math.abs((expected?.values[0] ?? NaN) - (got?.values[0] ?? NaN)) <= tolerance;
    return isSame ? [] : [`${name} was carried on as ${show(expected)}, and is ${show(got)}`];
  });
}

function show(datum: MetricDatum | undefined): string {
  return datum === undefined ? 'nothing' : datum.values.join(', ');
}
