import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute, Row } from '../../data-api/execute.ts';
import type { ShardSample, StackSample } from '../../progress/verdict.ts';

/** What was committed of a shard in one minute. */
interface CommittedMinute {
  /** Minutes ago, from 0. */
  readonly ago: number;
  readonly records: number;
  /** Arrival of the oldest record of those batches, in milliseconds since 1970. */
  readonly oldestArrivalMs: number;
}

/** What the batch log tells of a shard. */
export interface ShardHistory {
  readonly shardId: string;
  /** Of the last hour; those without a commit are left out. */
  readonly minutes: readonly CommittedMinute[];
  /** Most records that were committed in a minute of the last day; 0 when none were. */
  readonly mostPerMinute: number;
  /** Records that arrived per second, over all that was committed in the last day; undefined when that is too little. */
  readonly arrivalsPerSecond: number | undefined;
}

/** What the batch log tells of a consumer. */
export interface CommitHistory {
  readonly shards: readonly ShardHistory[];
  /** Build that committed last; undefined when nothing was committed in a day. */
  readonly buildVersion: string | undefined;
}

/** The verdict looks back so far. */
const WINDOW_MINUTES = 60;

/** One row for each shard: a result holds 1 MiB, which is some 500 shards of a kilobyte or two. */
const HISTORY_SQL = `
WITH minutes AS (
  SELECT shard_id, floor(extract(epoch FROM now() - committed_at) / 60)::integer AS ago, sum(records) AS records,
    min(oldest_arrival_at) AS oldest, max(newest_arrival_at) AS newest, max(id) AS last_id
  FROM ${FRAMEWORK_TABLES.batchLog}
  WHERE function_name = CAST(:function_name AS text) AND committed_at > now() - interval '1 day'
  GROUP BY 1, 2
)
SELECT shard_id,
  coalesce(jsonb_agg(jsonb_build_array(ago, records, round(extract(epoch FROM oldest) * 1000)))
    FILTER (WHERE ago < ${WINDOW_MINUTES}), '[]')::text,
  max(records)::bigint, sum(records)::bigint,
  extract(epoch FROM max(newest) - min(oldest))::bigint,
  (SELECT code_version FROM ${FRAMEWORK_TABLES.batchLog} WHERE id = (SELECT max(last_id) FROM minutes))
FROM minutes GROUP BY shard_id`;

/** Arrivals over less time say little. */
const MIN_ARRIVAL_SECONDS = 60;

/**
 * Reads what was committed lately.
 *
 * @param execute runs the statement
 * @param functionName whose batches
 */
export async function readCommitHistory(execute: Execute, functionName: string): Promise<CommitHistory> {
  const { rows } = await execute(HISTORY_SQL, { function_name: functionName });
  const shards = rows.map(toShardHistory);
  return { shards, buildVersion: rows[0]?.[5]?.stringValue };
}

function toShardHistory(row: Row): ShardHistory {
  const text = (column: number): string | undefined => row[column]?.stringValue;
  const number = (column: number): number => row[column]?.longValue ?? 0;
  const [records, seconds] = [number(3), number(4)];
  const minutes = JSON.parse(text(1) ?? '[]') as readonly (readonly [number, number, number])[];
  return {
    shardId: text(0) ?? '',
    minutes: minutes.map(([ago, count, oldestArrivalMs]) => ({ ago, records: count, oldestArrivalMs })),
    mostPerMinute: number(2),
    arrivalsPerSecond: seconds >= MIN_ARRIVAL_SECONDS ? records / seconds : undefined,
  };
}

/** What a run of the watchdog would have seen of a shard now. */
export interface PresentAge {
  readonly shardId: string;
  readonly ageSeconds: number | undefined;
}

/**
 * Reckons what the watchdog would have seen in each minute of the last hour. What is committed later than a minute was
 * not committed then: the oldest record of it, or of what is still not committed, is what a shard was behind by.
 *
 * @param present what was seen just now
 * @returns oldest first, the last one being now
 */
export function samplesOf(
  { shards }: Pick<CommitHistory, 'shards'>,
  present: readonly PresentAge[],
  nowMs: number,
): readonly StackSample[] {
  const histories = new Map(shards.map((shard) => [shard.shardId, shard.minutes]));
  const series = present.map((shard) => shardSeries(shard, histories.get(shard.shardId) ?? [], nowMs));
  return Array.from({ length: WINDOW_MINUTES }, (_, index) => {
    const ago = WINDOW_MINUTES - 1 - index;
    return { atMs: nowMs - ago * 60_000, shards: series.flatMap((samples) => samples[ago] ?? []) };
  });
}

/** A shard's samples by minutes ago. */
function shardSeries(
  { shardId, ageSeconds }: PresentAge,
  minutes: readonly CommittedMinute[],
  nowMs: number,
): readonly ShardSample[] {
  const byAgo = new Map(minutes.map((minute) => [minute.ago, minute]));
  let oldestMs = ageSeconds === undefined || ageSeconds === 0 ? Infinity : nowMs - 1000 * ageSeconds;
  return Array.from({ length: WINDOW_MINUTES }, (_, ago) => {
    const atMs = nowMs - ago * 60_000;
    const age = Math.max(0, (atMs - oldestMs) / 1000);
    const committed = byAgo.get(ago);
    oldestMs = Math.min(oldestMs, committed?.oldestArrivalMs ?? Infinity);
    return { shardId, ageSeconds: ageSeconds === undefined ? undefined : age, hasMoved: committed !== undefined };
  });
}
