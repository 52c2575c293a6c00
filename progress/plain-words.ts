import type { RemainingTime } from './remaining-time.ts';

/** How moments are told. */
export interface WordsOptions {
  /** Milliseconds since 1970. A moment of another day is told with its date. */
  readonly nowMs: number;
  /** An IANA name such as `UTC`. @defaultValue the time zone of this machine */
  readonly timeZone?: string | undefined;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Says how long something takes, in the one or two units that matter: `40 s`, `14 min`, `3 h 5 min`, `2 d 3 h`.
 *
 * @param seconds negative ones count as 0
 */
export function describeDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 1.5 * MINUTE) return `${whole} s`;
  // Rounded before it is taken apart: 59.7 minutes are an hour, not 60 minutes.
  const minutes = Math.round(whole / MINUTE);
  if (minutes * MINUTE < HOUR) return `${minutes} min`;
  if (minutes * MINUTE < DAY) return inUnits(minutes, 60, ['h', 'min']);
  return inUnits(Math.round(whole / HOUR), 24, ['d', 'h']);
}

function inUnits(amount: number, perUnit: number, [large, small]: readonly [string, string]): string {
  const rest = amount % perUnit;
  const units = `${Math.floor(amount / perUnit).toLocaleString('en-US')} ${large}`;
  return rest === 0 ? units : `${units} ${rest} ${small}`;
}

/** Says when something was: `09:12`, on another day `2026-11-24 09:12`. */
export function describeMoment(atMs: number, { nowMs, timeZone }: WordsOptions): string {
  const [day, minute] = dayAndMinute(atMs, timeZone);
  const [today] = dayAndMinute(nowMs, timeZone);
  return day === today ? minute : `${day} ${minute}`;
}

function dayAndMinute(atMs: number, timeZone: string | undefined): readonly [string, string] {
  const zone = timeZone === undefined ? {} : { timeZone };
  // Sweden writes dates as ISO 8601 does.
  const [day = '', minute = ''] = new Date(atMs)
    .toLocaleString('sv-SE', { ...zone, dateStyle: 'short', timeStyle: 'short' })
    .split(' ');
  return [day, minute];
}

/** Says when it will be over, or why nobody can say. */
export function describeRemainingTime(remaining: RemainingTime, options: WordsOptions): string {
  switch (remaining.kind) {
    case 'time':
      return remaining.seconds > 0 ? `${describeDuration(remaining.seconds)} left` : 'caught up';
    case 'measuring':
      return 'measuring';
    case 'notAtThisRate':
      return `not at this rate since ${describeMoment(remaining.sinceMs, options)}`;
  }
}
