import { describe, expect, it } from 'vitest';
import { openFlightEvents } from '../../../../bench/flight-events.ts';
import { expectedDigests } from '../../../../local/examples/table-digest.ts';
import { expectedFlightTables } from '../../../support/expected-flight-tables.ts';

const events = await openFlightEvents();

describe('expectedDigests', () => {
  it('counts the rows that another reckoning comes to', () => {
    const tables = expectedFlightTables(2_000);
    const digests = expectedDigests(events.first(2_000));
    expect(digests.flights.rows).toBe(tables.flights.length);
    expect(digests.airport_days.rows).toBe(tables.airportDays.length);
    expect(digests.latest_departures.rows).toBe(tables.latestDepartures.length);
  });

  it('is the same in whatever order the events come', () => {
    const [forth, back] = [[...events.first(50)], [...events.first(50)].reverse()];
    expect(expectedDigests(back)).toEqual(expectedDigests(forth));
  });

  it('changes in all tables when the delay of the newest flight changes', () => {
    const [...flights] = events.first(50);
    const late = flights.map(({ partitionKey, data }) => ({
      partitionKey,
      data: data.replace(/"delay":-?\d+/, '"delay":999'),
    }));
    const [before, after] = [expectedDigests(flights), expectedDigests(late)];
    for (const table of ['flights', 'airport_days', 'latest_departures'] as const) {
      expect(after[table].sum).not.toBe(before[table].sum);
    }
  });
});
