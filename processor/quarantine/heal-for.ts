/** A time such as `30s`, `15m`, `12h` or `1d`. */
export type HealFor = `${number}${'s' | 'm' | 'h' | 'd'}`;

/** What a projection has that says nothing else: as long as the stream of a test stage keeps its records. */
export const DEFAULT_HEAL_FOR: HealFor = '1d';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const MAX_SECONDS = 30 * SECONDS.d;

/**
 * Reads how long an event that may heal waits.
 *
 * @returns seconds, 0 for an event that is not to wait; `undefined` when it is no such time, or more than 30 days
 */
export function healForSeconds(healFor: unknown): number | undefined {
  const [, number, unit] = typeof healFor === 'string' ? (/^(\d{1,7})([smhd])$/.exec(healFor) ?? []) : [];
  if (number === undefined || unit === undefined) return undefined;
  const seconds = Number(number) * SECONDS[unit as keyof typeof SECONDS];
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
