import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../../local/mapping/ports.ts';

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/** Time that passes only when everything waits for it: an hour of backoff takes no time, and no test depends on load. */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs = Date.parse('2026-01-02T03:00:00Z')) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        wakeAtMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Lets time pass until a promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const settled = new AbortController();
    const watched = promise.finally(() => {
      settled.abort();
    });
    watched.catch(() => undefined);
    for (;;) {
      await nextTurn();
      await nextTurn();
      if (settled.signal.aborted) return watched;
      this.#wakeNext(Number.POSITIVE_INFINITY);
    }
  }

  /** Lets a given time pass. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await nextTurn();
      await nextTurn();
      if (!this.#wakeNext(endMs)) break;
    }
    this.#nowMs = endMs;
    await nextTurn();
  }

  #wakeNext(latestMs: number): boolean {
    const next = [...this.#sleepers].toSorted((left, right) => left.wakeAtMs - right.wakeAtMs)[0];
    if (next === undefined || next.wakeAtMs > latestMs) return false;
    this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs);
    next.wake();
    return true;
  }
}
