import type { ShardProbe, ShardState } from './shard-state.ts';

/** What all shards are judged by. */
export interface AssessmentInput {
  readonly shards: readonly ShardState[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Retention of the stream as it is now. */
  readonly retentionSeconds: number;
  /** Lanes per shard. */
  readonly parallelizationFactor: number;
}

/** The two numbers that page, and where the worse of them comes from. */
export interface Assessment {
  /** Age of the oldest record that is not committed; 0 when there is none. */
  readonly backlogAgeSeconds: number;
  /** Retention minus that age; below 0 records are being lost. */
  readonly timeToDataLossSeconds: number;
  /** The shard with the oldest record; undefined when caught up. */
  readonly worstShardId: string | undefined;
}

/**
 * Judges how far behind the consumer is, from every shard's committed position and the record that follows it.
 *
 * With one lane per shard this is exact: commits go in order, so all before the newest committed record is committed.
 * With more lanes a slow lane is behind the newest commit of its shard; while it is moving, its own commits show how
 * far it is. A lane that does not move at all leaves nothing in the database: its invocations tell, through Lambda's
 * iterator age, errors and throttles, each with its own alarm.
 */
export function assessBacklog(input: AssessmentInput): Assessment {
  let worst = { ageMs: 0, shardId: undefined as string | undefined };
  for (const shard of input.shards) {
    const ageMs = ageOf(shard, input);
    if (ageMs > worst.ageMs) worst = { ageMs, shardId: shard.position.shardId };
  }
  const backlogAgeSeconds = worst.ageMs / 1000;
  return {
    backlogAgeSeconds,
    timeToDataLossSeconds: input.retentionSeconds - backlogAgeSeconds,
    worstShardId: worst.shardId,
  };
}

function ageOf({ position, probe }: ShardState, input: AssessmentInput): number {
  const slowest = input.parallelizationFactor > 1 ? position.slowestLaneArrivalMs : undefined;
  return Math.max(
    // A clock that is behind the stream's makes a record of the future: it is new.
    0,
    probeAgeMs(probe, input.nowMs),
    slowest === undefined || probe.kind === 'caught-up' ? 0 : input.nowMs - slowest,
  );
}

function probeAgeMs(probe: ShardProbe, nowMs: number): number {
  switch (probe.kind) {
    case 'caught-up':
      return 0;
    case 'record':
      return nowMs - probe.arrivalMs;
    case 'behind':
      return probe.millisBehindLatest;
  }
}
