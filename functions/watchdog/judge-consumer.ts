import type { WatchdogEnvironment } from '../../contract/maintenance-environment.ts';
import { describeDuration, describeRemainingTime, type WordsOptions } from '../../progress/plain-words.ts';
import {
  describeJudgement,
  judge,
  verdictNumber,
  type Hold,
  type Judgement,
  type StackSample,
} from '../../progress/verdict.ts';
import type { HeldPosition } from './read-held-positions.ts';
import type { MappingState } from './read-mapping.ts';

/** What a run knows about the consumer. */
export interface ConsumerFacts {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly environment: Pick<WatchdogEnvironment, 'deliveryGapSeconds' | 'pageWhenBehindSeconds' | 'pausedOnPurpose'>;
  /** What this environment's runs saw, oldest first. */
  readonly samples: readonly StackSample[];
  readonly held: readonly HeldPosition[];
  /** Undefined when Lambda did not say. */
  readonly mapping: MappingState | undefined;
  /** What the run could not see, and what to do, one sentence each. */
  readonly failures: readonly string[];
  /** Undefined when it is not known. */
  readonly timeToDataLossSeconds: number | undefined;
}

/** The verdict as it is published: in numbers, and in words. */
export interface PublishedVerdict {
  readonly metrics: { readonly Verdict: number; readonly TimeToCaughtUp?: number };
  /** The fields of its log line. */
  readonly line: {
    readonly verdict: string;
    /** The same in one sentence. */
    readonly says: string;
    readonly cause: string;
    readonly timeLeft: string;
    readonly timeToDataLoss: string;
    /** Set while the window is too short to see a standstill. */
    readonly isYoung?: true;
  };
}

/** A hold that the next delivery ends is no news. */
const HELD_FOR_MS = 60_000;

/** Judges the consumer by the window of what was seen. */
export function judgeConsumer(facts: ConsumerFacts): Judgement {
  const { nowMs, environment } = facts;
  return explain(
    judge({
      nowMs,
      samples: facts.samples,
      mappingEnabled: facts.mapping?.isEnabled,
      isPausedOnPurpose: environment.pausedOnPurpose === 1,
      holds: facts.held.filter((position) => isLasting(position, nowMs)).map(toHold),
      pageWhenBehindSeconds: environment.pageWhenBehindSeconds,
      patienceSeconds: environment.deliveryGapSeconds,
    }),
    facts,
  );
}

/** The verdict of {@link judgeConsumer} as the watchdog publishes it. */
export function publishedVerdict(facts: ConsumerFacts): PublishedVerdict {
  const judgement = judgeConsumer(facts);
  const { verdict, cause, remaining } = judgement;
  const words: WordsOptions = { nowMs: facts.nowMs, timeZone: 'UTC' };
  return {
    metrics: {
      Verdict: verdictNumber(verdict),
      ...(remaining?.kind === 'time' && { TimeToCaughtUp: remaining.seconds }),
    },
    line: {
      verdict,
      says: describeJudgement(judgement, words),
      cause,
      timeLeft: remaining === undefined ? 'unknown' : describeRemainingTime(remaining, words),
      timeToDataLoss: timeToDataLoss(facts),
      ...(judgement.isYoung && { isYoung: true as const }),
    },
  };
}

/** A search for a record that ends the process begins anew with every piece. */
function isLasting({ reason, sinceMs }: HeldPosition, nowMs: number): boolean {
  return reason === 'crash' || nowMs - sinceMs >= HELD_FOR_MS;
}

function toHold({ shardId, sinceMs, reason, detail }: HeldPosition): Hold {
  return { shardId, sinceMs, reason, message: detail };
}

/** What only the watchdog knows: since when the mapping has been disabled, and what it could not see. */
function explain(judgement: Judgement, { mapping, failures }: ConsumerFacts): Judgement {
  const { verdict, cause } = judgement;
  if (mapping?.isEnabled === false && verdict === 'STOPPED') return { ...judgement, sinceMs: mapping.changedAtMs };
  if (verdict === 'BLIND' && failures.length > 0) return { ...judgement, cause: `${cause}; ${failures.join('; ')}` };
  return judgement;
}

function timeToDataLoss({ timeToDataLossSeconds: seconds }: ConsumerFacts): string {
  if (seconds === undefined) return 'unknown';
  return seconds > 0 ? describeDuration(seconds) : 'records are being lost';
}
