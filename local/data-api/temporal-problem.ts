import type { TypeHint } from './data-api-request.ts';

/** A hint whose string the service reads itself before the database sees it. */
export type TemporalHint = Extract<TypeHint, 'DATE' | 'TIME' | 'TIMESTAMP'>;

interface TemporalFormat {
  /** What the service calls it. */
  readonly name: string;
  /** A `0` stands for a digit, anything else for itself. */
  readonly template: string;
  readonly hasFraction: boolean;
}

/**
 * The formats a hinted string must have; the fraction may go beyond milliseconds, because microseconds pass.
 * {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-operations.html}
 */
const FORMATS: Readonly<Record<TemporalHint, TemporalFormat>> = {
  DATE: { name: 'Date', template: '0000-00-00', hasFraction: false },
  TIME: { name: 'Time', template: '00:00:00', hasFraction: true },
  TIMESTAMP: { name: 'TimeStamp', template: '0000-00-00 00:00:00', hasFraction: true },
};

/** Whether a hint is one of {@link TemporalHint}. */
export function isTemporalHint(hint: TypeHint): hint is TemporalHint {
  return hint in FORMATS;
}

/**
 * What the service says of a string that is not of its hint's format, or of no day or time of day there is;
 * undefined for one that is fine. The reasons are a choice.
 */
export function temporalProblem(text: string, hint: TemporalHint): string | undefined {
  const reason = reasonOf(text, FORMATS[hint]);
  return reason && `Parse Error for ${FORMATS[hint].name}: ${reason}`;
}

function reasonOf(text: string, { template, hasFraction }: TemporalFormat): string | undefined {
  const wrong = Array.from(template).findIndex((wanted, index) => !fits(text.charAt(index), wanted));
  if (wrong >= 0) return wrong >= text.length ? 'premature end of input' : 'input contains invalid characters';
  const rest = text.slice(template.length);
  if (hasFraction && rest === '.') return 'premature end of input';
  if (rest !== '' && !(hasFraction && /^\.\d{1,9}$/.test(rest))) return 'trailing input';
  return isInRange(text) ? undefined : 'input is out of range';
}

function fits(character: string, wanted: string): boolean {
  return wanted === '0' ? /^\d$/.test(character) : character === wanted;
}

/** Whether there are such a day and such a time of day. */
function isInRange(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? [];
  const [, hour = '0', minute = '0', second = '0'] = /(\d\d):(\d\d):(\d\d)/.exec(text) ?? [];
  // A leap second counts as one.
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
  return isTime && (day === undefined || isDay(Number(year), Number(month), Number(day)));
}

function isDay(year: number, month: number, day: number): boolean {
  return day >= 1 && day <= daysOf(year, month);
}

/** Days of a month, 0 for a month that does not exist. */
function daysOf(year: number, month: number): number {
  if (month < 1 || month > 12) return 0;
  const lastDay = new Date(0);
  // Day 0 of the next month; unlike Date.UTC, this takes years below 100 as they are.
  lastDay.setUTCFullYear(year, month, 0);
  return lastDay.getUTCDate();
}
