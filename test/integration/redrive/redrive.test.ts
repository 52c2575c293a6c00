import { randomBytes } from 'node:crypto';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Execute } from '../../../data-api/execute.ts';
import { createPatientExecute } from '../../../data-api/retry-transient.ts';
import type { DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startDataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { awaitEffect, type RedriveEffect } from '../../../ops/redrive/await-effect.ts';
import { withPreviews } from '../../../ops/redrive/payload-preview.ts';
import { summarizeQuarantine } from '../../../ops/redrive/redrive-summary.ts';
import type { QuarantineFilter } from '../../../ops/redrive/quarantine-filter.ts';
import { createQuarantineSource } from '../../../ops/redrive/quarantine-source.ts';
import type { RecordToPut } from '../../../kinesis/put-records.ts';
import type { RecordSink, RedriveItem, RedriveSource } from '../../../ops/redrive/redrive-source.ts';
import type { RedriveReport, RedriveSettings } from '../../../ops/redrive/redrive.ts';
import { redrive } from '../../../ops/redrive/redrive.ts';
import { createSeededRandom } from '../../../local/chaos/seeded-random.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { counters, defineProjection, inserts, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';
import { redriveSettings } from '../../support/redrive-settings.ts';

interface Parcel {
  readonly id: string;
  readonly depot: string;
  readonly at: number;
}

/** The build that is deployed first refuses every parcel, or cannot tell its id; the next one takes them. */
type Build = 'refuses' | 'cannot-identify' | 'takes';

function parcels(build: Build) {
  return defineProjection({
    name: 'parcels',
    schema: z.object({ id: z.string(), depot: z.string(), at: z.number() }),
    eventId: ({ id }) => {
      if (build === 'cannot-identify') throw new TypeError('no id');
      return id;
    },
    tables: {
      parcels: inserts({ columns: { id: 'text', at: 'bigint' } }),
      depots: counters({ key: { depot: 'text' }, counters: { parcels: 'bigint' } }),
      newest: versions({ key: { depot: 'text' }, version: { at: 'bigint' }, columns: { id: 'text' } }),
    },
    project: ({ id, depot, at }) => {
      if (build === 'refuses') throw new TypeError('a bad build');
      return { parcels: { id, at }, depots: { depot, parcels: 1 }, newest: { depot, at, id } };
    },
  });
}

let database: TestDatabase;
let server: DataApiServer;
let client: RDSDataClient;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`CREATE TABLE parcels (id text NOT NULL, at bigint NOT NULL);
    CREATE TABLE depots (depot text PRIMARY KEY, parcels bigint NOT NULL);
    CREATE TABLE newest (depot text PRIMARY KEY, at bigint NOT NULL, id text NOT NULL);`);
  server = await startDataApiServer({ databaseUrl: database.url });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new RDSDataClient({ endpoint: server.endpoint, region: server.region, credentials });
});

afterAll(async () => {
  client.destroy();
  await server.close();
  await database.close();
});

beforeEach(() =>
  database.query(`TRUNCATE parcels, depots, newest, event_processor.ledger, event_processor.quarantine,
    event_processor.batch_log RESTART IDENTITY`),
);

function parcel(n: number): Parcel {
  return { id: `parcel-${n}`, depot: `depot-${n % 3}`, at: n };
}

interface Event {
  readonly key: string;
  readonly data: Buffer;
}

/** Sequence numbers go on over a test, as they do on a stream. */
let sequence = 0;

async function process(events: readonly Event[], build: Build): Promise<void> {
  await deliver(events, build, sequence + 1);
  sequence += events.length;
}

/** Delivers events from a position on, where they may have been delivered before. */
async function deliver(events: readonly Event[], build: Build, position: number): Promise<void> {
  const engine = database.createEngine(parcels(build), { fuse: { thresholdPercent: 100, minEvents: 20 } });
  const records = events.map(({ key, data }, n) => kinesisRecord({ data, index: position + n, partitionKey: key }));
  const report = await processBatch(records, engine, () => 30_000);
  expect(report.committedRecords).toBe(records.length);
}

function eventsOf(count: number): readonly Event[] {
  return Array.from({ length: count }, (_, n) => ({
    key: `key-${n % 4}`,
    data: Buffer.from(JSON.stringify(parcel(n))),
  }));
}

function quarantine(count: number): Promise<void> {
  return process(eventsOf(count), 'refuses');
}

class MemorySink implements RecordSink {
  readonly records: RecordToPut[] = [];

  put(records: readonly RecordToPut[]): Promise<void> {
    this.records.push(...records);
    return Promise.resolve();
  }
}

function execute(): Execute {
  const { resourceArn: clusterArn, secretArn, database: name } = server;
  return createPatientExecute({ client, clusterArn, secretArn, database: name }, { timeoutMs: 30_000, maxWaitMs: 0 });
}

function source(filter: QuarantineFilter = {}): RedriveSource {
  return createQuarantineSource(execute(), filter);
}

function run(from: RedriveSource, sink: RecordSink, settings: Partial<RedriveSettings> = {}): Promise<RedriveReport> {
  return redrive(from, sink, redriveSettings(settings));
}

function processAgain({ records }: MemorySink): Promise<void> {
  return process(
    records.map(({ partitionKey, data }) => ({ key: partitionKey, data: Buffer.from(data) })),
    'takes',
  );
}

async function openEntries(): Promise<unknown> {
  const [row] = await database.query(
    'SELECT count(*)::int AS n FROM event_processor.quarantine WHERE applied_at IS NULL',
  );
  return row?.['n'];
}

describe('a redrive', () => {
  it('changes nothing unless it is applied', async () => {
    await quarantine(5);
    const sink = new MemorySink();
    const listed: RedriveItem[] = [];
    const report = await run(source(), sink, { isApplied: false, onItems: (items) => void listed.push(...items) });

    expect(report).toEqual({ items: 5, records: 0, refused: [], isInterrupted: false });
    expect(listed.map(({ summary }) => summary['eventId'])).toEqual([0, 1, 2, 3, 4].map((n) => `parcel-${n}`));
    expect(sink.records).toEqual([]);
    expect(await database.query('SELECT id FROM event_processor.quarantine WHERE redriven_at IS NOT NULL')).toEqual([]);
  });

  it('puts the original payloads back under their keys, marks them, and does not take them twice', async () => {
    await quarantine(12);
    const sink = new MemorySink();
    await run(source(), sink);
    expect(sink.records.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Parcel)).toEqual(
      Array.from({ length: 12 }, (_, n) => parcel(n)),
    );
    expect(sink.records.map(({ partitionKey }) => partitionKey)).toEqual(
      Array.from({ length: 12 }, (_, n) => `key-${n % 4}`),
    );
    expect(await run(source(), sink)).toMatchObject({ items: 0, records: 0 });
    expect(await run(source({ again: true }), sink)).toMatchObject({ items: 12 });
  });

  it('takes the entries that the filter names, and no more than the limit', async () => {
    await quarantine(9);
    const count = async (filter: QuarantineFilter, limit = 100) =>
      (await run(source(filter), new MemorySink(), { isApplied: false, limit })).items;
    expect(await count({ reason: 'projection-threw' })).toBe(9);
    expect(await count({ reason: 'schema' })).toBe(0);
    expect(await count({ partitionKey: 'key-1' })).toBe(2);
    expect(await count({ functionName: "parcels' OR true --" })).toBe(0);
    expect(await count({ since: '2000-01-01T00:00:00Z', until: '2001-01-01T00:00:00Z' })).toBe(0);
    expect(await count({}, 4)).toBe(4);
  });

  it.each([
    ['1.4 MB', 1_400_000],
    ['4 MB', 4_000_000],
    ['10 MiB', 10 * 1024 * 1024],
  ])('reads payloads of any size through results of 1 MiB: %s', async (_, bytes) => {
    // Random text, so that the database can't make it small.
    const data = Buffer.from(JSON.stringify({ ...parcel(1), filling: randomBytes(bytes / 2).toString('hex') }));
    await process([{ key: 'large', data }], 'refuses');
    const sink = new MemorySink();
    expect(await run(source(), sink)).toMatchObject({ items: 1, records: 1 });
    expect(Buffer.from(sink.records[0]!.data).equals(data)).toBe(true);
    await processAgain(sink);
    expect(await openEntries()).toBe(0);
    expect(await database.query('SELECT id FROM parcels')).toEqual([{ id: 'parcel-1' }]);
  });

  it('closes the entry once the event is in effect, and never lets an old event overwrite newer state', async () => {
    await quarantine(1);
    await process([{ key: 'key-0', data: Buffer.from(JSON.stringify({ ...parcel(99), depot: 'depot-0' })) }], 'takes');
    const sink = new MemorySink();
    await run(source(), sink);
    await processAgain(sink);

    expect(await openEntries()).toBe(0);
    expect(await database.query('SELECT at, id FROM newest')).toEqual([{ at: '99', id: 'parcel-99' }]);
    expect(await database.query('SELECT parcels FROM depots')).toEqual([{ parcels: '2' }]);
  });
});

describe('entries without an event id', () => {
  it('are closed when a redrive brings their events into effect, also before it is marked', async () => {
    await process(eventsOf(5), 'cannot-identify');
    const sink = new MemorySink();
    // The processor is quick: it has seen the records by the time that they are marked.
    await run(source(), { put: (records) => sink.put(records).then(() => processAgain(sink)) });
    expect(await openEntries()).toBe(0);
    expect(await database.query('SELECT count(*)::int AS n FROM parcels')).toEqual([{ n: 5 }]);
  });

  it('stay open when the redriven record is rejected again, and are closed by the redrive that helps', async () => {
    await process(eventsOf(3), 'cannot-identify');
    const [first, second] = [new MemorySink(), new MemorySink()];
    await run(source(), first);
    await process(
      first.records.map(({ partitionKey, data }) => ({ key: partitionKey, data: Buffer.from(data) })),
      'cannot-identify',
    );
    expect(await openEntries()).toBe(6);
    await run(source(), second);
    await processAgain(second);
    expect(await openEntries()).toBe(0);
  });

  it('are closed when a build that reads the id gets the records again, whichever of them are in effect', async () => {
    const events = eventsOf(6);
    const position = sequence + 1;
    await process(events.slice(0, 2), 'takes');
    await deliver(events, 'cannot-identify', position);
    sequence += 4;
    expect(await openEntries()).toBe(6);
    await deliver(events, 'takes', position);
    expect(await openEntries()).toBe(0);
    expect(await database.query('SELECT count(*)::int AS n FROM parcels')).toEqual([{ n: 6 }]);
  });

  it('stay open while their own events are not in effect, whatever else is delivered', async () => {
    const events = eventsOf(6);
    const position = sequence + 1;
    await process(events, 'cannot-identify');
    await run(source(), new MemorySink());
    // The same stretch of the shard, as after a filter was added: two of its records do not come.
    const seen = events.map((event, n) => ({ event, n })).filter(({ n }) => n !== 1 && n !== 4);
    for (const { event, n } of seen) await deliver([event], 'takes', position + n);
    await process(eventsOf(9).slice(6), 'takes');
    expect(
      await database.query(`SELECT convert_from(payload, 'UTF8')::jsonb ->> 'id' AS id
      FROM event_processor.quarantine WHERE applied_at IS NULL ORDER BY id`),
    ).toEqual([{ id: 'parcel-1' }, { id: 'parcel-4' }]);
  });

  it('cost no call while none of them can be meant', async () => {
    await process(eventsOf(6), 'cannot-identify');
    const engine = database.createEngine(parcels('takes'));
    const records = eventsOf(9)
      .slice(6)
      .map(({ data }) => kinesisRecord({ data, index: (sequence += 1) }));
    const { calls } = await processBatch(records, engine, () => 30_000);
    expect(calls).toEqual({ calls: 1, errors: 0 });
  });
});

describe('a redrive that ends at any point', () => {
  const EVENTS = 12;

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'loses nothing and doubles nothing (seed %i)',
    async (seed) => {
      await quarantine(EVENTS);
      const random = createSeededRandom(seed);
      const sink = new MemorySink();
      // Ends before or after a put or a mark; another redrive begins, which may end early as well.
      for (let interruptions = random.integer(1, 3); interruptions > 0; interruptions -= 1) {
        const breaking = breakAt(random.integer(0, 15));
        await run(breaking.source(source()), breaking.sink(sink)).catch((error: unknown) => {
          if (!(error instanceof Interruption)) throw error;
        });
      }
      await run(source(), sink);
      await processAgain(sink);

      const ids = Array.from({ length: EVENTS }, (_, n) => ({ id: `parcel-${n}` }));
      expect(await database.query('SELECT id FROM parcels ORDER BY at')).toEqual(ids);
      expect(await database.query('SELECT sum(parcels)::int AS n FROM depots')).toEqual([{ n: EVENTS }]);
      expect(await openEntries()).toBe(0);
    },
  );
});

describe('what an operator sees of a redrive', () => {
  it('is how many there are for each reason, with an example, of those that are meant', async () => {
    await quarantine(3);
    await process([{ key: 'a', data: Buffer.from('no JSON') }], 'takes');
    expect(await summarizeQuarantine(execute(), {})).toMatchObject([
      { reason: 'projection-threw', items: 3, waiting: 0, builds: ['test-build'], example: 'TypeError: a bad build' },
      { reason: 'not-json', items: 1 },
    ]);
    expect(await summarizeQuarantine(execute(), { reason: 'not-json' })).toMatchObject([{ items: 1 }]);
    expect(await summarizeQuarantine(execute(), { reason: 'schema' })).toEqual([]);
  });

  it('is the beginning of each payload, on one line', async () => {
    await process([{ key: 'a', data: Buffer.from('no JSON\n\u001b[2J at all') }], 'takes');
    await process([{ key: 'a', data: Buffer.from([0xff, 0xfe, 0x00]) }], 'takes');
    const items: RedriveItem[] = [];
    await run(source(), new MemorySink(), { isApplied: false, onItems: (found) => void items.push(...found) });
    const shown = await withPreviews(execute(), items, 9);
    expect(shown.map(({ summary }) => summary['payload'])).toEqual(['no JSON… (10 bytes more)', '0xfffe00']);
  });

  /** Puts everything back, has a build process it, and looks once. */
  async function effectOf(build: Build | undefined): Promise<RedriveEffect> {
    const ids: string[] = [];
    const sink = new MemorySink();
    await run(source(), sink, { onItems: (items) => void ids.push(...items.map(({ id }) => id)) });
    const events = sink.records.map(({ partitionKey, data }) => ({ key: partitionKey, data: Buffer.from(data) }));
    if (build !== undefined) await process(events, build);
    const { signal } = new AbortController();
    const settings = { timeoutMs: 0, signal, onLook: () => undefined, sleep: () => Promise.resolve(), now: () => 0 };
    return awaitEffect(execute(), ids, settings);
  }

  it('is whether what was put back is in effect', async () => {
    await quarantine(3);
    expect(await effectOf(undefined)).toEqual({ inEffect: 0, rejectedAgain: {}, open: 3 });
    await process(eventsOf(3), 'takes');
    expect(await openEntries()).toBe(0);
  });

  it.each([
    ['with the id that it had', 'refuses', 'projection-threw'],
    ['without an id', 'cannot-identify', 'event-id'],
  ] as const)('is that it was rejected again, %s', async (_, build, reason) => {
    await process(eventsOf(2), build);
    expect(await effectOf(build)).toEqual({ inEffect: 0, rejectedAgain: { [reason]: 2 }, open: 0 });
    expect(await effectOf('takes')).toEqual({ inEffect: 2, rejectedAgain: {}, open: 0 });
  });
});

class Interruption extends Error {}

/** Counts the moments before and after each effect, and throws at one of them. */
function breakAt(moment: number) {
  let moments = 0;
  const pass = (): void => {
    moments += 1;
    if (moments > moment) throw new Interruption();
  };
  const around = async (effect: () => Promise<void>): Promise<void> => {
    pass();
    await effect();
    pass();
  };
  return {
    sink: (sink: RecordSink): RecordSink => ({ put: (records) => around(() => sink.put(records)) }),
    source: (from: RedriveSource): RedriveSource => ({
      ...from,
      announce: (items) => around(() => from.announce(items)),
      mark: (items) => around(() => from.mark(items)),
    }),
  };
}
