import type { PageShard, PageSnapshot } from '../../local/page/page-snapshot.ts';
import type { HoldCounts } from '../../local/run/batch-log.ts';
import { RunProgress } from '../../local/run/run-progress.ts';
import { describeMoment } from '../../progress/plain-words.ts';
import { describeJudgement, judge, type StackSample, type Verdict } from '../../progress/verdict.ts';
import type { Deployment } from '../deployment/deployment.ts';

/** What is seen of a consumer at one moment. */
export interface VerdictMoment {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly shards: readonly PageShard[];
  readonly isEnabled: boolean;
  readonly holds: HoldCounts;
}

/** Longer than any invocation takes here: what is older decides no verdict. */
const KEPT_MS = 15 * 60_000;

/** As young as records are that a consumer has just not read yet, in seconds. */
const ABREAST_SECONDS = 2;

const HOUR_MS = 3_600_000;

/** The verdict from second to second, by the same rules as the watchdog's. */
export class PageVerdict {
  readonly #deployment: Deployment;
  readonly #progress = new RunProgress();
  #samples: readonly StackSample[] = [];
  #done: ReadonlyMap<string, number> = new Map();
  #verdict: Verdict | undefined;
  #sinceMs = 0;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** Judges the consumer now; moments come in their order. */
  judge(moment: VerdictMoment): Pick<PageSnapshot, 'verdict' | 'lastChance'> {
    const { atMs, shards, isEnabled } = moment;
    this.#addSample(moment);
    const { processor, promises } = this.#deployment;
    const judgement = judge({
      nowMs: atMs,
      samples: this.#samples,
      mappingEnabled: isEnabled,
      isPausedOnPurpose: false,
      holds: this.#hold(moment),
      pageWhenBehindSeconds: promises.pageWhenBehindSeconds,
      patienceSeconds: processor.timeoutSeconds,
    });
    if (judgement.verdict !== this.#verdict) [this.#verdict, this.#sinceMs] = [judgement.verdict, atMs];
    const words = describeJudgement(judgement, { nowMs: atMs });
    return {
      verdict: { verdict: judgement.verdict, words, sinceMs: this.#sinceMs },
      lastChance: this.#describeLastChance(shards, atMs),
    };
  }

  #addSample({ atMs, shards }: VerdictMoment): void {
    const sample: StackSample = {
      atMs,
      shards: shards.map(({ shardId, ageSeconds, done }) => ({
        shardId,
        ageSeconds,
        hasMoved: this.#done.has(shardId) ? this.#done.get(shardId) !== done : undefined,
      })),
    };
    this.#samples = [...this.#samples.filter((each) => atMs - each.atMs <= KEPT_MS), sample];
    this.#done = new Map(shards.map(({ shardId, done }) => [shardId, done]));
  }

  #hold({ atMs, shards, holds }: VerdictMoment) {
    const sum = (of: (shard: PageShard) => number): number => shards.reduce((total, shard) => total + of(shard), 0);
    const { remaining } = this.#progress.add({
      atMs,
      put: sum(({ put }) => put),
      done: sum(({ done }) => done),
      isAbreast: shards.every(({ ageSeconds = Infinity }) => ageSeconds <= ABREAST_SECONDS),
      holds,
    });
    if (remaining.kind !== 'held') return [];
    return [{ shardId: undefined, sinceMs: remaining.sinceMs, reason: remaining.reason, message: '' }];
  }

  #describeLastChance(shards: readonly PageShard[], atMs: number): string {
    const ages = shards.map(({ ageSeconds }) => ageSeconds);
    if (ages.some((age) => age === undefined)) return 'When data would be lost is unknown.';
    const oldest = Math.max(0, ...ages.map((age = 0) => age));
    if (oldest <= ABREAST_SECONDS) return 'Nothing waits.';
    const lostMs = atMs + this.#deployment.stream.retentionHours * HOUR_MS - 1000 * oldest;
    return `The oldest record leaves the stream at ${describeMoment(lostMs, { nowMs: atMs })}: records not read by then are lost.`;
  }
}
