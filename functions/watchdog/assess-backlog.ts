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

/** Age of a shard's oldest record that is not committed. */
export interface ShardAge {
  readonly shardId: string;
  /** Undefined where nothing is known. */
  readonly ageSeconds: number | undefined;
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
  /** Every shard that was looked into, or that a held position is of. */
  readonly ages: readonly ShardAge[];
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
  const probed = input.shards.map((shard) => ({ shardId: shard.position.shardId, ageSeconds: ageOf(shard, input) }));
  const ages = withHeld(probed, input);
  const known = ages.filter((age): age is KnownAge => age.ageSeconds !== undefined);
  const worst = known.reduce((older, age) => (age.ageSeconds > older.ageSeconds ? age : older), NOTHING);
  const count = (kind: ShardProbe['kind']): number => input.shards.filter(({ probe }) => probe.kind === kind).length;
  return {
    backlogAgeSeconds: worst.ageSeconds,
    timeToDataLossSeconds: input.retentionSeconds - worst.ageSeconds,
    worstShardId: worst.shardId,
    shardsJudged: known.length,
    shardsUnknown: count('unknown'),
    shardsUnreadable: count('unreadable'),
    ages,
  };
}

interface KnownAge extends ShardAge {
  readonly ageSeconds: number;
}

const NOTHING: { readonly shardId: string | undefined; readonly ageSeconds: number } = {
  shardId: undefined,
  ageSeconds: 0,
};

/** A lane that stands still makes its shard as old as the record that it stands at. */
function withHeld(probed: readonly ShardAge[], { held, nowMs }: AssessmentInput): readonly ShardAge[] {
  const ages = new Map(probed.map(({ shardId, ageSeconds }) => [shardId, ageSeconds]));
  for (const { shardId, arrivalMs } of held) {
    ages.set(shardId, Math.max(0, ages.get(shardId) ?? 0, (nowMs - arrivalMs) / 1000));
  }
  return [...ages].map(([shardId, ageSeconds]) => ({ shardId, ageSeconds }));
}

/** Undefined where nothing is known: an age that was guessed would page, or hide what should. */
function ageOf({ position, probe }: ShardState, input: AssessmentInput): number | undefined {
  if (probe.kind === 'caught-up') return 0;
  const slowest = input.parallelizationFactor > 1 ? position.slowestLaneArrivalMs : undefined;
  const arrivals = [arrivalOf(probe), slowest].filter((arrival) => arrival !== undefined);
  if (arrivals.length === 0) return undefined;
  // A clock that is behind the stream's makes a record of the future: it is new.
  return Math.max(0, input.nowMs - Math.min(...arrivals)) / 1000;
}

function arrivalOf(probe: Exclude<ShardProbe, { readonly kind: 'caught-up' }>): number | undefined {
  return probe.kind === 'record' ? probe.arrivalMs : probe.knownArrivalMs;
}
