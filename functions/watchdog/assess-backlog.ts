import type { HeldPosition } from './read-held-positions.ts';
import type { ShardProbe, ShardState } from './shard-state.ts';

/** What all shards are judged by. */
export interface AssessmentInput {
  readonly shards: readonly ShardState[];
  /** Positions that are held, of any shard. */
  readonly held: readonly HeldPosition[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Retention of the stream as it is now. */
  readonly retentionSeconds: number;
  /** Lanes per shard. */
  readonly parallelizationFactor: number;
}

/** The two numbers that page, where the worse of them comes from, and how much of the stream they cover. */
export interface Assessment {
  /** Age of the oldest record that is not committed, of the shards that could be judged; 0 when there is none. */
  readonly backlogAgeSeconds: number;
  /** Retention minus that age; below 0 records are being lost. */
  readonly timeToDataLossSeconds: number;
  /** The shard with the oldest record; undefined when caught up. */
  readonly worstShardId: string | undefined;
  /** Shards whose age is known. With none of several, the two numbers say nothing. */
  readonly shardsJudged: number;
  /** Shards whose reads found no record and no end. */
  readonly shardsUnknown: number;
  /** Shards whose reads failed. */
  readonly shardsUnreadable: number;
}

/**
 * Judges how far behind the consumer is, from every shard's committed position and the record that follows it.
 *
 * With one lane per shard this is exact: commits go in order, so all before the newest committed record is committed.
 * With more lanes a slow lane is behind the newest commit of its shard; while it is moving, its own commits show how
 * far it is. A lane that does not move at all leaves a note of the record at which it stands. Only one that never gets
 * as far as the database leaves nothing there: its invocations tell, through Lambda's iterator age, errors and
 * throttles, each with its own alarm.
 */
export function assessBacklog(input: AssessmentInput): Assessment {
  let worst = { ageMs: 0, shardId: undefined as string | undefined };
  let shardsJudged = 0;
  for (const shard of input.shards) {
    const ageMs = ageOf(shard, input);
    if (ageMs === undefined) continue;
    shardsJudged += 1;
    if (ageMs > worst.ageMs) worst = { ageMs, shardId: shard.position.shardId };
  }
  for (const { arrivalMs, shardId } of input.held) {
    const ageMs = input.nowMs - arrivalMs;
    if (ageMs > worst.ageMs) worst = { ageMs, shardId };
  }
  const backlogAgeSeconds = worst.ageMs / 1000;
  const count = (kind: ShardProbe['kind']): number => input.shards.filter(({ probe }) => probe.kind === kind).length;
  return {
    backlogAgeSeconds,
    timeToDataLossSeconds: input.retentionSeconds - backlogAgeSeconds,
    worstShardId: worst.shardId,
    shardsJudged,
    shardsUnknown: count('unknown'),
    shardsUnreadable: count('unreadable'),
  };
}

/** Undefined where nothing is known: an age that was guessed would page, or hide what should. */
function ageOf({ position, probe }: ShardState, input: AssessmentInput): number | undefined {
  if (probe.kind === 'caught-up') return 0;
  const slowest = input.parallelizationFactor > 1 ? position.slowestLaneArrivalMs : undefined;
  const arrivals = [arrivalOf(probe), slowest].filter((arrival) => arrival !== undefined);
  if (arrivals.length === 0) return undefined;
  // A clock that is behind the stream's makes a record of the future: it is new.
  return Math.max(0, input.nowMs - Math.min(...arrivals));
}

function arrivalOf(probe: Exclude<ShardProbe, { readonly kind: 'caught-up' }>): number | undefined {
  return probe.kind === 'record' ? probe.arrivalMs : probe.knownArrivalMs;
}
