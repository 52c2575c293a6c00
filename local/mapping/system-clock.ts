import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './ports.ts';

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // What is due already may be a moment in the past by now.
  sleep: (ms, signal) => sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined),
};
