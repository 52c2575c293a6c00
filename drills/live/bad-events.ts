import type { TextEvent } from '../../local/input/event-input.ts';

/** Events that are set aside, and what has to be done before they can be put back. */
export interface BadEvents {
  /** The n-th of them, unlike all others. */
  readonly event: (n: number) => TextEvent;
  /** SQL that removes the cause; undefined where nothing in the database can. */
  readonly mendSql: string | undefined;
}

/** Nobody has heard of it, until somebody adds it. */
const UNKNOWN_AIRPORT = 'QQQ';

/** Flights from an airport that is not among the reference data. */
export const FLIGHTS_FROM_NOWHERE: BadEvents = {
  event: (n) => {
    const event = { date: '2001/01/01 00:00', delay: n, distance: 1, origin: UNKNOWN_AIRPORT, destination: 'ORD' };
    return { partitionKey: UNKNOWN_AIRPORT, data: JSON.stringify(event) };
  },
  mendSql: `INSERT INTO airports (iata, name, city, state, country, latitude, longitude)
VALUES ('${UNKNOWN_AIRPORT}', 'New', 'New City', 'TX', 'USA', 0, 0) ON CONFLICT DO NOTHING`,
};

/** What no schema takes, whatever function reads it. */
export const NO_EVENTS: BadEvents = {
  event: (n) => ({ partitionKey: 'poison', data: `this is no event: ${n}` }),
  mendSql: undefined,
};
