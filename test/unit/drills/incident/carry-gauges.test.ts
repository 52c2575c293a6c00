import { describe, expect, it } from 'vitest';
import { carryGauges, gaugeDifferences } from '../../../../drills/incident/carry-gauges.ts';
import type { MetricDatum } from '../../../../local/cloudwatch/metrics/metric.ts';

function datum(name: string, value: number, unit = 'Count'): MetricDatum {
  const metric = { namespace: 'Test', name, dimensions: { service: 'orders' } };
  return { metric, timestampMs: 1_000, values: [value], unit };
}

const GAUGES = [
  datum('BacklogAge', 90, 'Seconds'),
  datum('TimeToDataLoss', 600_000, 'Seconds'),
  datum('QuarantineOpenAge', 0, 'Seconds'),
  datum('MappingEnabled', 0),
];

describe('gauges that are carried on', () => {
  it('grow older by the time that passes, unless nothing is old, and come nearer to data loss', () => {
    const carried = carryGauges(GAUGES, 60_000);
    expect(carried.map(({ values }) => values[0])).toEqual([150, 599_940, 0, 0]);
    expect(carried.map(({ timestampMs }) => timestampMs)).toEqual([61_000, 61_000, 61_000, 61_000]);
  });

  it('must be what is found later: a moment apart for ages, exactly for all else', () => {
    expect(gaugeDifferences(GAUGES, [datum('BacklogAge', 94, 'Seconds'), ...GAUGES.slice(1)])).toEqual([]);
    expect(gaugeDifferences(GAUGES, [datum('BacklogAge', 96, 'Seconds'), ...GAUGES.slice(1)])).toEqual([
      'BacklogAge was carried on as 90, and is 96',
    ]);
    expect(gaugeDifferences(GAUGES, [...GAUGES.slice(0, 3), datum('MappingEnabled', 1)])).toHaveLength(1);
  });

  it('must all be found, and no other', () => {
    expect(gaugeDifferences(GAUGES, GAUGES.slice(1))).toEqual(['BacklogAge was carried on as 90, and is nothing']);
    expect(gaugeDifferences(GAUGES.slice(1), GAUGES)).toEqual(['BacklogAge was carried on as nothing, and is 90']);
  });
});
