import { describe, expect, it } from 'vitest';
import type { SeriesResult } from '../../../bench/run-series.ts';
import { COMPARED, DEFAULT_SETTING } from '../../../bench/scenario.ts';
import { oursColdId, oursId } from '../../../bench/scenarios/ours.ts';
import { ratiosByDefault, seriesRatios } from '../../../bench/series-ratios.ts';

function series(id: string, rates: readonly number[], rest: Partial<SeriesResult> = {}): SeriesResult {
  return {
    id,
    says: '',
    latencyMs: 0,
    events: 1_000,
    rates,
    callsPer1000: [1],
    failure: undefined,
    interruptions: [],
    ...rest,
  };
}

const OURS = oursId(COMPARED, 0);

describe('seriesRatios', () => {
  it('divides the rate of this project by that of a peer', () => {
    const ratios = seriesRatios([series(OURS, [300, 400, 500]), series('per-event@0ms', [3, 4, 5])]);
    expect(ratios.vsPerEvent0ms).toBe(100);
  });

  it('takes time per event, not rate, for what a larger batch costs', () => {
    const [small, large] = [1_000, 10_000].map((batchSize) => oursId({ batchSize, lanes: 1 }, 0)) as [string, string];
    const ratios = seriesRatios([series(small, [10, 10, 10]), series(large, [20, 20, 20])]);
    expect(ratios.batch10000vs1000).toBe(0.5);
  });

  it('makes no ratio from a series whose tables were wrong, and says why', () => {
    const wrong = series(OURS, [300, 400, 500], { failure: '`flights` must hold 2 rows' });
    const ratios = seriesRatios([wrong, series('per-event@0ms', [3, 4, 5])]);
    expect(ratios.vsPerEvent0ms).toEqual({ refused: `${OURS} failed: \`flights\` must hold 2 rows` });
  });

  it('makes no ratio with a peer that was not run', () => {
    expect(seriesRatios([series(OURS, [1, 1, 1])]).vsPowertools0ms).toEqual({
      refused: 'powertools-batch@0ms was not run',
    });
  });

  it('counts calls per 1,000 events with a cold cache', () => {
    const ratios = seriesRatios([series(oursColdId(0), [1], { callsPer1000: [1.9, 2, 1.8] })]);
    expect(ratios.callsPer1000Cold).toBe(1.9);
  });
});

describe('ratiosByDefault', () => {
  it('divides the rate at the default batch size, where both series were run and right', () => {
    const results = [
      series(OURS, [900, 900, 900]),
      series(oursId(DEFAULT_SETTING, 0), [300, 400, 500]),
      series('per-event@0ms', [3, 4, 5]),
      series('batch-execute@0ms', [1, 1, 1], { failure: '`flights` must hold 2 rows' }),
    ];
    expect(ratiosByDefault(results)).toEqual([{ says: '`vsPerEvent0ms`', value: 100, unit: 'times' }]);
  });
});
