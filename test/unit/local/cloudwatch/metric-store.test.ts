import { describe, expect, it } from 'vitest';
import { MetricStore, type Sample } from '../../../../local/cloudwatch/metrics/metric-store.ts';
import type { MetricDatum } from '../../../../local/cloudwatch/metrics/metric.ts';
import { applyStatistic, parseStatistic, significantSamples } from '../../../../local/cloudwatch/metrics/statistic.ts';
import { metricNamed, START_MS } from '../../../support/cloudwatch-alarms.ts';

const LATER_MS = START_MS + 3_600_000;
const MAXIMUM = { metric: metricNamed('m'), statistic: { kind: 'Maximum' } } as const;

function datum(second: number, value: number, rest: Partial<MetricDatum> = {}): MetricDatum {
  return { metric: metricNamed('m'), timestampMs: START_MS + second * 1000, values: [value], ...rest };
}

function storeOf(...data: readonly MetricDatum[]): MetricStore {
  const store = new MetricStore();
  for (const each of data) store.put(each, each.timestampMs);
  return store;
}

/** Values of the three minutes that end at this second. */
function threeMinutes(store: MetricStore, endSecond: number): readonly (number | undefined)[] {
  const window = { endMs: START_MS + endSecond * 1000, periodMs: 60_000, periods: 3 };
  return store.read(MAXIMUM, window, LATER_MS).map((sample: Sample | undefined) => sample?.value);
}

describe('reading a metric', () => {
  it('gives one value per period, and none where nothing was published', () => {
    expect(threeMinutes(storeOf(datum(10, 1), datum(50, 3), datum(130, 2)), 180)).toEqual([3, undefined, 2]);
  });

  it('takes a value into the period that begins at its minute, not into the one that ends there', () => {
    expect(threeMinutes(storeOf(datum(60, 1)), 180)).toEqual([undefined, 1, undefined]);
    expect(threeMinutes(storeOf(datum(180, 1)), 180)).toEqual([undefined, undefined, undefined]);
  });

  it('keeps values by the minute, and by the second when they are of high resolution', () => {
    const window = { endMs: START_MS + 60_000, periodMs: 10_000, periods: 6 };
    const read = (store: MetricStore): number =>
      store.read(MAXIMUM, window, LATER_MS).findIndex((sample) => sample !== undefined);
    expect(read(storeOf(datum(25, 1)))).toBe(0);
    expect(read(storeOf(datum(25, 1, { resolutionSeconds: 1 })))).toBe(2);
  });

  it('finds values that came out of order', () => {
    expect(threeMinutes(storeOf(datum(600, 9), datum(130, 3), datum(10, 1), datum(70, 2)), 180)).toEqual([1, 2, 3]);
  });

  it('sees nothing that becomes visible later', () => {
    const store = new MetricStore();
    store.put(datum(0, 1), START_MS + 90_000);
    const window = { endMs: START_MS + 60_000, periodMs: 60_000, periods: 1 };
    expect(store.read(MAXIMUM, window, START_MS + 89_999)).toEqual([undefined]);
    expect(store.read(MAXIMUM, window, START_MS + 90_000)).toEqual([{ value: 1, sampleCount: 1 }]);
    expect(store.wasPublished(metricNamed('m'), START_MS + 89_999)).toBe(false);
    expect(store.wasPublished(metricNamed('m'), START_MS + 90_000)).toBe(true);
  });

  it('goes by the unit when it asks for one', () => {
    const store = storeOf(datum(0, 5, { unit: 'Seconds' }), datum(0, 7, { unit: 'Count' }));
    const window = { endMs: START_MS + 60_000, periodMs: 60_000, periods: 1 };
    expect(store.read({ ...MAXIMUM, unit: 'Seconds' }, window, LATER_MS)).toEqual([{ value: 5, sampleCount: 1 }]);
    expect(store.read({ ...MAXIMUM, unit: 'Bytes' }, window, LATER_MS)).toEqual([undefined]);
  });

  it.each([
    { what: 'another name', other: { name: 'n' } },
    { what: 'another namespace', other: { namespace: 'Other' } },
    { what: 'one more dimension', other: { dimensions: { service: 'a' } } },
  ])('finds nothing under $what', ({ other }) => {
    expect(threeMinutes(storeOf(datum(10, 1, { metric: { ...metricNamed('m'), ...other } })), 180)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('does not care about the order of dimensions', () => {
    const store = storeOf(datum(0, 1, { metric: { ...metricNamed('m'), dimensions: { a: '1', b: '2' } } }));
    const reading = { ...MAXIMUM, metric: { ...metricNamed('m'), dimensions: { b: '2', a: '1' } } };
    const window = { endMs: START_MS + 60_000, periodMs: 60_000, periods: 1 };
    expect(store.read(reading, window, LATER_MS)).toEqual([{ value: 1, sampleCount: 1 }]);
  });
});

describe('a statistic', () => {
  it.each([
    ['Sum', 10],
    ['Average', 2.5],
    ['Minimum', 1],
    ['Maximum', 4],
    ['SampleCount', 4],
    ['p50', 2],
    ['p75', 3],
    ['p99.9', 4],
  ])('%s of 1 to 4 is %d', (text, value) => {
    expect(applyStatistic(parseStatistic(text)!, [3, 1, 4, 2])).toBe(value);
  });

  it.each(['p0', 'p100.1', 'tm90', 'IQM', 'PR(0:1)', 'sum', ''])('%j is refused', (text) => {
    expect(parseStatistic(text)).toBeUndefined();
  });

  it.each([
    ['p90', 100],
    ['p99', 1000],
    ['p99.9', 10_000],
    ['p50', 20],
    ['p10', 100],
    ['p100', 1],
    ['Sum', 1],
  ])('%s says something from %d samples on', (text, samples) => {
    expect(significantSamples(parseStatistic(text)!)).toBe(samples);
  });
});
