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
const shift = new Float64Array(1);

let sleptMs = 0;
/** What of it the virtual clock has not caught up with yet. */
let aheadMs = 0;
let knownShiftMs = 0;

/** Reading eight bytes takes a microsecond or two, and a process that stood still has no other way to hear of a turn. */
function now(): number {
  readSync(file, shift, 0, shift.byteLength, 0);
  const shiftMs = shift[0] ?? 0;
  aheadMs = Math.max(0, aheadMs - Math.max(0, shiftMs - knownShiftMs));
  knownShiftMs = shiftMs;
  return Math.floor(realNow() + shiftMs + aheadMs);
}

now();
Date.now = now;
globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget) as Date,
});
Object.defineProperties(performance, {
  now: { value: () => realMonotonic() + sleptMs },
  // The sum of the two is a time of day, and taken for one.
  timeOrigin: { get: () => now() - realMonotonic() - sleptMs },
});

async function sleep<Value>(ms = 0, value?: Value, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Value> {
  signal?.throwIfAborted();
  await nextTurn();
  now();
  sleptMs += ms;
  aheadMs += ms;
  return value as Value;
}

Object.assign(timers, { setTimeout: sleep });
// Modules import the function by its name.
syncBuiltinESMExports();
