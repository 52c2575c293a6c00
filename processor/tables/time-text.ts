/**
 * Texts that a date or time column takes. PostgreSQL takes many more and gives each a meaning of its own: `now` is the
 * server's clock, `01/02/2024` depends on its date style, an offset is dropped where the column has none, and the seventh
 * digit of a fraction is rounded away.
 * {@link https://www.postgresql.org/docs/17/datatype-datetime.html#DATATYPE-DATETIME-INPUT}
 *
 * @module
 */

/** Year first, as in ISO 8601; with slashes it reads the same, whatever the date style is. There is no year 0. */
const DATE = String.raw`(?!0000)\d{4}(?:-(?:0[1-9]|1[0-2])-|\/(?:0[1-9]|1[0-2])\/)(?:0[1-9]|[12]\d|3[01])`;
/** At most microseconds, which is what a column holds; more digits pass where they are zeros. A leap second is the next one. */
const SECONDS = String.raw`(?:[0-5]\d(?:\.\d{1,6}0*)?|60(?:\.0+)?)`;
const TIME = String.raw`(?:(?:[01]\d|2[0-3]):[0-5]\d(?::${SECONDS})?|24:00(?::00(?:\.0+)?)?)`;
/** PostgreSQL takes offsets below 16 hours. */
const OFFSET = String.raw`(?:[Zz]|[-+](?:0\d|1[0-5])(?::?[0-5]\d)?)`;

/** Form of what a `date` column takes. */
export const DATE_FORM = new RegExp(`^${DATE}$`);
/** Form of what a `timestamp` column takes; a date alone is its midnight. */
export const TIMESTAMP_FORM = new RegExp(`^${DATE}(?:[Tt ]${TIME})?$`);
const TIMESTAMPTZ_FORM = new RegExp(`^${DATE}[Tt ]${TIME} ?${OFFSET}$`);

/** Whether a text is of one of these forms, and names a day that there is. */
export function isTime(text: string, form: RegExp): boolean {
  return form.test(text) && isCalendarDay(text);
}

const ZERO = '0'.charCodeAt(0);
/** Any month has these. */
const SURE_DAYS = 28;

function isCalendarDay(text: string): boolean {
  const day = 10 * (text.charCodeAt(8) - ZERO) + text.charCodeAt(9) - ZERO;
  if (day <= SURE_DAYS) return true;
  const [year, month] = [Number(text.slice(0, 4)), Number(text.slice(5, 7))];
  // The day before the first of the next month; years up to 99 count from 1900 here, and have the same leap days.
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const CLOCK_FORM = new RegExp(`^${TIME}$`);

/** The text of a `time` column, or `undefined` when the value is none. */
export function asClock(value: unknown): string | undefined {
  return typeof value === 'string' && CLOCK_FORM.test(value) ? value : undefined;
}

/** The text of a `timestamptz` column, or `undefined` when the value is none. */
export function asTimestamptz(value: unknown): string | undefined {
  if (value instanceof Date) return asTimestamptz(isoText(value));
  return typeof value === 'string' && isTime(value, TIMESTAMPTZ_FORM) ? value : undefined;
}

/** Empty for an invalid Date; years beyond 9999 have a sign in front, which PostgreSQL takes for an offset. */
function isoText(date: Date): string {
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

const CLOCKTZ_FORM = new RegExp(`^${TIME} ?${OFFSET}$`);

/** What a time in the text of a type looks like. */
interface TimeForm {
  readonly form: RegExp;
  readonly example: string;
}

const FORMS: Readonly<Record<string, TimeForm>> = {
  date: { form: DATE_FORM, example: '2001-03-31' },
  time: { form: CLOCK_FORM, example: '22:27:00' },
  timetz: { form: CLOCKTZ_FORM, example: '22:27:00Z' },
  ts: { form: TIMESTAMP_FORM, example: '2001-03-31 22:27:00' },
  tstz: { form: TIMESTAMPTZ_FORM, example: '2001-03-31T22:27:00Z' },
};

/** Types of dates and times, ranges of them, and arrays of either, as they are declared by name. */
const TIME_TYPE =
  /^(?:pg_catalog\.)?(?:(date|ts|tstz)(?:multi)?range|(date|time(?:stamp)?(?:tz)?)(?: ?\(\d\))?( with time zone)?(?: without time zone)?)(?:\[\])*$/i;

/**
 * What each time in the text of a value has to look like.
 *
 * @param type by the name that PostgreSQL has for it, such as `timestamptz(3)` or `tsrange`
 * @returns undefined for other types
 */
export function timeFormOf(type: string): TimeForm | undefined {
  const [, range, moment, zone = ''] = TIME_TYPE.exec(type.toLowerCase()) ?? [];
  const name = range ?? moment?.replace('timestamp', 'ts');
  return name === undefined ? undefined : FORMS[zone === '' ? name : `${name}tz`];
}

/** What stands around the times in the texts of ranges and arrays. */
const AROUND = /[[\](){},"]+/;
/** What is no time, and the same in every session. */
const UNBOUNDED = /^(?:[-+]?infinity|empty|null)$/i;

/** Whether each time in a text is of a form; ranges and arrays have several, or none. */
export function hasTimes(text: string, { form }: TimeForm): boolean {
  return text
    .split(AROUND)
    .map((piece) => piece.trim())
    .every(
      (piece) =>
        piece === '' || UNBOUNDED.test(piece) || (form.test(piece) && (piece[2] === ':' || isCalendarDay(piece))),
    );
}

const TOO_FINE = /\d\.\d{6}\d*[1-9]/;
const ENDS_WITH_OFFSET = /:\d\d(?:\.\d+)? ?(?:Z|[-+]\d\d(?::?\d\d)?)$/i;

/** What to write into a `date` column instead of a value that it does not take. */
export function adviseDate(value: unknown): string | undefined {
  if (isNumber(value)) return `for milliseconds since 1970 write \`${dateOf(value)}.toISOString().slice(0, 10)\``;
  if (value instanceof Date) return 'a Date is a moment: write `date.toISOString().slice(0, 10)` for its day in UTC';
  if (typeof value !== 'string') return undefined;
  return !DATE_FORM.test(value) && (TIMESTAMP_FORM.test(value) || TIMESTAMPTZ_FORM.test(value))
    ? 'that is more than a date: write `value.slice(0, 10)` for the day as it stands there'
    : adviseDay(value);
}

/** What to write into a `timestamp` column instead of a value that it does not take. */
export function adviseTimestamp(value: unknown): string | undefined {
  if (isNumber(value)) return `${NO_ZONE} and write \`${dateOf(value)}\` for milliseconds since 1970`;
  if (value instanceof Date) return `a Date is a moment; ${NO_ZONE}, or write the local time as text`;
  if (typeof value !== 'string') return undefined;
  return ENDS_WITH_OFFSET.test(value)
    ? `the offset would be dropped; ${NO_ZONE}, or write the local time alone`
    : (adviseFraction(value) ?? adviseDay(value));
}

const NO_ZONE = 'this column has no zone: declare it timestamptz';

/** What to write into a `timestamptz` column instead of a value that it does not take. */
export function adviseTimestamptz(value: unknown): string | undefined {
  if (isNumber(value))
    return `for milliseconds since 1970 write \`${dateOf(value)}\`, for seconds multiply by 1000 first`;
  if (typeof value !== 'string') return undefined;
  return isTime(value, TIMESTAMP_FORM)
    ? 'the offset is missing: add `Z` where the time is in UTC'
    : (adviseFraction(value) ?? adviseDay(value));
}

/** What to write into a `time` column instead of a value that it does not take. */
export function adviseClock(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return ENDS_WITH_OFFSET.test(value)
    ? 'the offset would be dropped; write the local time alone'
    : adviseFraction(value);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function dateOf(value: number | bigint): string {
  return typeof value === 'bigint' ? 'new Date(Number(value))' : 'new Date(value)';
}

function adviseFraction(text: string): string | undefined {
  return TOO_FINE.test(text) ? 'a column holds microseconds: cut the fraction to six digits' : undefined;
}

function adviseDay(text: string): string | undefined {
  const hasForm = [DATE_FORM, TIMESTAMP_FORM, TIMESTAMPTZ_FORM].some((form) => form.test(text));
  return hasForm && !isCalendarDay(text) ? 'there is no such day' : undefined;
}
