/** A shard and what waits in it. */
export interface ShardLoad {
  /** As Kinesis names it, or a number where nobody has asked it. */
  readonly shardId: string;
  /** Records per second that keep arriving, from 0. */
  readonly arrivalRate: number;
  /** Records that wait, from 0; undefined when nobody knows. */
  readonly backlogRecords: number | undefined;
  /** Age of the oldest of them in seconds, from 0. */
  readonly backlogAgeSeconds: number;
  /** Distinct partition keys among the records, from 1. */
  readonly partitionKeys: number;
  /** Share of the shard's records that have its busiest partition key, above 0 to 1. */
  readonly busiestKeyShare: number;
}

/** What can be turned. Names are those of the settings of a stage. */
export interface CapacitySettings {
  /** Records per invocation, 1 to 10,000. */
  readonly batchSize: number;
  /** Batches in flight per shard, 1 to 10. */
  readonly parallelizationFactor: number;
  /** Longest wait for a full batch, in seconds. */
  readonly maxBatchingWindowSeconds: number;
  /** Invocations at the same time, over all shards: reserved for the function, or what the account has left. */
  readonly concurrency: number;
  readonly minAcu: number;
  readonly maxAcu: number;
  /** Memory of the function. */
  readonly memoryMb: number;
  /** A consumer with its own 2 MB/s per shard. */
  readonly enhancedFanOut: boolean;
}

/** What cannot be turned in an incident: the records, the function, the database. */
export interface Workload {
  /** Bytes of a record's data and partition key. */
  readonly recordBytes: number;
  /** Bytes that a record adds to the body of a Data API request. */
  readonly requestBytesPerRecord: number;
  /** Milliseconds of a Data API call on top of its work. */
  readonly callLatencyMs: number;
  /** Data API calls of a batch, one after the other: 1 with a warm cache, 2 without. */
  readonly callsPerBatch: number;
  /** Data API calls that each record makes for itself, one after the other; 0 here, 2 or 3 where records are handled one by one. */
  readonly callsPerRecord: number;
  /** What a batch takes in milliseconds beside its calls, however few records it has. */
  readonly batchOverheadMs: number;
  /** What a record adds to its batch, in microseconds, from function and database together. */
  readonly recordMicroseconds: number;
  /** How much longer than the median the slowest tenth of batches take at least; from 1. */
  readonly p90Ratio: number;
  /** Records per second that one ACU can write. */
  readonly recordsPerAcuSecond: number;
  /** Capacity of the database when the catch-up starts. */
  readonly acuNow: number;
  /** Capacity that others use. */
  readonly acuOfOthers: number;
  /** Other consumers that share the 2 MB/s of a shard. */
  readonly otherReaders: number;
  /** What the first invocation of an execution environment takes longer. */
  readonly coldStartMs: number;
  /** How long the stream keeps records. */
  readonly retentionSeconds: number;
  readonly streamMode: 'provisioned' | 'on-demand';
}

/** Everything a plan is made from. */
export interface PlanInput {
  /** At least one. */
  readonly shards: readonly ShardLoad[];
  readonly settings: CapacitySettings;
  readonly workload: Workload;
  /** Why no time can be told whatever the figures say, such as a position that is held. */
  readonly obstacle?: string | undefined;
}

/** Load of a stream of which only totals are known. */
export interface StreamLoad {
  /** From 1. */
  readonly shards: number;
  readonly arrivalRate: number;
  readonly backlogAgeSeconds: number;
  /** Undefined for what arrives in the age of the backlog. */
  readonly backlogRecords: number | undefined;
  readonly partitionKeys: number;
  /** Records of the busiest shard against those of an average one, from 1. */
  readonly shardSkew: number;
  /** Share of all records that have the busiest partition key, 0 to 1; 0 when keys are equally busy. */
  readonly busiestKeyShare: number;
}

/**
 * Spreads a load over shards: one gets more, as skew and busiest key have it, and the others share the rest equally. A key is in one
 * shard, so a stream of fewer keys than shards has shards without records.
 */
export function spreadLoad(load: StreamLoad): readonly ShardLoad[] {
  const used = Math.min(load.shards, load.partitionKeys);
  const even = 1 / used;
  const withKey = load.busiestKeyShare + (1 - load.busiestKeyShare) * even;
  const first = Math.min(1, Math.max(load.shardSkew * even, load.busiestKeyShare > 0 ? withKey : 0));
  const rest = used > 1 ? (1 - first) / (used - 1) : 0;
  const partitionKeys = Math.max(1, Math.floor(load.partitionKeys / used));
  return Array.from({ length: load.shards }, (_, index) => {
    const share = index === 0 ? first : index < used ? rest : 0;
    const busiest = index === 0 && first > 0 ? load.busiestKeyShare / first : 0;
    return {
      shardId: String(index),
      arrivalRate: share * load.arrivalRate,
      backlogRecords: shareOf(share, load),
      backlogAgeSeconds: share > 0 ? load.backlogAgeSeconds : 0,
      partitionKeys,
      busiestKeyShare: Math.min(1, Math.max(busiest, 1 / partitionKeys)),
    };
  });
}

/** Without arrivals, the age of a backlog does not say how large it is. */
function shareOf(share: number, { arrivalRate, backlogAgeSeconds, backlogRecords }: StreamLoad): number | undefined {
  if (backlogRecords !== undefined) return share * backlogRecords;
  if (arrivalRate === 0 && backlogAgeSeconds > 0 && share > 0) return undefined;
  return share * arrivalRate * backlogAgeSeconds;
}
