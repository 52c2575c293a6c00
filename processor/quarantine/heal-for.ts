import { parseSeconds } from '../../contract/duration-text.ts';

/** A time such as `30s`, `15m`, `12h` or `1d`. */
export type HealFor = `${number}${'s' | 'm' | 'h' | 'd'}`;

/** Unless a projection says otherwise, an event waits as long as the stream of a test stage keeps its records. */
export const DEFAULT_HEAL_FOR: HealFor = '1d';

const MAX_SECONDS = 30 * 86_400;

/**
 * Reads how long an event that may heal waits.
 *
 * @returns seconds, 0 for an event that is not to wait; `undefined` when it is no such time, or more than 30 days
 */
export function healForSeconds(healFor: unknown): number | undefined {
  const seconds = typeof healFor === 'string' ? parseSeconds(healFor) : undefined;
  return seconds !== undefined && seconds <= MAX_SECONDS ? seconds : undefined;
}
