import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import type { Clock } from '../mapping/ports.ts';

/** What a virtual clock shows. */
export interface ClockState {
  /** From the clock of this machine, in milliseconds, while it runs. */
  readonly shiftMs: number;
  /** Milliseconds since 1970; undefined while it runs. */
  readonly standsAtMs: number | undefined;
}

/** Takes over what a virtual clock shows. */
export type FollowClock = (state: ClockState) => Promise<void>;

const PROCESS_MODULE = join(import.meta.dirname, `virtual-time-process${extname(import.meta.filename)}`);

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * A clock for this process and others alike that stands still until it is turned, so that days pass in no time and a busy
 * machine changes nothing; where a pace is measured, it runs like that of this machine. Child processes go by it when they are started with {@link VirtualClock.environment}.
 */
export class VirtualClock implements Clock, Disposable {
  /** Environment variables for a Node.js process that is to go by this clock. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #file: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #followers = new Set<FollowClock>();
  #shiftMs = 0;
  #standsAtMs: number | undefined = Date.now();

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'kinesis-to-aurora-clock-'));
    const [path, module] = [join(this.#folder, 'shift'), join(this.#folder, 'virtual-time.mjs')];
    // Compiled, since a process that strips types takes twice as long to start.
    buildSync({ entryPoints: [PROCESS_MODULE], outfile: module, bundle: true, platform: 'node', format: 'esm' });
    this.#file = openSync(path, 'w');
    this.environment = { NODE_OPTIONS: `--import=${pathToFileURL(module).href}`, VIRTUAL_CLOCK_FILE: path };
    this.#write();
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#standsAtMs ?? Date.now() + this.#shiftMs;
  }

  /** Has it run from where it stands. */
  async run(): Promise<void> {
    if (this.#standsAtMs === undefined) return;
    this.#shiftMs = this.#standsAtMs - Date.now();
    this.#standsAtMs = undefined;
    await this.#show();
  }

  /** Has it stand still where it is. */
  async stop(): Promise<void> {
    this.#standsAtMs ??= this.now();
    await this.#show();
  }

  /** Waits until so much virtual time has passed; resolves at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(sleeper.timer);
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.now() + ms, wake, timer: undefined };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
      this.#arm(sleeper);
    });
  }

  /**
   * Has something else go by this clock, such as a database.
   *
   * @param follow is called now and with every turn
   * @returns ends it
   */
  async addFollower(follow: FollowClock): Promise<() => void> {
    await follow(this.#state);
    this.#followers.add(follow);
    return () => this.#followers.delete(follow);
  }

  /**
   * Turns the clock forward; a moment that is past is no turn.
   *
   * @param ms milliseconds since 1970
   */
  async turnTo(ms: number): Promise<void> {
    const byMs = ms - this.now();
    if (byMs <= 0) return;
    if (this.#standsAtMs === undefined) this.#shiftMs += byMs;
    else this.#standsAtMs += byMs;
    await this.#show();
  }

  /** Processes that go by the clock must have ended. */
  [Symbol.dispose](): void {
    for (const sleeper of this.#sleepers) sleeper.wake();
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #state(): ClockState {
    return { shiftMs: this.#shiftMs, standsAtMs: this.#standsAtMs };
  }

  async #show(): Promise<void> {
    this.#write();
    await Promise.all([...this.#followers].map((follow) => follow(this.#state)));
    for (const sleeper of this.#sleepers) this.#arm(sleeper);
  }

  #arm(sleeper: Sleeper): void {
    clearTimeout(sleeper.timer);
    const leftMs = sleeper.dueMs - this.now();
    if (leftMs <= 0) sleeper.wake();
    else if (this.#standsAtMs === undefined) sleeper.timer = setTimeout(sleeper.wake, leftMs);
  }

  #write(): void {
    const state = new Float64Array([this.#shiftMs, this.#standsAtMs ?? NaN]);
    writeSync(this.#file, state, 0, state.byteLength, 0);
  }
}
