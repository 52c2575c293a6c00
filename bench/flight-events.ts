import { flightsExample } from '../local/examples/flights-example.ts';
import type { TextEvent } from '../local/input/event-input.ts';
import type { AppendedRecord } from '../local/mapping/memory-source.ts';

/** The events of every run: real departures in file order, the same again a year later for ever. */
export async function openFlightEvents(): Promise<FlightEvents> {
  const input = await flightsExample.input();
  return {
    first: (count) => take(input.events(), count),
    records: (count) => toRecords(take(input.events(), count)),
  };
}

/** The stream's events, from the first one on. */
export interface FlightEvents {
  readonly first: (count: number) => Iterable<TextEvent>;
  /** The same as records for a stream in memory. */
  readonly records: (count: number) => Iterable<AppendedRecord>;
}

function* take(events: Iterable<TextEvent>, count: number): Generator<TextEvent> {
  let taken = 0;
  for (const event of events) {
    if (taken === count) return;
    taken += 1;
    yield event;
  }
}

function* toRecords(events: Iterable<TextEvent>): Generator<AppendedRecord> {
  for (const { partitionKey, data } of events) yield { partitionKey, data: Buffer.from(data).toString('base64') };
}
