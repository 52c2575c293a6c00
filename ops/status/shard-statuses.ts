import { PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import type { CommittedPositions } from '../../functions/watchdog/read-positions.ts';
import type { WatchReport } from '../../functions/watchdog/watch-stream.ts';
import type { ShardJudgement } from '../../progress/verdict.ts';
import type { CommitHistory, ShardHistory } from './commit-history.ts';
import type { Consumption } from './consumption.ts';
import type { Binding, LastMoment, ShardStatus } from './status.ts';

/** What the rows of the shards are made of. */
export interface ShardFacts {
  readonly history: CommitHistory | undefined;
  readonly positions: CommittedPositions | undefined;
  readonly consumption: Consumption | undefined;
  /** Lanes of a shard. */
  readonly parallelizationFactor: number;
}

/** The rate is that of so many minutes. */
const RATE_MINUTES = 5;

/** Puts together what is known of each shard. */
export function shardStatuses(judgements: readonly ShardJudgement[], facts: ShardFacts): readonly ShardStatus[] {
  const positions = new Map(facts.positions?.positions.map((position) => [position.shardId, position.lastArrivalMs]));
  const histories = historiesOf(facts.history);
  const behind = judgements.filter(isMovingBehind).length;
  return judgements.map((judgement) => {
    const { shardId } = judgement;
    const recordsPerSecond = facts.history === undefined ? undefined : rateOf(histories.get(shardId));
    const binding = isMovingBehind(judgement)
      ? bindingOf(recordsPerSecond ?? 0, { ...facts, shardsBehind: behind })
      : undefined;
    return { ...judgement, positionMs: positions.get(shardId), recordsPerSecond, binding };
  });
}

function historiesOf(history: CommitHistory | undefined): ReadonlyMap<string, ShardHistory> {
  return new Map(history?.shards.map((shard) => [shard.shardId, shard]));
}

function isMovingBehind({ verdict }: ShardJudgement): boolean {
  return verdict === 'CATCHING_UP' || verdict === 'SLOW';
}

function rateOf(history: ShardHistory | undefined): number {
  const recent = (history?.minutes ?? []).filter(({ ago }) => ago < RATE_MINUTES);
  return recent.reduce((total, { records }) => total + records, 0) / (60 * RATE_MINUTES);
}

/**
 * All standard readers of a shard together get this much.
 * {@link https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html}
 */
const SHARD_BYTES_PER_SECOND = 2 * 1024 * 1024;

/** This close to a limit counts as at it. */
const NEAR = 0.8;
const DATABASE_NEAR_PERCENT = 90;

/** With less than this share of its lanes at work, what is missing is keys that have records. */
const IDLE_LANES = 0.5;

function bindingOf(
  recordsPerSecond: number,
  { consumption, parallelizationFactor, shardsBehind }: ShardFacts & { readonly shardsBehind: number },
): Binding | undefined {
  const { busyLanes } = consumption ?? {};
  if (isStreamFull(recordsPerSecond, consumption)) return 'stream';
  if ((consumption?.databasePercent ?? 0) >= DATABASE_NEAR_PERCENT) return 'database';
  if (parallelizationFactor === PARALLELIZATION_FACTOR.min) return 'lanes';
  if (busyLanes === undefined) return undefined;
  return busyLanes < IDLE_LANES * parallelizationFactor * shardsBehind ? 'keys' : 'lanes';
}

function isStreamFull(recordsPerSecond: number, consumption: Consumption | undefined): boolean {
  const { bytesPerRecord = 0, refusedReads = 0 } = consumption ?? {};
  return refusedReads > 0 || recordsPerSecond * bytesPerRecord >= NEAR * SHARD_BYTES_PER_SECOND;
}

/**
 * When a catch-up must begin at the latest, so that nothing leaves the stream before it is read: what is behind, over
 * the fastest that the shard was ever seen in a day, less what arrives meanwhile. The first shard to lose something counts.
 *
 * @returns undefined when nothing is behind, or nobody knows how far
 */
export function lastMomentOf(
  judgements: readonly ShardJudgement[],
  facts: {
    readonly history: CommitHistory | undefined;
    readonly report: WatchReport | undefined;
    readonly nowMs: number;
  },
): LastMoment | undefined {
  const { history, report, nowMs } = facts;
  if (report === undefined) return undefined;
  const retentionSeconds = report.timeToDataLossSeconds + report.backlogAgeSeconds;
  const histories = historiesOf(history);
  const moments = judgements.flatMap(({ shardId, ageSeconds = 0, verdict }): readonly LastMoment[] => {
    if (verdict === 'OK' || ageSeconds === 0) return [];
    const lossMs = nowMs + 1000 * (retentionSeconds - ageSeconds);
    return [{ lossMs, catchUpSeconds: catchUpSeconds(ageSeconds, histories.get(shardId)) }];
  });
  return moments.toSorted((a, b) => startOf(a) - startOf(b))[0];
}

function startOf({ lossMs, catchUpSeconds: seconds = 0 }: LastMoment): number {
  return lossMs - 1000 * seconds;
}

function catchUpSeconds(ageSeconds: number, history: ShardHistory | undefined): number | undefined {
  const { mostPerMinute = 0, arrivalsPerSecond } = history ?? {};
  if (arrivalsPerSecond === undefined) return undefined;
  const surplus = mostPerMinute / 60 - arrivalsPerSecond;
  return surplus > 0 ? (ageSeconds * arrivalsPerSecond) / surplus : undefined;
}
