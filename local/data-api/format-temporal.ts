const FRACTION = /\.(\d{1,6})$/;
const ZONED = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** Whether a date or timestamp, as PostgreSQL prints it, is one that the Data API cannot return at all. */
export function isInfinite(text: string): boolean {
  return text === 'infinity' || text === '-infinity';
}

/** A time or timestamp with its fraction as the Data API prints it: none, three digits or six. */
export function formatFraction(text: string): string {
  return text.replace(FRACTION, (_, digits: string) => {
    const microseconds = digits.padEnd(6, '0');
    if (microseconds === '000000') return '';
    return `.${microseconds.endsWith('000') ? microseconds.slice(0, 3) : microseconds}`;
  });
}

/**
 * A `timestamptz` as the Data API prints it: the instant in UTC, without an offset, whatever the time zone of the
 * database session. A year before Christ keeps its `BC`.
 */
export function formatTimestamptz(text: string): string {
  const parts = ZONED.exec(text);
  if (!parts) return text;
  const [, year = '', month, day, hour, minute, second, fraction = '', sign, ...zone] = parts;
  const [zoneHours, zoneMinutes = '0', zoneSeconds = '0', era = ''] = zone;
  const offset = Number(zoneHours) * 3600 + Number(zoneMinutes) * 60 + Number(zoneSeconds);
  const instant = new Date(0);
  // Unlike Date.UTC, this takes years below 100 as they are; the year before 1 BC is 0.
  instant.setUTCFullYear(era ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  instant.setUTCHours(Number(hour), Number(minute), Number(second) + (sign === '-' ? offset : -offset));
  return formatFraction(`${formatUtc(instant)}${fraction}`) + (instant.getUTCFullYear() < 1 ? ' BC' : '');
}

function formatUtc(instant: Date): string {
  const year = instant.getUTCFullYear();
  const date = [year < 1 ? 1 - year : year, instant.getUTCMonth() + 1, instant.getUTCDate()];
  const time = [instant.getUTCHours(), instant.getUTCMinutes(), instant.getUTCSeconds()];
  return `${pad(date, 4, '-')} ${pad(time, 2, ':')}`;
}

function pad([first = 0, ...rest]: readonly number[], firstWidth: number, separator: string): string {
  return [String(first).padStart(firstWidth, '0'), ...rest.map((part) => String(part).padStart(2, '0'))].join(
    separator,
  );
}
