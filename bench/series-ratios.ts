import type { SeriesResult } from './run-series.ts';
import type { Figure, RatioName, RatioResult } from './scenario.ts';
import { COMPARED, DEFAULT_SETTING, IN_REGION_LATENCY_MS } from './scenario.ts';
import { directId } from './scenarios/direct.ts';
import type { Setting } from './scenarios/ours.ts';
import { oursColdId, oursId } from './scenarios/ours.ts';
import { compare, summarize } from './statistics.ts';

const BATCH_1000 = oursId({ batchSize: 1_000, lanes: 1 }, 0);
const BATCH_10000 = oursId({ batchSize: 10_000, lanes: 1 }, 0);

/** Two series: the rate of the first is divided by that of the second. */
type Division = readonly [dividend: string, divisor: string];

/** How much faster this project is at a setting. What peers take per event does not depend on the batch size. */
function peerRatios(setting: Setting) {
  return {
    vsPerEvent0ms: [oursId(setting, 0), 'per-event@0ms'],
    vsPerEvent17ms: [oursId(setting, IN_REGION_LATENCY_MS), 'per-event@17ms'],
    vsPowertools0ms: [oursId(setting, 0), 'powertools-batch@0ms'],
    vsBatchExecute0ms: [oursId(setting, 0), 'batch-execute@0ms'],
    vsDirect: [oursId(setting, 0), directId(setting)],
  } as const satisfies Partial<Record<RatioName, Division>>;
}

/** Each speed ratio as a division. */
const SPEED_RATIOS = {
  ...peerRatios(COMPARED),
  // Time per event is the inverse of the rate.
  batch10000vs1000: [BATCH_1000, BATCH_10000],
} as const satisfies Partial<Record<RatioName, Division>>;

const CALL_RATIOS = {
  callsPer1000Warm: BATCH_1000,
  callsPer1000Cold: oursColdId(0),
} as const satisfies Partial<Record<RatioName, string>>;

/** The ratios that come from throughput series; a series that failed or was not run gives a reason instead. */
export function seriesRatios(results: readonly SeriesResult[]): Readonly<Partial<Record<RatioName, RatioResult>>> {
  const speeds = Object.entries(SPEED_RATIOS).map(([name, division]) => [name, divide(results, division)]);
  const calls = Object.entries(CALL_RATIOS).map(([name, id]) => {
    const result = find(results, id);
    return [name, 'refused' in result ? result : summarize(result.callsPer1000).median];
  });
  return Object.fromEntries([...speeds, ...calls]) as Partial<Record<RatioName, RatioResult>>;
}

/** The same with the batch size of a stack that nobody has tuned, as far as the series were run and succeeded. */
export function ratiosByDefault(results: readonly SeriesResult[]): readonly Figure[] {
  return Object.entries(peerRatios(DEFAULT_SETTING)).flatMap(([name, division]) => {
    const value = divide(results, division);
    return typeof value === 'number' ? [{ says: `\`${name}\``, value, unit: 'times' }] : [];
  });
}

function find(results: readonly SeriesResult[], id: string): SeriesResult | { readonly refused: string } {
  const result = results.find((candidate) => candidate.id === id);
  if (result === undefined) return { refused: `${id} was not run` };
  return result.failure === undefined ? result : { refused: `${id} failed: ${result.failure}` };
}

function divide(results: readonly SeriesResult[], division: Division): RatioResult {
  const [dividend, divisor] = [find(results, division[0]), find(results, division[1])];
  if ('refused' in dividend) return dividend;
  if ('refused' in divisor) return divisor;
  const comparison = compare(dividend.rates, divisor.rates);
  return comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason };
}
