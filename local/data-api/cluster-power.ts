import { DataApiError } from './data-api-error.ts';
import type { Operation } from './data-api-request.ts';

/** Auto-pause of a cluster whose minimum capacity is 0, in milliseconds. */
export interface AutoPauseOptions {
  /** Without a call or an open transaction for this long, the cluster pauses. */
  readonly idleMs: number;
  /** How long it takes to be there again after the first call. 10 to 30 seconds on AWS. */
  readonly resumeMs: number;
}

/** The operations that wake a paused cluster and are refused until it is awake. */
const WAKING: readonly Operation[] = ['ExecuteStatement', 'BatchExecuteStatement', 'BeginTransaction'];

/** Whether the cluster is awake. A paused one refuses the calls that wake it until it has resumed. */
export class ClusterPower {
  readonly #resourceArn: string;
  readonly #autoPause: AutoPauseOptions | undefined;
  readonly #now: () => number;
  #lastCallMs: number;
  #paused: { readonly resumeMs: number } | undefined;
  #awakeAtMs = 0;

  /**
   * A cluster that is awake.
   *
   * @param resourceArn - Named in the refusals.
   * @param autoPause - Undefined for a cluster that only pauses when told to.
   * @param now - Monotonic clock in milliseconds.
   */
  constructor(
    resourceArn: string,
    autoPause: AutoPauseOptions | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#resourceArn = resourceArn;
    this.#autoPause = autoPause;
    this.#now = now;
    this.#lastCallMs = now();
  }

  /** Pauses the cluster: the next call starts a resume of `resumeMs`. */
  pause(resumeMs: number): void {
    this.#paused = { resumeMs };
  }

  /** Lets the cluster resume for `durationMs` from now, as if a call had just woken it. */
  resumeFor(durationMs: number): void {
    this.#awakeAtMs = this.#now() + durationMs;
  }

  /**
   * Notes a call.
   *
   * @throws DataApiError `DatabaseResumingException` while the cluster is not awake.
   */
  assertAwake(operation: Operation, openTransactions: number): void {
    if (!WAKING.includes(operation)) return;
    const now = this.#now();
    const idle = this.#autoPause && openTransactions === 0 && now - this.#lastCallMs >= this.#autoPause.idleMs;
    if (idle) this.#paused ??= this.#autoPause;
    this.#lastCallMs = now;
    if (this.#paused) {
      this.resumeFor(this.#paused.resumeMs);
      this.#paused = undefined;
    }
    if (now < this.#awakeAtMs) throw this.#resuming();
  }

  #resuming(): DataApiError {
    return new DataApiError(
      'DatabaseResumingException',
      `The Aurora DB instance ${this.#resourceArn.replace(':cluster:', ':db:')} is resuming after being auto-paused. Please wait a few seconds and try again.`,
    );
  }
}
