import { describe, expect, it } from 'vitest';
import { flights } from '../../../../functions/flights/projection.ts';
import { runProjection } from '../../../../processor/testing.ts';

const FLIGHT = { date: '2001/03/31 22:27', delay: -5, distance: 325, origin: 'DTW', destination: 'ABE' };

async function run(flight: object) {
  const [event] = await runProjection(flights, {
    lookups: {
      airports: [
        ['DTW', { city: 'Detroit', state: 'MI' }],
        ['ABE', { city: 'Allentown', state: 'PA' }],
      ],
    },
    events: [flight],
  });
  return event;
}

describe('a flight', () => {
  it('becomes a flight with cities and a count per day; the latest departure is read from the flight', async () => {
    const flight_id = '2001/03/31 22:27 DTW-ABE -5';
    expect(await run(FLIGHT)).toEqual({
      kind: 'rows',
      eventId: flight_id,
      rows: {
        flights: [
          {
            flight_id,
            departed_at: '2001/03/31 22:27',
            destination: 'ABE',
            delay: -5,
            distance: 325,
            origin: 'DTW',
            origin_city: 'Detroit',
            origin_state: 'MI',
            destination_city: 'Allentown',
            destination_state: 'PA',
          },
        ],
        airport_days: [{ airport: 'DTW', day: '2001/03/31', flights: 1, delayed_flights: 0, delay_minutes: 0 }],
      },
      removals: {},
    });
    expect(flights.tables.latest_departures).toMatchObject({
      from: { table: 'flights', columns: { airport: 'origin' } },
    });
  });

  it.each([
    [-5, [0, 0]],
    [0, [0, 0]],
    [1, [1, 1]],
    [95, [1, 95]],
  ])('%d minutes late counts as %j', async (delay, [delayed_flights, delay_minutes]) => {
    expect(await run({ ...FLIGHT, delay })).toMatchObject({
      rows: { airport_days: [{ flights: 1, delayed_flights, delay_minutes }] },
    });
  });

  it('asks for both of its airports', async () => {
    expect(flights.lookupKeys(FLIGHT)).toEqual({ airports: ['DTW', 'ABE'] });
    expect(await run({ ...FLIGHT, destination: 'XXX' })).toMatchObject({ kind: 'rejected', reason: 'lookup-absent' });
  });

  it.each([
    [{ ...FLIGHT, origin: 'dtw' }, 'origin: expected an airport code such as DTW'],
    [{ ...FLIGHT, date: '2001-03-31 22:27' }, 'date: expected a time such as 2001/01/31'],
    [{ ...FLIGHT, delay: 1.5 }, 'delay: '],
  ])('%j is rejected with a reason', async (flight, detail) => {
    expect(await run(flight)).toMatchObject({ reason: 'schema', detail: expect.stringContaining(detail) as string });
  });
});

it('is the same event when it comes twice, and another when anything that names it differs', () => {
  const { eventId } = flights;
  expect(eventId(FLIGHT)).toBe(eventId({ ...FLIGHT, distance: 1 }));
  for (const change of [{ date: '2001/03/31 22:28' }, { delay: 0 }, { origin: 'ABE' }, { destination: 'DTW' }]) {
    expect(eventId({ ...FLIGHT, ...change })).not.toBe(eventId(FLIGHT));
  }
});
