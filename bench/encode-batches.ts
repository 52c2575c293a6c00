import { flights } from '../functions/flights/projection.ts';
import { parameterTexts } from '../data-api/statement-body.ts';
import { scanPlaceholders } from '../local/data-api/scan-placeholders.ts';
import { createLruLookupCache } from '../processor/lookup/lru-lookup-cache.ts';
import { compileProjection } from '../processor/compile-projection.ts';
import type { KinesisRecord } from '../processor/decode/item.ts';
import type { EventStore, LookupSource, ReferenceRow, WriteCounts } from '../processor/ports.ts';
import type { Engine } from '../processor/batch-rounds.ts';
import { processBatch } from '../processor/process-batch.ts';
import type { Arena } from './arena.ts';
import type { DrainSettings } from './drain.ts';
import type { FlightEvents } from './flight-events.ts';

const MEBIBYTE = 1024 * 1024;
const FIRST_SEQUENCE_NUMBER = 49_650_000_000_000_000_000n;

/** The first events as batches of records, as a Lambda function gets them. */
export function recordBatches(events: FlightEvents, count: number, batchSize: number): KinesisRecord[][] {
  const batches: KinesisRecord[][] = [];
  let batch: KinesisRecord[] = [];
  let sequence = FIRST_SEQUENCE_NUMBER;
  for (const { partitionKey, data } of events.records(count)) {
    sequence += 1n;
    const sequenceNumber = String(sequence);
    const kinesis = { sequenceNumber, partitionKey, data, approximateArrivalTimestamp: Date.now() / 1000 };
    batch.push({ eventID: `shardId-000000000000:${sequenceNumber}`, kinesis });
    if (batch.length < batchSize) continue;
    batches.push(batch);
    batch = [];
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

const refuse = () => Promise.reject(new Error('no flight is rejected'));

const NOTHING_CHANGED: WriteCounts = {
  written: 0,
  superseded: 0,
  existing: 0,
  quarantined: 0,
  hasUnidentified: false,
  hasDue: false,
};

/** A store that only ever takes writes: no flight of the example is rejected. */
export function storeOfWrites(take: (...write: Parameters<EventStore['write']>) => void): EventStore {
  return {
    write: (...write) => {
      take(...write);
      return Promise.resolve(NOTHING_CHANGED);
    },
    missingParents: refuse,
    storePart: refuse,
    closeUnidentified: refuse,
    explain: refuse,
  };
}

/** The engine of the flights function around a store of the caller's; reference rows come from a map. */
export function createFlightsEngine(store: EventStore, airports: ReadonlyMap<string, ReferenceRow>): Engine {
  const lookupSource: LookupSource = { read: () => Promise.resolve(new Map([['airports', airports]])) };
  return {
    compiled: compileProjection(flights),
    store,
    lookupSource,
    lookupCache: createLruLookupCache({
      maxEntries: 50_000,
      maxBytes: 64 * MEBIBYTE,
      ttlMs: 3_600_000,
      absentTtlMs: 10_000,
      now: () => Date.now(),
    }),
    clock: {
      now: () => Date.now(),
      monotonicMs: () => performance.now(),
      sleep: () => Promise.resolve(),
      random: Math.random,
    },
    fuse: { thresholdPercent: 50, minEvents: 20 },
    fuseMemory: { read: refuse, hold: refuse, release: refuse },
    waitingEntries: { claim: refuse, settle: refuse },
    maxRequestBytes: 4 * MEBIBYTE,
    codeVersion: 'bench',
  };
}

/** The write of a backlog, as it would be sent. */
export interface EncodedWrites {
  /** SQL with PostgreSQL's own placeholders. */
  readonly text: string;
  /** Values of the placeholders, batch by batch. */
  readonly batches: readonly (readonly (string | undefined)[])[];
}

/** Encodes the first events in batches, with the reference rows of the arena's database. */
export async function encodeWrites(
  { database, events }: Arena,
  { events: count, batchSize }: Pick<DrainSettings, 'events' | 'batchSize'>,
): Promise<EncodedWrites> {
  const { rows } = await database.query<{ iata: string; city: string; state: string }>(
    'SELECT iata, city, state FROM airports',
  );
  const written: Readonly<Record<string, string>>[] = [];
  const store = storeOfWrites((parameters) => {
    written.push(parameterTexts(parameters));
  });
  const engine = createFlightsEngine(store, new Map(rows.map(({ iata, ...place }) => [iata, place])));
  for (const records of recordBatches(events, count, batchSize)) {
    await processBatch(records, engine, () => 60_000);
  }
  const { text, names } = scanPlaceholders(engine.compiled.writeSql, { strictQuirks: true });
  return { text, batches: written.map((parameters) => names.map((name) => parameters[name])) };
}
