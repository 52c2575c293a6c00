import type { HoldReason } from '../../processor/call-with-retry.ts';
import { RemainingTimeEstimator, type RemainingTime } from '../../progress/remaining-time.ts';
import type { HoldCounts } from './batch-log.ts';
import { FUNCTION_TIMEOUT_MS } from './start-world.ts';

/** What is seen of a run from moment to moment. */
export interface ProgressMoment {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Events put on the stream so far. */
  readonly put: number;
  /** Events the mapping is done with. */
  readonly done: number;
  /** What is not done yet has only just arrived. */
  readonly isAbreast: boolean;
  /** Batches so far that held their position. */
  readonly holds: HoldCounts;
}

/** Nothing is done because batches hold their position. */
export interface HeldProgress {
  readonly kind: 'held';
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly reason: HoldReason;
}

/** How a run goes on. */
export interface Outlook {
  readonly eventsPerSecond: number;
  readonly remaining: RemainingTime | HeldProgress;
}

/** A backlog that has not shrunk for this long does not shrink: an invocation may take no longer. */
const PATIENCE_MS = FUNCTION_TIMEOUT_MS;

/** Throughput is that of so long: a batch of ten thousand may take seconds. */
const SPEED_WINDOW_MS = 10_000;

/** With several lanes one may hold while the next is already done; that is no standstill. */
const HELD_AFTER_MS = 2_000;

/** Reasons that keep a run from going on, the worst first. That time ran out is none: what is left comes next. */
const STOPPING_REASONS: readonly HoldReason[] = ['fuse', 'configuration', 'transient'];

/** Follows a run from moment to moment. */
export class RunProgress {
  readonly #estimator = new RemainingTimeEstimator(PATIENCE_MS);
  #moments: readonly ProgressMoment[] = [];
  /** The first moment at which as much was done as now. */
  #lastStep: ProgressMoment | undefined;
  #held: HeldProgress | undefined;

  /** Takes the next moment. */
  add(now: ProgressMoment): Outlook {
    this.#moments = [...this.#moments.filter(({ atMs }) => now.atMs - atMs <= SPEED_WINDOW_MS), now];
    const left = now.isAbreast ? 0 : Math.max(0, now.put - now.done);
    const remaining = this.#estimator.add({ atMs: now.atMs, left });
    return { eventsPerSecond: this.#eventsPerSecond(now), remaining: this.#heldAt(now) ?? remaining };
  }

  #eventsPerSecond(now: ProgressMoment): number {
    const [first = now] = this.#moments;
    return now.atMs > first.atMs ? (1000 * (now.done - first.done)) / (now.atMs - first.atMs) : 0;
  }

  #heldAt(now: ProgressMoment): HeldProgress | undefined {
    const lastStep = this.#lastStep;
    if (lastStep?.done !== now.done || now.isAbreast) {
      this.#lastStep = now;
      this.#held = undefined;
      return undefined;
    }
    const reason = STOPPING_REASONS.find((each) => (now.holds[each] ?? 0) > (lastStep.holds[each] ?? 0));
    if (reason === undefined) return undefined;
    this.#held = { kind: 'held', sinceMs: this.#held?.sinceMs ?? now.atMs, reason };
    return now.atMs - lastStep.atMs >= HELD_AFTER_MS ? this.#held : undefined;
  }
}
