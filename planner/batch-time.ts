import { DATA_API_MAX_REQUEST_BYTES, LAMBDA_MAX_PAYLOAD_BYTES } from '../contract/limits.ts';
import type { CapacitySettings, Workload } from './plan-input.ts';

/** Bytes of a record in the invocation event: its data as base64, and the envelope around it. */
export function eventBytes(recordBytes: number): number {
  return 1.34 * recordBytes + 450;
}

/**
 * Records of a full batch: as many as the setting says, or as fit into the 6 MB of an invocation. 0 when not even one fits: such a
 * record can't be delivered.
 */
export function recordsPerBatch({ batchSize }: CapacitySettings, { recordBytes }: Workload): number {
  return Math.min(batchSize, Math.floor(LAMBDA_MAX_PAYLOAD_BYTES / eventBytes(recordBytes)));
}

/** Data API requests that write the rows of so many records: each takes 4 MiB. */
export function writeRequests(records: number, { requestBytesPerRecord }: Workload): number {
  return Math.max(1, Math.ceil((records * requestBytesPerRecord) / DATA_API_MAX_REQUEST_BYTES));
}

/** Time of a batch, in parts that behave differently. */
export interface BatchTime {
  /** Waiting for the network, and what does not grow with the batch. Lanes do this beside each other. */
  readonly waitMs: number;
  /** Work on the records, of which the database does only so much at a time. */
  readonly workMs: number;
}

/**
 * Time of a batch at the median.
 *
 * @param records of the batch, above 0
 */
export function batchTime(records: number, workload: Workload): BatchTime {
  const { callLatencyMs, callsPerBatch, callsPerRecord, batchOverheadMs, recordMicroseconds } = workload;
  // Where each record makes its own calls, none is made for the whole batch.
  const calls = callsPerRecord > 0 ? callsPerRecord * records : callsPerBatch - 1 + writeRequests(records, workload);
  return {
    waitMs: batchOverheadMs + calls * callLatencyMs,
    workMs: (records * Math.max(recordMicroseconds, LEAST_MICROSECONDS)) / 1000,
  };
}

/** Work that takes no time has no limit either. */
const LEAST_MICROSECONDS = 0.01;

/** Milliseconds of a batch at the median. */
export function batchMs(records: number, workload: Workload): number {
  const { waitMs, workMs } = batchTime(records, workload);
  return waitMs + workMs;
}

/** Records per second of one lane that takes full batches one after the other. */
export function laneRate(settings: CapacitySettings, workload: Workload): number {
  const records = recordsPerBatch(settings, workload);
  return records === 0 ? 0 : (1000 * records) / batchMs(records, workload);
}

/** One batch that was measured. */
export interface MeasuredBatch {
  readonly records: number;
  readonly ms: number;
}

/** What was measured, as a line. */
export interface FittedBatchTime {
  /** Milliseconds of a batch without records; calls included. */
  readonly fixedMs: number;
  readonly recordMicroseconds: number;
  /** Ninetieth percentile over the median of what batches took against the line. */
  readonly p90Ratio: number;
}

/**
 * Fits T(n) = fixed + n · record to batches, by the medians of batches of about the same size: one slow batch says nothing.
 *
 * @param batches of at least two sizes
 * @returns undefined when they are all of one size
 */
export function fitBatchTime(batches: readonly MeasuredBatch[]): FittedBatchTime | undefined {
  const points = [
    ...Map.groupBy(batches, ({ records }) => Math.round(4 * Math.log2(Math.max(1, records)))).values(),
  ].map((group) => ({
    records: quantile(
      group.map(({ records }) => records),
      0.5,
    ),
    ms: quantile(
      group.map(({ ms }) => ms),
      0.5,
    ),
    weight: group.length,
  }));
  const slope = weightedSlope(points);
  if (slope === undefined) return undefined;
  const perRecord = Math.max(0, slope.perRecord);
  const fixedMs = Math.max(0, slope.meanMs - perRecord * slope.meanRecords);
  const ratios = batches.map(({ records, ms }) => ms / Math.max(1e-6, fixedMs + perRecord * records));
  const middle = quantile(ratios, 0.5);
  const p90Ratio = Math.max(1, quantile(ratios, 0.9) / (middle > 0 ? middle : 1));
  return { fixedMs, recordMicroseconds: 1000 * perRecord, p90Ratio };
}

interface WeightedPoint extends MeasuredBatch {
  readonly weight: number;
}

function weightedSlope(
  points: readonly WeightedPoint[],
): { readonly perRecord: number; readonly meanMs: number; readonly meanRecords: number } | undefined {
  const total = points.reduce((sum, { weight }) => sum + weight, 0);
  const meanRecords = points.reduce((sum, { records, weight }) => sum + weight * records, 0) / total;
  const meanMs = points.reduce((sum, { ms, weight }) => sum + weight * ms, 0) / total;
  let covariance = 0;
  let variance = 0;
  for (const { records, ms, weight } of points) {
    covariance += weight * (records - meanRecords) * (ms - meanMs);
    variance += weight * (records - meanRecords) ** 2;
  }
  return variance > 0 ? { perRecord: covariance / variance, meanMs, meanRecords } : undefined;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
