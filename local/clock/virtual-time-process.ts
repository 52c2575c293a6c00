/**
 * Loaded into a process ahead of its own code: from then on `Date` goes by the virtual clock. What the process sleeps
 * passes for it at once: a wait of 20 seconds moves its own time on and takes none.
 *
 * @module
 */
import { openSync, readSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import timers from 'node:timers/promises';

const RealDate = Date;
const realNow = Date.now.bind(Date);
const realMonotonic = performance.now.bind(performance);

const file = openSync(String(process.env['VIRTUAL_CLOCK_FILE']), 'r');
/** The shift while the clock runs, and where it stands while it does not. */
const state = new Float64Array(2);

let sleptMs = 0;
/** Where this process has slept to: its own time, until the clock is there too. */
let reachedMs = 0;

/** Reading sixteen bytes takes a microsecond or two, and a process that stood still has no other way to hear of a turn. */
function now(): number {
  readSync(file, state, 0, state.byteLength, 0);
  const [shiftMs = 0, standsAtMs = NaN] = state;
  return Math.floor(Math.max(Number.isNaN(standsAtMs) ? realNow() + shiftMs : standsAtMs, reachedMs));
}

Date.now = now;
globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget) as Date,
});
/** Monotonic time at which the origin was asked for, until the time since then is asked for, or the turn of the event loop ends. */
let originAskedAtMs: number | undefined;
Object.defineProperties(performance, {
  now: {
    value: () => {
      const monotonicMs = originAskedAtMs ?? realMonotonic();
      originAskedAtMs = undefined;
      return monotonicMs + sleptMs;
    },
  },
  // The sum of the two is a time of day, and taken for one: it is what the clock shows, however long the sum takes.
  timeOrigin: {
    get: () => {
      const monotonicMs = realMonotonic();
      originAskedAtMs = monotonicMs;
      queueMicrotask(() => {
        originAskedAtMs = undefined;
      });
      return now() - monotonicMs - sleptMs;
    },
  },
});

async function sleep<Value>(ms = 0, value?: Value, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Value> {
  signal?.throwIfAborted();
  await nextTurn();
  reachedMs = now() + ms;
  sleptMs += ms;
  return value as Value;
}

Object.assign(timers, { setTimeout: sleep });
// Modules import the function by its name.
syncBuiltinESMExports();
