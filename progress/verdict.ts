import { describeDuration, describeMoment, describeRemainingTime, type WordsOptions } from './plain-words.ts';
import { RemainingTimeEstimator, type RemainingTime } from './remaining-time.ts';

/**
 * How a consumer is, the better before the worse. Its place in this list is the number that is published.
 *
 * - `OK`: nothing waits longer than it may.
 * - `CATCHING_UP`: behind, and shrinking, as far as can be told by now.
 * - `SLOW`: behind, positions move, and it does not shrink.
 * - `STALLED`: records of a shard wait, and its position stands still.
 * - `STOPPED`: nothing is read, or nothing moves at all.
 * - `HELD`: the function gives records back because going on would do harm, such as with a blown fuse.
 * - `BLIND`: nobody can say how far behind it is.
 */
export const VERDICTS = ['OK', 'CATCHING_UP', 'SLOW', 'STALLED', 'STOPPED', 'HELD', 'BLIND'] as const;

/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number];

/** The number of a verdict: 0 for `OK`, the worse the higher. */
export function verdictNumber(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}

/** A shard at one moment. */
export interface ShardSample {
  readonly shardId: string;
  /** Age of its oldest record that is not committed, 0 when there is none; undefined when it is not known. */
  readonly ageSeconds: number | undefined;
  /** Whether its committed position is another one than at the sample before; undefined when that is not known. */
  readonly hasMoved: boolean | undefined;
}

/** All shards at one moment. */
export interface StackSample {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly shards: readonly ShardSample[];
}

/** A position that is held now. */
export interface Hold {
  /** Undefined when it concerns all of them. */
  readonly shardId: string | undefined;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** Its kind, such as `fuse` or `configuration`. */
  readonly reason: string;
  /** What is wrong and what to do; may be empty. */
  readonly message: string;
}

/** What a consumer is judged by. */
export interface JudgementInput {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The last of them, oldest first; they should reach back further than `patienceSeconds`. */
  readonly samples: readonly StackSample[];
  /** Whether the event source mapping is enabled; undefined when it is not known. */
  readonly mappingEnabled: boolean | undefined;
  /** Whether somebody has said that it is to be disabled for a while. */
  readonly isPausedOnPurpose: boolean;
  readonly holds: readonly Hold[];
  /** Age of a backlog that nobody minds. */
  readonly pageWhenBehindSeconds: number;
  /**
   * How long a position may stand still, and a backlog not shrink, before that is a verdict: longer than an invocation
   * may take.
   */
  readonly patienceSeconds: number;
}

/** A verdict with what led to it. */
interface Finding {
  readonly verdict: Verdict;
  /** In words that fit after a colon, without a time of day. */
  readonly cause: string;
  /** Since when, in milliseconds since 1970, where that is known. */
  readonly sinceMs: number | undefined;
  /** Undefined where only a person can end it, or nothing is known. */
  readonly remaining: RemainingTime | undefined;
}

/** One shard's verdict. */
export interface ShardJudgement extends Finding {
  readonly shardId: string;
  /** Undefined when it is not known now. */
  readonly ageSeconds: number | undefined;
}

/** The verdict on a whole consumer: that of its worst shard, unless something concerns all. */
export interface Judgement extends Finding {
  /** The greatest age that is known; undefined when none is. */
  readonly ageSeconds: number | undefined;
  readonly shards: readonly ShardJudgement[];
  /** Shards that nothing is known about at present. The others are judged all the same. */
  readonly shardsUnknown: number;
  /** The samples do not reach back far enough for a standstill to be seen. */
  readonly isYoung: boolean;
}

/** A record this young was on its way when the sample was taken: the consumer is level. */
const LEVEL_SECONDS = 60;

/** After this long without a sample, the last one says nothing about now. */
const STALE_SECONDS = 300;

const CAUGHT_UP: RemainingTime = { kind: 'time', seconds: 0 };

/**
 * Judges a consumer as Burrow does: by a window of what was seen, never by one moment.
 * {@link https://github.com/linkedin/Burrow/wiki/Consumer-Lag-Evaluation-Rules}
 */
export function judge(input: JudgementInput): Judgement {
  const newest = input.samples.at(-1);
  const isStale = newest === undefined || input.nowMs - newest.atMs > 1000 * STALE_SECONDS;
  const shards = isStale ? [] : newest.shards.map(({ shardId }) => judgeShard(input, shardId));
  const ages = shards.map(({ ageSeconds }) => ageSeconds).filter((age) => age !== undefined);
  const finding =
    judgeMapping(input) ?? judgeHolds(input.holds) ?? (isStale ? staleness(input) : judgeShards(input, shards));
  return {
    ...finding,
    ageSeconds: ages.length > 0 ? Math.max(...ages) : shards.length > 0 || isStale ? undefined : 0,
    shards,
    shardsUnknown: shards.length - ages.length,
    isYoung: windowMs(input) < 1000 * input.patienceSeconds,
  };
}

/**
 * Says a verdict in plain words: `catching up, 12 min left`, `held since 09:12: …`, `stopped: the mapping is disabled`.
 * Shards that nothing is known about are named at the end.
 */
export function describeJudgement(judgement: Judgement, options: WordsOptions): string {
  const { shardsUnknown, shards } = judgement;
  const unknown = shardsUnknown > 0 && shardsUnknown < shards.length;
  return `${describeFinding(judgement, options)}${unknown ? `; ${shardsUnknown} of ${shards.length} shards unknown` : ''}`;
}

/** Says the verdict on one shard, or on all of them, in plain words. */
export function describeFinding(finding: Finding, options: WordsOptions): string {
  const { verdict, cause, sinceMs, remaining } = finding;
  const since = sinceMs === undefined ? '' : ` since ${describeMoment(sinceMs, options)}`;
  switch (verdict) {
    case 'OK':
      return cause;
    case 'CATCHING_UP':
      if (remaining?.kind !== 'time') return `${cause}, measuring`;
      return `catching up, ${describeRemainingTime(remaining, options)}`;
    case 'SLOW':
      return `not catching up at this rate${since}: ${cause}`;
    default:
      return `${verdict.toLowerCase()}${since}: ${cause}`;
  }
}

function judgeMapping({ mappingEnabled, isPausedOnPurpose }: JudgementInput): Finding | undefined {
  const isPaused = isPausedOnPurpose && mappingEnabled !== true;
  if (mappingEnabled !== false && !isPaused) return undefined;
  const cause = isPaused ? 'paused on purpose' : 'the mapping is disabled';
  return { verdict: 'STOPPED', cause, sinceMs: undefined, remaining: undefined };
}

function judgeHolds(holds: readonly Hold[]): Finding | undefined {
  const [first, ...others] = holds.toSorted((a, b) => a.sinceMs - b.sinceMs);
  if (first === undefined) return undefined;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  const cause = `${first.message === '' ? first.reason : first.message}${more}`;
  return { verdict: 'HELD', cause, sinceMs: first.sinceMs, remaining: undefined };
}

function staleness({ samples, nowMs }: JudgementInput): Finding {
  const newest = samples.at(-1);
  const cause =
    newest === undefined
      ? 'nothing was measured yet'
      : `last measured ${describeDuration((nowMs - newest.atMs) / 1000)} ago`;
  return { verdict: 'BLIND', cause, sinceMs: newest?.atMs, remaining: undefined };
}

function judgeShards(input: JudgementInput, shards: readonly ShardJudgement[]): Finding {
  const known = shards.filter(({ verdict }) => verdict !== 'BLIND');
  if (known.length === 0 && shards.length > 0) {
    return { verdict: 'BLIND', cause: 'the ages of all shards are unknown', sinceMs: undefined, remaining: undefined };
  }
  const worst = known.toSorted((a, b) => badness(b) - badness(a))[0];
  if (worst === undefined) return { verdict: 'OK', cause: 'caught up', sinceMs: undefined, remaining: CAUGHT_UP };
  const behind = known.filter(({ verdict }) => verdict !== 'OK');
  const { verdict, sinceMs, remaining } = worst;
  switch (verdict) {
    case 'CATCHING_UP':
      return { verdict, cause: worst.cause, sinceMs, remaining: latest(behind) };
    case 'STALLED':
      if (!hasAnyMoved(input) && behind.every((shard) => shard.verdict === 'STALLED')) {
        return { verdict: 'STOPPED', cause: `no shard makes progress, ${worst.cause}`, sinceMs, remaining: undefined };
      }
      return { verdict, cause: `${worst.shardId} makes no progress, ${worst.cause}`, sinceMs, remaining };
    default:
      return { verdict, cause: worst.cause, sinceMs, remaining };
  }
}

/** The worse verdict first, and of equal ones the older backlog. */
function badness({ verdict, ageSeconds = 0 }: ShardJudgement): number {
  return verdictNumber(verdict) + ageSeconds / (1 + ageSeconds);
}

/** A stream has caught up when its last shard has: backlogs are not shared between shards. */
function latest(shards: readonly ShardJudgement[]): RemainingTime {
  const times = shards.map(({ remaining }) => remaining);
  if (times.some((remaining) => remaining?.kind !== 'time')) return { kind: 'measuring' };
  return {
    kind: 'time',
    seconds: Math.max(...times.map((remaining) => (remaining?.kind === 'time' ? remaining.seconds : 0))),
  };
}

function hasAnyMoved({ samples, nowMs, patienceSeconds }: JudgementInput): boolean {
  const recent = samples.filter(({ atMs }) => nowMs - atMs <= 1000 * patienceSeconds);
  return recent.some(({ shards }) => shards.some(({ hasMoved }) => hasMoved !== false));
}

function judgeShard(input: JudgementInput, shardId: string): ShardJudgement {
  const seen = input.samples.flatMap(({ atMs, shards }) =>
    shards.filter((shard) => shard.shardId === shardId).map((shard) => ({ atMs, ...shard })),
  );
  const ageSeconds = clamped(seen.at(-1)?.ageSeconds);
  const holds = input.holds.filter((hold) => hold.shardId === undefined || hold.shardId === shardId);
  const finding = judgeHolds(holds) ?? judgeAge(input, seen, ageSeconds);
  return { shardId, ageSeconds, ...finding };
}

type Seen = ShardSample & { readonly atMs: number };

function judgeAge(input: JudgementInput, seen: readonly Seen[], ageSeconds: number | undefined): Finding {
  if (ageSeconds === undefined) {
    return { verdict: 'BLIND', cause: 'its age is unknown', sinceMs: undefined, remaining: undefined };
  }
  if (ageSeconds <= LEVEL_SECONDS) {
    return { verdict: 'OK', cause: 'caught up', sinceMs: undefined, remaining: CAUGHT_UP };
  }
  const going = sinceStandstill(seen, input.patienceSeconds);
  const remaining = estimate(going, input.patienceSeconds);
  const cause = `${describeDuration(ageSeconds)} behind`;
  if (ageSeconds < input.pageWhenBehindSeconds) {
    const wasBehind = seen.some((sample) => clamped(sample.ageSeconds ?? 0) >= input.pageWhenBehindSeconds);
    const isCatchingUp = wasBehind && remaining.kind === 'time';
    if (isCatchingUp) return { verdict: 'CATCHING_UP', cause, sinceMs: undefined, remaining };
    return { verdict: 'OK', cause: `on time: the oldest record is ${cause}`, sinceMs: undefined, remaining: CAUGHT_UP };
  }
  return judgeBacklog(input, seen, { cause, remaining, going });
}

/** A backlog older than anybody wants it: what counts is whether it moves, and whether it shrinks. */
function judgeBacklog(
  { nowMs, patienceSeconds }: JudgementInput,
  seen: readonly Seen[],
  {
    cause,
    remaining,
    going,
  }: { readonly cause: string; readonly remaining: RemainingTime; readonly going: readonly Seen[] },
): Finding {
  const stillSinceMs = stillSince(seen);
  if (nowMs - stillSinceMs >= 1000 * patienceSeconds) {
    const sinceMs = stillSinceMs;
    return { verdict: 'STALLED', cause, sinceMs, remaining: { kind: 'notAtThisRate', sinceMs } };
  }
  if (remaining.kind === 'notAtThisRate') return { verdict: 'SLOW', cause, sinceMs: remaining.sinceMs, remaining };
  const levelAtMs = going.findLast((sample) => clamped(sample.ageSeconds ?? Infinity) <= LEVEL_SECONDS)?.atMs;
  if (remaining.kind === 'measuring' && levelAtMs !== undefined) {
    // Level a while ago and behind now: nothing more needs to be seen.
    return { verdict: 'SLOW', cause, sinceMs: levelAtMs, remaining: { kind: 'notAtThisRate', sinceMs: levelAtMs } };
  }
  return { verdict: 'CATCHING_UP', cause, sinceMs: undefined, remaining };
}

/** Since when the position has not moved; a sample that does not say counts as one at which it did. */
function stillSince(seen: readonly Seen[]): number {
  return (seen.findLast(({ hasMoved }) => hasMoved !== false) ?? seen[0])?.atMs ?? 0;
}

/** What was seen since it goes on after the last standstill: what it fell behind meanwhile says nothing of its pace. */
function sinceStandstill(seen: readonly Seen[], patienceSeconds: number): readonly Seen[] {
  let [begin, movedAtMs] = [0, seen[0]?.atMs ?? 0];
  for (const [index, { atMs, hasMoved }] of seen.entries()) {
    if (hasMoved !== false) movedAtMs = atMs;
    else if (atMs - movedAtMs >= 1000 * patienceSeconds) begin = index;
  }
  return seen.slice(begin);
}

/**
 * When a backlog will be gone. One that was growing, and shrinks now, is judged from its peak on: how long it grew is no
 * measure of how long a step takes.
 */
function estimate(seen: readonly Seen[], patienceSeconds: number): RemainingTime {
  const overall = estimateFrom(seen, patienceSeconds);
  if (overall.kind === 'time') return overall;
  const peak = Math.max(...seen.map(({ ageSeconds = 0 }) => ageSeconds));
  // Less may be one large batch.
  if (peak - (seen.at(-1)?.ageSeconds ?? peak) < LEVEL_SECONDS) return overall;
  const atPeak = seen.findLastIndex(({ ageSeconds }) => ageSeconds === peak);
  const sincePeak = estimateFrom(seen.slice(atPeak), patienceSeconds);
  return sincePeak.kind === 'time' ? sincePeak : overall;
}

function estimateFrom(seen: readonly Seen[], patienceSeconds: number): RemainingTime {
  const estimator = new RemainingTimeEstimator(1000 * patienceSeconds);
  let remaining: RemainingTime = { kind: 'measuring' };
  for (const { atMs, ageSeconds } of seen) {
    if (ageSeconds === undefined) continue;
    // What is left is what lies beyond being level: younger records are always on their way.
    remaining = estimator.add({ atMs, left: Math.max(0, ageSeconds - LEVEL_SECONDS) });
  }
  return remaining;
}

function windowMs({ samples }: JudgementInput): number {
  return (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
}

/** A clock that is behind the stream's makes a record of the future: it is new. */
function clamped<Age extends number | undefined>(age: Age): Age {
  return (age === undefined ? age : Math.max(0, age)) as Age;
}
