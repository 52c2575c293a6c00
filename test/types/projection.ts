/**
 * What TypeScript must refuse in a projection: `tsc` checks this file, and an expected error that does not come is an
 * error itself. Nothing here runs.
 *
 * @module
 */
/* eslint-disable @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- what does not compile has no type */
import * as z from 'zod/mini';
import type { EventRecord } from '../../processor/projection.ts';
import {
  cloudWatchLogs,
  counters,
  custom,
  defineProjection,
  inserts,
  json,
  jsonArray,
  lookup,
  ndjson,
  skip,
  Skip,
  versions,
} from '../../processor/projection.ts';

const schema = z.object({ id: z.string(), origin: z.string(), delay: z.int(), at: z.nullable(z.string()) });
const eventId = ({ id }: { readonly id: string }) => id;
const airports = lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: { city: 'text', zone: 'text?' } });
const carriers = lookup({
  table: 'carriers',
  key: 'id',
  keyType: 'integer',
  columns: { seats: 'bigint' },
  absent: 'undefined',
});
const tables = {
  flights: inserts({ columns: { id: 'text', delay: 'integer', at: 'timestamp?', seen: 'timestamptz' } }),
  days: counters({ key: { origin: 'text' }, counters: { flights: 'bigint' } }),
  latest: versions({ key: { origin: 'text' }, version: { at: 'timestamp' }, columns: { delay: 'integer' } }),
};
const base = { name: 'types', schema, eventId, tables };
const flight = { id: 'a', delay: 1, at: null, seen: new Date() };

// What is right compiles: rows of every kind, one, several and none.
defineProjection({ ...base, project: () => ({}) });
defineProjection({
  ...base,
  project: ({ id, origin, delay, at }, _lookups, { eventId: event }) => ({
    flights: [{ id, delay, at, seen: '2001-01-01T00:00:00Z' }, flight],
    days: { origin, flights: 1n },
    latest: { origin: event, at: '2001-01-01', delay },
  }),
});

// The schema gives the event its type.
defineProjection({
  ...base,
  // @ts-expect-error -- the schema has no `number`
  eventId: (event) => event.number,
  project: () => ({}),
});
// @ts-expect-error -- an id is text
defineProjection({ ...base, eventId: ({ delay }) => delay, project: () => ({}) });

// Columns have names and types.
defineProjection({
  ...base,
  // @ts-expect-error -- the column is called `delay`
  project: ({ id, at, delay }) => ({ flights: { id, at, seen: new Date(), delays: delay } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- `flights` has no column `speed`
  project: () => ({ flights: { ...flight, speed: 5 } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- nor has a row of a list
  project: () => ({ flights: [{ ...flight, speed: 5 }] }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- a promise is no value
  project: () => ({ flights: { ...flight, id: Promise.resolve('a') } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- `flights` has no default: the row must carry it
  project: ({ origin }) => ({ days: { origin } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- an integer is a number
  project: ({ id }) => ({ flights: { ...flight, delay: id } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- `id` must not be null
  project: () => ({ flights: { ...flight, id: null } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- the event's `at` may be null, a version may not
  project: ({ origin, delay, at }) => ({ latest: { origin, at, delay } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- a column that may be null must still be given
  project: () => ({ flights: { id: 'a', delay: 1, seen: new Date() } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- there is no table `planes`
  project: () => ({ planes: { id: 'a' } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- rows are there at once
  project: () => Promise.resolve({ flights: flight }),
});

// A table that takes its rows from another one gets none.
const derived = {
  ...tables,
  newest: versions({ key: { id: 'text' }, version: { seen: 'timestamptz' }, columns: {}, from: { table: 'flights' } }),
};
defineProjection({
  ...base,
  tables: derived,
  project: ({ origin }) => ({ flights: flight, days: { origin, flights: 1 } }),
});
defineProjection({
  ...base,
  tables: derived,
  // @ts-expect-error -- `newest` takes its rows from `flights`
  project: () => ({ flights: flight, newest: { id: 'a', seen: new Date() } }),
});

// What it takes them from is an insert table of the projection that has its columns.
const state = { key: { id: 'text' }, version: { seen: 'timestamptz' }, columns: {} } as const;
defineProjection({
  ...base,
  // @ts-expect-error -- there is no table `planes`
  tables: { ...tables, newest: versions({ ...state, from: { table: 'planes' } }) },
  project: () => ({}),
});
defineProjection({
  ...base,
  // @ts-expect-error -- `days` is a table of counters
  tables: { ...tables, newest: versions({ ...state, from: { table: 'days' } }) },
  project: () => ({}),
});
defineProjection({
  ...base,
  // @ts-expect-error -- `flights` has no column `origin`
  tables: { ...tables, newest: versions({ ...state, key: { origin: 'text' }, from: { table: 'flights' } }) },
  project: () => ({}),
});
defineProjection({
  ...base,
  // @ts-expect-error -- there, `id` is text
  tables: { ...tables, newest: versions({ ...state, key: { id: 'integer' }, from: { table: 'flights' } }) },
  project: () => ({}),
});
defineProjection({
  ...base,
  tables: {
    ...tables,
    newest: versions({ ...state, key: { name: 'text' }, from: { table: 'flights', columns: { name: 'id' } } }),
  },
  project: () => ({}),
});

// Lookups have names, keys and columns.
const looked = { ...base, lookups: { airports, carriers } };
const lookupKeys = ({ origin }: { readonly origin: string }) => ({ airports: [origin], carriers: [5] });
defineProjection({
  ...looked,
  lookupKeys,
  project: ({ origin }, found) => ({
    flights: { ...flight, id: found.airports(origin).city, at: found.airports(origin).zone },
    days: { origin, flights: found.carriers(5)?.seats ?? 0 },
  }),
});
// @ts-expect-error -- nothing says which rows an event needs
defineProjection({ ...looked, project: () => ({}) });
defineProjection({
  ...looked,
  // @ts-expect-error -- the keys of `carriers` are missing
  lookupKeys: ({ origin }) => ({ airports: [origin] }),
  project: () => ({}),
});
defineProjection({
  ...looked,
  // @ts-expect-error -- a carrier is named by an integer
  lookupKeys: ({ origin }) => ({ airports: [origin], carriers: [origin] }),
  project: () => ({}),
});
defineProjection({
  ...looked,
  // @ts-expect-error -- keys are a list
  lookupKeys: ({ origin }) => ({ airports: origin, carriers: [] }),
  project: () => ({}),
});
defineProjection({
  ...looked,
  lookupKeys,
  // @ts-expect-error -- there is no lookup `planes`
  project: (_event, found) => ({ flights: { ...flight, id: found.planes('a').name } }),
});
defineProjection({
  ...looked,
  lookupKeys,
  // @ts-expect-error -- an airport has no `country`
  project: (_event, found) => ({ flights: { ...flight, id: found.airports('DTW').country } }),
});
defineProjection({
  ...looked,
  lookupKeys,
  // @ts-expect-error -- an airport is named by text
  project: (_event, found) => ({ flights: { ...flight, id: found.airports(5).city } }),
});
defineProjection({
  ...looked,
  lookupKeys,
  // @ts-expect-error -- a carrier may be absent
  project: ({ origin }, found) => ({ days: { origin, flights: found.carriers(5).seats } }),
});
defineProjection({
  ...looked,
  lookupKeys,
  // @ts-expect-error -- the zone of an airport may be null
  project: (_event, found) => ({ flights: { ...flight, id: found.airports('DTW').zone } }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- a projection without lookups finds nothing
  project: (_event, found) => ({ flights: { ...flight, id: found.airports('DTW').city } }),
});

// Declarations name types and columns that exist.
// @ts-expect-error -- `varchar` is no column type
inserts({ columns: { id: 'varchar' } });
// @ts-expect-error -- a key names columns of the table
inserts({ columns: { id: 'text' }, key: ['name'] });
// @ts-expect-error -- a key must not be null
counters({ key: { origin: 'text?' }, counters: { flights: 'bigint' } });
// @ts-expect-error -- text does not add up
counters({ key: { origin: 'text' }, counters: { flights: 'text' } });
// @ts-expect-error -- a version must not be null
versions({ key: { origin: 'text' }, version: { at: 'timestamp?' }, columns: {} });
// @ts-expect-error -- JSON is no kind of key
lookup({ table: 'airports', key: 'iata', keyType: 'jsonb', columns: { city: 'text' } });
// @ts-expect-error -- two columns have two types
lookup({ table: 'prices', key: ['shop', 'sku'], keyType: ['text'], columns: { cents: 'integer' } });
// @ts-expect-error -- a list of columns has a list of types
lookup({ table: 'prices', key: ['shop', 'sku'], keyType: 'text', columns: { cents: 'integer' } });
// @ts-expect-error -- one column has one type
lookup({ table: 'prices', key: 'sku', keyType: ['text'], columns: { cents: 'integer' } });

// A row that may come later is there when `project` runs, and the time to wait has a unit.
const later = lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: { city: 'text' }, absent: 'later' });
defineProjection({
  ...base,
  lookups: { later },
  lookupKeys: ({ origin }) => ({ later: [origin] }),
  healFor: '12h',
  project: ({ origin }, found) => ({ days: { origin: found.later(origin).city, flights: 1 } }),
});
// @ts-expect-error -- a number has no unit
defineProjection({ ...base, healFor: 3_600, project: () => ({}) });

// A key of several columns is a list of values in their order, and may come from another row.
const prices = lookup({
  table: 'prices',
  key: ['shop', 'sku'],
  keyType: ['text', 'integer'],
  columns: { cents: 'integer' },
});
const shops = lookup({ table: 'shops', key: 'id', keyType: 'text', columns: { city: 'text', parent: 'text?' } });
const priced = { ...base, lookups: { prices, shops } };
defineProjection({
  ...priced,
  lookupKeys: ({ origin, delay }, lookups) => ({
    prices: [[origin, delay]],
    shops: [origin, lookups.shops(origin)?.parent, lookups.shops(lookups.shops(origin)?.parent)?.city],
  }),
  project: ({ origin, delay }, found) => ({
    days: { origin: found.shops(origin).city, flights: found.prices([origin, delay]).cents },
  }),
});
defineProjection({
  ...priced,
  // @ts-expect-error -- both values are needed
  lookupKeys: ({ origin }) => ({ prices: [[origin]], shops: [] }),
  project: () => ({}),
});
defineProjection({
  ...priced,
  // @ts-expect-error -- in the order of the columns
  lookupKeys: ({ origin, delay }) => ({ prices: [[delay, origin]], shops: [] }),
  project: () => ({}),
});
defineProjection({
  ...priced,
  // @ts-expect-error -- a list of keys, each of which is a list
  lookupKeys: ({ origin, delay }) => ({ prices: [origin, delay], shops: [] }),
  project: () => ({}),
});
defineProjection({
  ...priced,
  lookupKeys: ({ origin, delay }) => ({ prices: [[origin, delay]], shops: [] }),
  // @ts-expect-error -- here as well
  project: ({ origin }, found) => ({ days: { origin, flights: found.prices([origin]).cents } }),
});
defineProjection({
  ...priced,
  // @ts-expect-error -- the row may not be there yet
  lookupKeys: ({ origin }, lookups) => ({ prices: [], shops: [lookups.shops(origin).parent] }),
  project: () => ({}),
});
// @ts-expect-error -- the ledger is one of the tables
defineProjection({ ...base, ledger: 'planes', project: () => ({}) });
// @ts-expect-error -- the ledger's key is the event id, one column of text
defineProjection({ ...base, ledger: 'flights', project: () => ({}) });
// @ts-expect-error -- counters can't be the ledger
defineProjection({ ...base, ledger: 'days', project: () => ({}) });
const events = inserts({ columns: { id: 'text', delay: 'integer' }, key: ['id'] });
defineProjection({ ...base, tables: { events }, ledger: 'events', project: () => ({}) });
defineProjection({
  ...base,
  tables: { t: inserts({ columns: { id: 'integer' }, key: ['id'] }) },
  // @ts-expect-error -- an integer is no event id
  ledger: 't',
  project: () => ({}),
});

// The record is there for `eventId` and `project`, and a row may leave a position out.
const record: EventRecord = {
  sequenceNumber: '1',
  subSequenceNumber: 0,
  position: '1000000000000',
  partitionKey: 'a',
  shardId: 'shardId-000000000000',
  arrivedAt: new Date(0),
};
const readings = {
  name: 'readings',
  schema,
  tables: {
    readings: inserts({ columns: { id: 'text', place: 'position', before: 'position?', arrived: 'timestamptz' } }),
    newest: versions({ key: { id: 'text' }, version: { at: 'timestamp', place: 'position' }, columns: {} }),
  },
};
const byPlace = defineProjection({
  ...readings,
  eventId: 'position',
  project: ({ id }, _lookups, { eventId, record: { arrivedAt, partitionKey } }) => ({
    readings: { id: eventId + partitionKey, arrived: arrivedAt },
    newest: { id, at: '2001-01-01' },
  }),
});
byPlace.eventId({ id: 'a', origin: 'DTW', delay: 1, at: null }, record) satisfies string;
// @ts-expect-error -- the place is all that tells
byPlace.eventId({ id: 'a', origin: 'DTW', delay: 1, at: null });
defineProjection({
  ...readings,
  eventId: ({ id }, { shardId, subSequenceNumber }) => `${id} ${shardId} ${subSequenceNumber}`,
  project: ({ id }, _lookups, { record: { position, sequenceNumber } }) => ({
    readings: { id: sequenceNumber, place: position, before: null, arrived: '2001-01-01T00:00:00Z' },
    newest: { id, at: '2001-01-01', place: position },
  }),
});
// @ts-expect-error -- there is one word for it
defineProjection({ ...readings, eventId: 'sequenceNumber', project: () => ({}) });
defineProjection({
  ...readings,
  // @ts-expect-error -- a record has no `offset`
  eventId: (_event, { offset }) => String(offset),
  project: () => ({}),
});
defineProjection({
  ...readings,
  eventId: 'position',
  // @ts-expect-error -- other columns must still be given
  project: ({ id }) => ({ readings: { id } }),
});
defineProjection({
  ...readings,
  eventId: 'position',
  // @ts-expect-error -- a position is a string
  project: ({ id }) => ({ newest: { id, at: '2001-01-01', place: 5 } }),
});
defineProjection({
  ...readings,
  eventId: 'position',
  // @ts-expect-error -- the context is an object
  project: (_event, _lookups, id) => ({ newest: { id, at: '2001-01-01' } }),
});

// A decoder says how bytes become documents.
for (const decode of [json(), ndjson(), jsonArray(), cloudWatchLogs()]) {
  defineProjection({ ...base, decode, project: () => ({}) });
}
defineProjection({
  ...base,
  decode: custom((bytes, { partitionKey, arrivedAt }) => ({
    id: bytes.toString('hex'),
    origin: partitionKey,
    at: arrivedAt.toISOString(),
  })),
  project: ({ id }) => ({ flights: { ...flight, id } }),
});
// @ts-expect-error -- the function that makes a decoder is none
defineProjection({ ...base, decode: ndjson, project: () => ({}) });
// @ts-expect-error -- nor is a function
defineProjection({ ...base, decode: (bytes: Buffer) => bytes, project: () => ({}) });
// @ts-expect-error -- a record has no `offset`
custom((_bytes, { offset }) => offset as unknown);

// An event may be skipped, by whichever way, and needs no id then.
defineProjection({
  ...base,
  eventId: ({ at }) => at,
  project: ({ id, delay }) => (delay > 0 ? skip('late') : { flights: { ...flight, id } }),
});
defineProjection({
  ...base,
  project: ({ id, delay }) => {
    if (delay > 0) return skip('late');
    if (delay < 0) return {};
    return { flights: { ...flight, id } };
  },
});
defineProjection({
  ...base,
  // @ts-expect-error -- what is not skipped has the right columns all the same
  project: ({ delay }) => (delay > 0 ? skip('late') : { flights: { ...flight, speed: 5 } }),
});
// @ts-expect-error -- a reason is text
skip(5);
// @ts-expect-error -- and it must be there
skip();
// @ts-expect-error -- a row is not skipped, an event is
defineProjection({ ...base, project: () => ({ flights: skip('late') }) });

// A projection keeps its types: a test calls it with events, and reads rows.
const projection = defineProjection({ ...looked, lookupKeys, project: ({ id }) => ({ flights: { ...flight, id } }) });
const context = { eventId: 'a', record };
const found = { airports: () => ({ city: 'Detroit', zone: null }), carriers: () => undefined };
const projected = projection.project({ id: 'a', origin: 'DTW', delay: 1, at: null }, found, context);
if (!(projected instanceof Skip)) projected.flights satisfies object | undefined;
// @ts-expect-error -- that is no event
projection.project({ nonsense: true }, found, context);
// @ts-expect-error -- the accessor of `carriers` is missing
projection.project({ id: 'a', origin: 'DTW', delay: 1, at: null }, { airports: found.airports }, context);
// @ts-expect-error -- that is no event either
projection.eventId({ nonsense: true });

// A promise has no place in a row, nor where keys and ids belong.
const documents = { ...base, tables: { documents: inserts({ columns: { id: 'text', body: 'jsonb' } }) } };
defineProjection({ ...documents, project: ({ id }) => ({ documents: { id, body: { list: [1, 2n ** 64n, null] } } }) });
defineProjection({
  ...documents,
  // @ts-expect-error -- text is there at once
  project: ({ id }) => ({ documents: { id: Promise.resolve(id), body: null } }),
});
defineProjection({
  ...documents,
  // @ts-expect-error -- JSON is there at once
  project: ({ id }) => ({ documents: { id, body: Promise.resolve(1) } }),
});
defineProjection({
  ...documents,
  // @ts-expect-error -- inside JSON as well
  project: ({ id }) => ({ documents: { id, body: { later: [Promise.resolve(1)] } } }),
});
defineProjection({
  ...documents,
  // @ts-expect-error -- rows are there at once
  project: ({ id }) => ({ documents: [Promise.resolve({ id, body: null })] }),
});
// @ts-expect-error -- an id is there at once
defineProjection({ ...documents, eventId: ({ id }) => Promise.resolve(id), project: () => ({}) });
defineProjection({
  ...looked,
  // @ts-expect-error -- keys are there at once
  lookupKeys: ({ origin }) => Promise.resolve({ airports: [origin], carriers: [5] }),
  project: () => ({}),
});
defineProjection({
  ...looked,
  // @ts-expect-error -- each of them
  lookupKeys: ({ origin }) => ({ airports: [Promise.resolve(origin)], carriers: [5] }),
  project: () => ({}),
});
