import type { Clock } from './ports.ts';

/** Lets one loop wait until another part of the program has something for it. */
export class WakeSignal {
  #wake: (() => void) | undefined;
  #isSet = false;

  /** Ends the wait under way, or the next one when nobody waits. */
  notify(): void {
    this.#isSet = true;
    this.#wake?.();
  }

  /**
   * Waits for the next notification, for `ms` at most, or until `signal` aborts.
   *
   * @param clock measures `ms`
   * @param signal ends the wait
   * @param ms longest wait; without it, there is no limit
   */
  async wait(clock: Clock, signal: AbortSignal, ms?: number): Promise<void> {
    if (!this.#isSet && !signal.aborted) await this.#notified(clock, signal, ms);
    this.#isSet = false;
  }

  async #notified(clock: Clock, signal: AbortSignal, ms: number | undefined): Promise<void> {
    const waiting = new AbortController();
    const notified = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const stop = (): void => this.#wake?.();
    signal.addEventListener('abort', stop, { once: true });
    const timeout = ms === undefined ? [] : [clock.sleep(ms, waiting.signal)];
    await Promise.race([notified, ...timeout]);
    waiting.abort();
    signal.removeEventListener('abort', stop);
    this.#wake = undefined;
  }
}
