import { describe, expect, it } from 'vitest';
import { columnEncoder, describeMisfit } from '../../../../processor/tables/column-type.ts';

type Time = 'date' | 'timestamp' | 'timestamptz';

/** What each column takes, and nothing else of the list below. */
const TAKES: Record<Time, readonly string[]> = {
  date: [
    '2001-03-31',
    '2001/03/31',
    '0001-01-01',
    '9999-12-31',
    '2024-02-29',
    '2000/02/29',
    '0096-02-29',
    '2024-04-30',
  ],
  timestamp: [
    '2001-03-31',
    '2001/03/31',
    '0001-01-01',
    '9999-12-31',
    ...['2024-02-29', '2000/02/29', '0096-02-29', '2024-04-30'],
    '2001-03-31 22:27',
    '2001/03/31 22:27',
    '2001-03-31T22:27:00',
    '2001-03-31t22:27:00.5',
    '2001-03-31 22:27:00.123456',
    '2001-03-31 22:27:00.123456000',
    '2001-03-31 24:00',
    '2016-12-31 23:59:60',
  ],
  timestamptz: [
    '2001-03-31T22:27Z',
    '2001-03-31T22:27:00z',
    '2001-03-31 22:27:00.123456+02',
    '2001-03-31 22:27:00.100000000Z',
    '2001-03-31 22:27 -05:30',
    '2001/03/31 22:27-0530',
    '2001-03-31T24:00:00Z',
    '2016-12-31T23:59:60Z',
    '2001-03-31T22:27:00+15:59',
  ],
};

/** Each means something to PostgreSQL, which need not be what its sender meant, or nothing to anybody. */
const REFUSED = [
  ...['', 'now', 'NOW', 'today', 'yesterday', 'tomorrow', 'epoch', 'infinity', '-infinity', 'allballs', ' now'],
  ...['01/02/2024', '1/2/2024', '13/02/2024', '01-02-2024', '01.02.2024', '24-01-02', '2024-1-5', '20240105'],
  ...['2024-01/02', '2024/01-02', '2024.01.02', '2024-366', '2024-W01-1', '2024W011', '2024-00-10', '2024-13-01'],
  ...[
    '2024-01-00',
    '2024-01-32',
    '2024-02-30',
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '0000-01-01',
    '2024-01-01 24:00:01',
  ],
  ...['2024-02-30T00:00:00Z', '2024-01-01 24:01', '2024-01-01 23:59:60.5', '2024-01-01T24:00:00.5Z'],
  ...['12024-01-01', '+012024-01-01', '-0001-01-01', '2024-01-01 BC', 'Jan 2 2024'],
  ...['January 2, 2024', '2 January 2024', '2024-Jan-02', 'J2451187', 'Tue, 02 Jan 2024 03:04:05 GMT'],
  ...[' 2024-01-01', '2024-01-01 ', '2024-01-01\n', '2024-01-01\u00a0', '٢٠٢٤-٠١-٠١'],
  ...['2024-01-01 1:02', '2024-01-01 25:00', '2024-01-01 12:60', '2024-01-01 12:00:61', '2024-01-01 12', '12:00'],
  ...['2024-01-01T', '2024-01-01 12:00:00,5', '2024-01-01 12:00:00.', '2024-01-01 12:00 PM', '2024-01-01 04:05:06 AM'],
  ...['2024-01-01  12:00', '20240101T120000', '2024-01-01 120000', '2024-01-01 12:00:00.1234567'],
  ...['2024-01-01T12:00:00.123456789Z', '2024-01-01Z', '2024-01-01 +02', '2024-01-01T12Z', '01/02/2024 03:04:05Z'],
  ...['2024-01-01 12:00 UTC', '2024-01-01 12:00 GMT', '2024-01-01 12:00 PST', '2024-01-01 12:00 Europe/Lisbon'],
  ...['2024-01-01T12:00+2', '2024-01-01T12:00+16:00', '2024-01-01T12:00+99', '2024-01-01T12:00+02:60'],
  ...['2024-01-01T12:00+02:00:00', '2024-01-01T12:00  Z', '2024-01-01T12:00 \u221202', '1704110400', '1704110400000'],
];

const ALL = [...new Set([...Object.values(TAKES).flat(), ...REFUSED])];

describe.each(Object.keys(TAKES) as Time[])('a %s column', (name) => {
  const encode = columnEncoder({ kind: 'one', name, nullable: false });

  it('takes the texts that mean one thing, as they are, and no others', () => {
    expect(ALL.filter((text) => encode(text) !== undefined)).toEqual(ALL.filter((text) => TAKES[name].includes(text)));
    for (const text of TAKES[name]) expect(encode(text)).toBe(text);
  });

  it('takes no number', () => {
    for (const value of [1704110400000, 0, 5n, NaN]) expect(encode(value)).toBeUndefined();
  });
});

describe('a Date', () => {
  it('is a moment with its milliseconds, from the year 1 to 9999', () => {
    const encode = columnEncoder({ kind: 'one', name: 'timestamptz', nullable: false });
    expect(encode(new Date('2001-03-31T22:27:00.123Z'))).toBe('2001-03-31T22:27:00.123Z');
    expect(encode(new Date('9999-12-31T23:59:59.999Z'))).toBe('9999-12-31T23:59:59.999Z');
    expect(encode(new Date(253_402_300_800_000))).toBeUndefined();
    expect(encode(new Date('0000-12-31T23:59:59Z'))).toBeUndefined();
    expect(encode(new Date('-000001-01-01T00:00:00Z'))).toBeUndefined();
    expect(encode(new Date(NaN))).toBeUndefined();
  });
});

describe('the message says what to write', () => {
  const noZone = 'this column has no zone: declare it timestamptz';
  it.each([
    ['timestamp', '2024-01-01T12:00:00+02:00', `the offset would be dropped; ${noZone}, or write the local time alone`],
    ['timestamp', new Date(0), `a Date is a moment; ${noZone}, or write the local time as text`],
    ['timestamp', 1704110400000, `${noZone} and write \`new Date(value)\` for milliseconds since 1970`],
    ['timestamp', '2024-01-01 12:00:00.1234567', 'a column holds microseconds: cut the fraction to six digits'],
    ['timestamp', 'now', undefined],
    [
      'date',
      '2024-01-01T23:30:00-05:00',
      'that is more than a date: write `value.slice(0, 10)` for the day as it stands there',
    ],
    ['date', new Date(0), 'a Date is a moment: write `date.toISOString().slice(0, 10)` for its day in UTC'],
    ['date', 1704110400000, 'for milliseconds since 1970 write `new Date(value).toISOString().slice(0, 10)`'],
    ['date', '01/02/2024', undefined],
    ['date', '2024-02-30', 'there is no such day'],
    ['timestamp', '2023/02/29 12:00', 'there is no such day'],
    ['timestamptz', '2024-02-30T00:00:00Z', 'there is no such day'],
    [
      'timestamptz',
      1704110400000,
      'for milliseconds since 1970 write `new Date(value)`, for seconds multiply by 1000 first',
    ],
    [
      'timestamptz',
      1704110400000n,
      'for milliseconds since 1970 write `new Date(Number(value))`, for seconds multiply by 1000 first',
    ],
    ['timestamptz', '2024-01-01T12:00:00', 'the offset is missing: add `Z` where the time is in UTC'],
    ['timestamptz', '2024-01-01T12:00:00.123456789Z', 'a column holds microseconds: cut the fraction to six digits'],
    ['timestamptz', 'infinity', undefined],
  ] as const)('for a %s, given %s', (name, value, advice) => {
    const [misfit, ...advices] = describeMisfit({ kind: 'one', name, nullable: false }, value).split(
      /(?<=got [^;]*); /,
    );
    expect(misfit).toMatch(/^must be a .*string .*such as 2001-03-31.*, got /);
    expect(advices.join('; ')).toBe(advice ?? '');
  });
});
