import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import type { Clock } from '../mapping/ports.ts';

/** Takes over what the virtual clock shows, as the shift from the clock of this machine in milliseconds. */
export type FollowClock = (shiftMs: number) => Promise<void>;

const PROCESS_MODULE = join(import.meta.dirname, `virtual-time-process${extname(import.meta.filename)}`);

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
  timer: NodeJS.Timeout;
}

/**
 * A clock that runs like that of this machine and can be turned forward, for this process and others alike: days pass in
 * no time. Child processes go by it when they are started with {@link VirtualClock.environment}.
 */
export class VirtualClock implements Clock, Disposable {
  /** Environment variables for a Node.js process that is to go by this clock. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #file: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #followers = new Set<FollowClock>();
  #shiftMs = 0;

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
    return Date.now() + this.#shiftMs;
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
      const sleeper = { dueMs: this.now() + ms, wake, timer: setTimeout(wake, Math.max(0, ms)) };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
    });
  }

  /**
   * Has something else go by this clock, such as a database.
   *
   * @param follow is called now and with every turn
   * @returns ends it
   */
  async addFollower(follow: FollowClock): Promise<() => void> {
    await follow(this.#shiftMs);
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
    this.#shiftMs += byMs;
    this.#write();
    await Promise.all([...this.#followers].map((follow) => follow(this.#shiftMs)));
    for (const sleeper of this.#sleepers) {
      clearTimeout(sleeper.timer);
      const leftMs = sleeper.dueMs - this.now();
      if (leftMs <= 0) sleeper.wake();
      else sleeper.timer = setTimeout(sleeper.wake, leftMs);
    }
  }

  /** Processes that go by the clock must have ended. */
  [Symbol.dispose](): void {
    for (const sleeper of this.#sleepers) sleeper.wake();
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(): void {
    writeSync(this.#file, new Float64Array([this.#shiftMs]), 0, Float64Array.BYTES_PER_ELEMENT, 0);
  }
}
