import {
  spreadLoad,
  type CapacitySettings,
  type PlanInput,
  type StreamLoad,
  type Workload,
} from '../../planner/plan-input.ts';

const SETTINGS: CapacitySettings = {
  batchSize: 1_000,
  parallelizationFactor: 1,
  maxBatchingWindowSeconds: 1,
  concurrency: 900,
  minAcu: 8,
  maxAcu: 8,
  memoryMb: 1_024,
  enhancedFanOut: false,
};

const WORKLOAD: Workload = {
  recordBytes: 100,
  requestBytesPerRecord: 160,
  callLatencyMs: 20,
  callsPerBatch: 1,
  callsPerRecord: 0,
  batchOverheadMs: 0,
  recordMicroseconds: 80,
  p90Ratio: 1,
  recordsPerAcuSecond: 1e9,
  acuNow: 8,
  acuOfOthers: 0,
  otherReaders: 0,
  coldStartMs: 0,
  retentionSeconds: 7 * 86_400,
  streamMode: 'provisioned',
};

const LOAD: StreamLoad = {
  shards: 1,
  arrivalRate: 100,
  backlogAgeSeconds: 36_000,
  backlogRecords: undefined,
  partitionKeys: 1_000_000,
  shardSkew: 1,
  busiestKeyShare: 0,
};

/** What of a plan differs from one shard, ten hours behind at 100 records/s, that takes 0.1 s for a batch of 1,000. */
export interface PlanOverrides {
  readonly load?: Partial<StreamLoad>;
  readonly settings?: Partial<CapacitySettings>;
  readonly workload?: Partial<Workload>;
  readonly obstacle?: string;
}

/** An input whose figures are easy to reckon with. */
export function planInput({ load, settings, workload, obstacle }: PlanOverrides = {}): PlanInput {
  return {
    shards: spreadLoad({ ...LOAD, ...load }),
    settings: { ...SETTINGS, ...settings },
    workload: { ...WORKLOAD, ...workload },
    obstacle,
  };
}
