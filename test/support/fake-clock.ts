import type { Clock } from '../../processor/ports.ts';

/** A clock that moves only when told to, or when somebody sleeps. */
export class FakeClock implements Clock {
  /** Every wait that was asked for, in milliseconds. */
  readonly sleeps: number[] = [];
  #nowMs: number;
  readonly #random: () => number;

  constructor({ nowMs = 1_000_000_000_000, random = () => 0.5 }: { nowMs?: number; random?: () => number } = {}) {
    this.#nowMs = nowMs;
    this.#random = random;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.advance(ms);
    return Promise.resolve();
  }

  random(): number {
    return this.#random();
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** A budget of this many milliseconds from now on. */
  budget(ms: number): () => number {
    const deadline = this.#nowMs + ms;
    return () => deadline - this.#nowMs;
  }
}
