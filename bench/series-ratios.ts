import type { SeriesResult } from './run-series.ts';
import type { RatioName, RatioResult } from './scenario.ts';
import { COMPARED, IN_REGION_LATENCY_MS } from './scenario.ts';
import { oursColdId, oursId } from './scenarios/ours.ts';
import { compare, summarize } from './statistics.ts';

const BATCH_1000 = oursId({ batchSize: 1_000, lanes: 1 }, 0);
const BATCH_10000 = oursId({ batchSize: 10_000, lanes: 1 }, 0);

/** Each speed ratio as the series whose rate is divided, and by which. */
const SPEED_RATIOS = {
  vsPerEvent0ms: [oursId(COMPARED, 0), 'per-event@0ms'],
  vsPerEvent17ms: [oursId(COMPARED, IN_REGION_LATENCY_MS), 'per-event@17ms'],
  vsPowertools0ms: [oursId(COMPARED, 0), 'powertools-batch@0ms'],
  vsBatchExecute0ms: [oursId(COMPARED, 0), 'batch-execute@0ms'],
  vsDirect: [oursId(COMPARED, 0), 'direct@0ms'],
  // Time per event is the inverse of the rate.
  batch10000vs1000: [BATCH_1000, BATCH_10000],
} as const satisfies Partial<Record<RatioName, readonly [string, string]>>;

const CALL_RATIOS = {
  callsPer1000Warm: BATCH_1000,
  callsPer1000Cold: oursColdId(0),
} as const satisfies Partial<Record<RatioName, string>>;

/** The ratios that come from throughput series; a series that failed or was not run gives a reason instead. */
export function seriesRatios(results: readonly SeriesResult[]): Readonly<Partial<Record<RatioName, RatioResult>>> {
  const find = (id: string): SeriesResult | { readonly refused: string } => {
    const result = results.find((candidate) => candidate.id === id);
    if (result === undefined) return { refused: `${id} was not run` };
    return result.failure === undefined ? result : { refused: `${id} failed: ${result.failure}` };
  };
  const speeds = Object.entries(SPEED_RATIOS).map(([name, [dividend, divisor]]) => [
    name,
    speedRatio(find(dividend), find(divisor)),
  ]);
  const calls = Object.entries(CALL_RATIOS).map(([name, id]) => {
    const result = find(id);
    return [name, 'refused' in result ? result : summarize(result.callsPer1000).median];
  });
  return Object.fromEntries([...speeds, ...calls]) as Partial<Record<RatioName, RatioResult>>;
}

type Found = SeriesResult | { readonly refused: string };

function speedRatio(dividend: Found, divisor: Found): RatioResult {
  if ('refused' in dividend) return dividend;
  if ('refused' in divisor) return divisor;
  const comparison = compare(dividend.rates, divisor.rates);
  return comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason };
}
