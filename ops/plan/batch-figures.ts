import { fitBatchTime, type FittedBatchTime, type MeasuredBatch } from '../../planner/batch-time.ts';
import { FIGURES, type PlanFigures } from './plan-figures.ts';

/** What is said of a stack whose batches nobody has measured. */
export const BATCHES_UNKNOWN = 'no batch finished in the last hour, so the batch time is that of the example function';

/** Batches that were measured, wherever that was. */
export interface MeasuredBatches {
  /** At least one. */
  readonly batches: readonly MeasuredBatch[];
  /** Data API calls of a batch, on average. */
  readonly callsPerBatch: number;
  /** Milliseconds that the network adds to each of them. */
  readonly callLatencyMs: number;
}

/** What a batch takes, by its records. */
export function batchFigures({ batches, callsPerBatch, callLatencyMs }: MeasuredBatches): PlanFigures {
  const calls = Math.max(1, Math.round(callsPerBatch));
  const { fixedMs, ...fitted } = fitBatchTime(batches) ?? usualBatch(batches);
  return { callsPerBatch: calls, batchOverheadMs: Math.max(0, fixedMs - calls * callLatencyMs), ...fitted };
}

/** Batches of one size do not say what a record takes: it is taken to be what it usually is. */
function usualBatch(batches: readonly MeasuredBatch[]): FittedBatchTime {
  const usual = FIGURES.recordMicroseconds.fallback ?? 0;
  const [records, ms] = [mean(batches.map((batch) => batch.records)), mean(batches.map((batch) => batch.ms))];
  const recordMicroseconds = Math.min(usual, (1000 * ms) / Math.max(1, records));
  const fixedMs = ms - (records * recordMicroseconds) / 1000;
  return { fixedMs, recordMicroseconds, p90Ratio: FIGURES.p90Ratio.fallback ?? 1 };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
