import { BATCH_METRICS, WATCHDOG_METRICS } from '../contract/metrics.ts';
import { batchMs, recordsPerBatch, writeRequests } from './batch-time.ts';
import { lanesOf } from './outlook.ts';
import type { PlanInput, ShardLoad, Workload } from './plan-input.ts';
import type { Prices } from './prices.ts';

/** The Data API counts a request for each of so many bytes that go in and out. */
const DATA_API_UNIT_BYTES = 32 * 1024;
/** The text of a write, whatever its rows: that of the example function. */
const STATEMENT_BYTES = 6_000;
/** What a record's own statement has beside its values. */
const RECORD_STATEMENT_BYTES = 500;

const HOURS = 730;
const SECONDS = HOURS * 3_600;
const DAY = 86_400;
const PUT_UNIT_BYTES = 25 * 1024;
const GB = 1024 ** 3;
/** What Lambda and the summary of a batch write to the log. */
const LOG_BYTES_PER_BATCH = 1_500;
/** About as many as a stack has. */
const ALARMS = 40;
/** A watchdog that asks every minute keeps a cluster awake. */
const LEAST_ACU = 0.5;

/** What so many batches use. */
export interface Usage {
  readonly invocations: number;
  readonly gbSeconds: number;
  /** Data API requests as they are billed: one for each 32 KB. */
  readonly dataApiUnits: number;
}

/** What a month costs, part by part, in USD. */
export interface MonthlyCost {
  readonly stream: number;
  readonly lambda: number;
  readonly dataApi: number;
  readonly database: number;
  readonly monitoring: number;
}

/**
 * Data API requests as they are billed. One of 4 MB counts as 128 of them, so calls alone say nothing of the costs.
 *
 * @param bytes what one request sends and gets
 */
export function dataApiUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / DATA_API_UNIT_BYTES));
}

/** What Lambda and the Data API cost for what was used, in USD. */
export function usageCostUsd(usage: Usage, prices: Prices): { readonly lambda: number; readonly dataApi: number } {
  return {
    lambda: usage.gbSeconds * prices.lambdaGbSecondUsd + (usage.invocations / 1e6) * prices.millionLambdaRequestsUsd,
    dataApi: dataApiCostUsd(usage.dataApiUnits, prices),
  };
}

function dataApiCostUsd(units: number, prices: Prices): number {
  const upToABillion = Math.min(units, 1e9);
  return (
    (upToABillion / 1e6) * prices.millionDataApiUnitsUsd +
    ((units - upToABillion) / 1e6) * prices.millionDataApiUnitsAboveABillionUsd
  );
}

/** What it takes to process records, in batches of the same size. */
function usageOf(records: number, perBatch: number, { settings, workload }: PlanInput): Usage {
  if (records === 0 || perBatch === 0) return { invocations: 0, gbSeconds: 0, dataApiUnits: 0 };
  const invocations = records / perBatch;
  return {
    invocations,
    gbSeconds: (invocations * batchMs(perBatch, workload) * settings.memoryMb) / 1024 / 1000,
    dataApiUnits: invocations * unitsOfBatch(perBatch, workload),
  };
}

function unitsOfBatch(records: number, workload: Workload): number {
  const { callsPerBatch, callsPerRecord, requestBytesPerRecord } = workload;
  if (callsPerRecord > 0) {
    return records * callsPerRecord * dataApiUnits(requestBytesPerRecord + RECORD_STATEMENT_BYTES);
  }
  const requests = writeRequests(records, workload);
  const bytes = (records * requestBytesPerRecord) / requests + STATEMENT_BYTES;
  return callsPerBatch - 1 + requests * dataApiUnits(bytes);
}

/** What a month costs in which nothing is wrong and the same keeps arriving. */
export function monthlyCost(input: PlanInput, prices: Prices): MonthlyCost {
  const usage = input.shards.map((load) => steadyMonth(load, input)).reduce(addUsage);
  const metrics = Object.keys(BATCH_METRICS).length + Object.keys(WATCHDOG_METRICS).length;
  return {
    stream: streamCostUsd(input, prices),
    ...usageCostUsd(usage, prices),
    database: steadyAcu(input) * HOURS * prices.acuHourUsd,
    monitoring:
      ALARMS * prices.alarmMonthUsd +
      metrics * prices.metricMonthUsd +
      ((usage.invocations * LOG_BYTES_PER_BATCH) / GB) * prices.logGbUsd,
  };
}

function addUsage(a: Usage, b: Usage): Usage {
  return {
    invocations: a.invocations + b.invocations,
    gbSeconds: a.gbSeconds + b.gbSeconds,
    dataApiUnits: a.dataApiUnits + b.dataApiUnits,
  };
}

/** A lane is given what came since the last look, a second or a batching window ago. */
function steadyMonth(load: ShardLoad, input: PlanInput): Usage {
  const { settings, workload } = input;
  const perLook = load.arrivalRate * Math.max(1, settings.maxBatchingWindowSeconds);
  const batches = Math.max(1, Math.min(perLook, lanesOf(load, settings)));
  const perBatch = Math.min(Math.max(1, perLook / batches), recordsPerBatch(settings, workload));
  return usageOf(load.arrivalRate * SECONDS, perBatch, input);
}

/** Capacity that keeps up with what arrives. */
function steadyAcu(input: PlanInput): number {
  const arrivalRate = input.shards.reduce((sum, load) => sum + load.arrivalRate, 0);
  return Math.max(LEAST_ACU, input.settings.minAcu, acuFor(arrivalRate, input));
}

/** Capacity that writes so many records a second, in steps of 0.5; no more than the cluster may have. */
function acuFor(rate: number, { settings, workload }: PlanInput): number {
  return Math.min(settings.maxAcu, Math.ceil((2 * rate) / workload.recordsPerAcuSecond) / 2);
}

function streamCostUsd({ shards, settings, workload }: PlanInput, prices: Prices): number {
  const { recordBytes, retentionSeconds, streamMode } = workload;
  const rate = shards.reduce((sum, { arrivalRate }) => sum + arrivalRate, 0);
  const gbPerMonth = (rate * SECONDS * recordBytes) / GB;
  const fanOut = settings.enhancedFanOut
    ? shards.length * HOURS * prices.fanOutShardHourUsd + gbPerMonth * prices.fanOutGbUsd
    : 0;
  const longGb = (rate * recordBytes * Math.max(0, retentionSeconds - 7 * DAY)) / GB;
  const kept = longGb * prices.longRetentionGbMonthUsd;
  if (streamMode === 'on-demand') {
    return (
      HOURS * prices.onDemandStreamHourUsd +
      gbPerMonth * (prices.onDemandGbInUsd + prices.onDemandGbOutUsd) +
      fanOut +
      kept
    );
  }
  const shardHour = prices.shardHourUsd + (retentionSeconds > DAY ? prices.extendedRetentionShardHourUsd : 0);
  const putUnits = rate * SECONDS * Math.ceil(recordBytes / PUT_UNIT_BYTES);
  return shards.length * HOURS * shardHour + (putUnits / 1e6) * prices.millionPutUnitsUsd + fanOut + kept;
}

/**
 * What it costs to work off the backlog, beside what the stack costs anyway. It hardly depends on the speed: the same records are
 * processed, and a larger database is needed for a shorter time.
 *
 * @param seconds how long it takes, finite
 */
export function catchUpCostUsd(input: PlanInput, seconds: number, prices: Prices): number {
  const backlog = input.shards.reduce((sum, { backlogRecords = 0 }) => sum + backlogRecords, 0);
  if (backlog === 0) return 0;
  const arrivalRate = input.shards.reduce((sum, load) => sum + load.arrivalRate, 0);
  const { lambda, dataApi } = usageCostUsd(
    usageOf(backlog, recordsPerBatch(input.settings, input.workload), input),
    prices,
  );
  const acu = acuFor(arrivalRate + backlog / Math.max(1, seconds), input);
  const acuHours = (Math.max(0, acu - steadyAcu(input)) * seconds) / 3_600;
  return lambda + dataApi + acuHours * prices.acuHourUsd;
}
