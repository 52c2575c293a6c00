import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Execute } from '../../data-api/execute.ts';
import type { EventInput, TextEvent } from '../input/event-input.ts';
import type { Example } from './example.ts';

/** A flight as `vega-datasets` holds it: real departures in the USA, January to March 2001. */
interface Flight {
  /** `2001/01/31 23:59`. */
  readonly date: string;
  /** Minutes; negative when it left early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

const LOAD_AIRPORTS = `INSERT INTO airports (iata, name, city, state, country, latitude, longitude)
SELECT v->>'iata', v->>'name', v->>'city', v->>'state', v->>'country', (v->>'latitude')::double precision, (v->>'longitude')::double precision
FROM jsonb_array_elements(:airports::jsonb) AS v
ON CONFLICT (iata) DO NOTHING`;

/** The 20,000 flights and 3,376 airports of `vega-datasets`. */
export const flightsExample: Example<TextEvent> = {
  input: async (): Promise<EventInput<TextEvent>> => {
    const flights = JSON.parse(await readDataset('flights-20k.json')) as readonly Flight[];
    return { backlog: flights.length, events: () => endlessFlights(flights) };
  },
  loadReference: async (execute: Execute): Promise<void> => {
    const airports = parse(await readDataset('airports.csv'), { columns: true }) as unknown as readonly unknown[];
    await execute(LOAD_AIRPORTS, { airports: JSON.stringify(airports) });
  },
};

function readDataset(name: string): Promise<string> {
  // The package exports its code only; the data lies in the folder beside it.
  const code = createRequire(import.meta.url).resolve('vega-datasets');
  return readFile(join(dirname(code), '../data', name), 'utf8');
}

/** The flights, and the same again a year later for ever: volume that stays made of real departures. */
function* endlessFlights(flights: readonly Flight[]): Generator<TextEvent> {
  for (let years = 0; ; years += 1) {
    for (const flight of flights) {
      const year = Number(flight.date.slice(0, 4)) + years;
      const later = years === 0 ? flight : { ...flight, date: `${year}${flight.date.slice(4)}` };
      yield { partitionKey: flight.origin, data: JSON.stringify(later) };
    }
  }
}
