import { describe, expect, it } from 'vitest';
import { flights } from '../../../../functions/flights/projection.ts';
import { compileProjection } from '../../../../processor/compile-projection.ts';
import { decodeRecords } from '../../../../processor/decode/decode-records.ts';
import { projectItems } from '../../../../processor/project/project-items.ts';
import { askedKeys } from '../../../support/asked-keys.ts';
import { kinesisRecord } from '../../../support/kinesis-record.ts';
import { rowTexts } from '../../../support/row-texts.ts';

const FLIGHT = { date: '2001/03/31 22:27', delay: -5, distance: 325, origin: 'DTW', destination: 'ABE' };
const AIRPORTS = new Map<string, unknown>([
  ['DTW', { city: 'Detroit', state: 'MI' }],
  ['ABE', { city: 'Allentown', state: 'PA' }],
  ['XXX', null],
]);

async function decode(flight: object) {
  const [item] = await decodeRecords([kinesisRecord({ data: flight })], compileProjection(flights).projection);
  return item!;
}

async function rowsOf(flight: object): Promise<unknown> {
  const encoding = { shardId: 's', codeVersion: 'v', maxItemBytes: 100_000 };
  const { step } = compileProjection(flights);
  const { items, rows } = projectItems([await decode(flight)], step, {
    resolved: new Map([['airports', AIRPORTS]]),
    asked: new Map([['airports', askedKeys([...AIRPORTS.keys()])]]),
    encoding,
  });
  if (items[0]?.kind === 'rejection') return items[0].rejection;
  return rowTexts(rows, 0, [0, 1]).map((row) => JSON.parse(row) as unknown);
}

describe('a flight', () => {
  it('becomes a flight with cities and a count per day; the latest departure is read from the flight', async () => {
    const id = '2001/03/31 22:27 DTW-ABE -5';
    expect(await rowsOf(FLIGHT)).toEqual([
      [0, id, '2001/03/31 22:27', 'ABE', -5, 325, 'DTW', 'Detroit', 'MI', 'Allentown', 'PA'],
      [0, 'DTW', '2001/03/31', 1, 0, 0],
    ]);
    expect(flights.tables.latest_departures).toMatchObject({
      from: { table: 'flights', columns: { airport: 'origin' } },
    });
  });

  it.each([
    [-5, [1, 0, 0]],
    [0, [1, 0, 0]],
    [1, [1, 1, 1]],
    [95, [1, 1, 95]],
  ])('%d minutes late counts as %j', async (delay, counted) => {
    expect(await rowsOf({ ...FLIGHT, delay })).toMatchObject({ 1: [0, 'DTW', '2001/03/31', ...counted] });
  });

  it('asks for both of its airports', async () => {
    expect(flights.lookupKeys(FLIGHT)).toEqual({ airports: ['DTW', 'ABE'] });
    expect(await rowsOf({ ...FLIGHT, destination: 'XXX' })).toMatchObject({ reason: 'lookup-absent' });
  });

  it.each([
    [{ ...FLIGHT, origin: 'dtw' }, 'origin: expected an airport code such as DTW'],
    [{ ...FLIGHT, date: '2001-03-31 22:27' }, 'date: expected a time such as 2001/01/31'],
    [{ ...FLIGHT, delay: 1.5 }, 'delay: '],
  ])('%j is rejected with a reason', async (flight, detail) => {
    expect(await decode(flight)).toMatchObject({ reason: 'schema', detail: expect.stringContaining(detail) as string });
  });
});

it('is the same event when it comes twice, and another when anything that names it differs', () => {
  const { eventId } = flights;
  expect(eventId(FLIGHT)).toBe(eventId({ ...FLIGHT, distance: 1 }));
  for (const change of [{ date: '2001/03/31 22:28' }, { delay: 0 }, { origin: 'ABE' }, { destination: 'DTW' }]) {
    expect(eventId({ ...FLIGHT, ...change })).not.toBe(eventId(FLIGHT));
  }
});
