/** {@link https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html} */
const GROWTH = { environments: 1_000, perSeconds: 10 } as const;

/** Execution environments of a function: kept warm, started when none is free, as fast and as many as Lambda allows. */
export class Environments {
  readonly #limit: number;
  #free = 0;
  #started = 0;

  /**
   * Starts with none.
   *
   * @param limit most of them at the same time; a part of one counts as one
   */
  constructor(limit: number) {
    this.#limit = Math.max(1, Math.floor(limit));
  }

  /**
   * Takes an environment for an invocation.
   *
   * @returns `warm` or `cold`; or the moment in seconds from which another one may be started, Infinity when the limit is reached
   */
  take(atSeconds: number): 'warm' | 'cold' | number {
    if (this.#free > 0) {
      this.#free -= 1;
      return 'warm';
    }
    if (this.#started >= this.#limit) return Infinity;
    const allowedAt = GROWTH.perSeconds * Math.floor(this.#started / GROWTH.environments);
    if (atSeconds < allowedAt) return allowedAt;
    this.#started += 1;
    return 'cold';
  }

  /** Gives one back. */
  give(): void {
    this.#free += 1;
  }
}
