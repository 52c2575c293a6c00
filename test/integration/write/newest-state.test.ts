import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { counters, defineProjection, inserts, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const schema = z.object({ id: z.string(), key: z.string(), major: z.int(), minor: z.string(), state: z.string() });
const states = versions({
  key: { key: 'text' },
  version: { major: 'integer', minor: 'text' },
  columns: { state: 'text' },
});

/** The same, written as one upsert: nothing is ever removed. */
const upserted = versions({
  key: { key: 'text' },
  version: { major: 'integer', minor: 'text' },
  columns: { state: 'text' },
  removes: false,
});

/** Only states: an event whose state is not the newest leaves nothing behind. */
const alone = defineProjection({
  name: 'alone',
  schema,
  eventId: ({ id }) => id,
  tables: { states },
  project: ({ key, major, minor, state }) => ({ states: { key, major, minor, state } }),
});

const aloneUpserted = defineProjection({
  name: 'upserted',
  schema,
  eventId: ({ id }) => id,
  tables: { states: upserted },
  project: ({ key, major, minor, state }) => ({ states: { key, major, minor, state } }),
});

/** Beside the states a counter and some rows, so that an event may have an effect although its state lost. */
const mixed = defineProjection({
  name: 'mixed',
  schema,
  eventId: ({ id }) => id,
  tables: {
    states,
    sums: counters({ key: { key: 'text' }, counters: { n: 'integer' } }),
    notes: inserts({ columns: { id: 'text' } }),
  },
  project: ({ id, key, major, minor, state }) => ({
    states: { key, major, minor, state },
    ...(state === 'counted' && { sums: { key, n: 1 } }),
    ...(state === 'noted' && { notes: { id } }),
  }),
});

type Event = z.infer<typeof schema>;

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`
    CREATE TABLE states (key text PRIMARY KEY, major integer, minor text, state text);
    CREATE TABLE sums (key text PRIMARY KEY, n integer);
    CREATE TABLE notes (id text);`);
});

afterAll(() => database.close());

const event = fc.record({
  key: fc.constantFrom('k', 'l'),
  major: fc.integer({ min: 0, max: 2 }),
  // Of these, PostgreSQL's languages and bytes put different ones first.
  minor: fc.constantFrom('a', 'B', 'ä', ''),
  state: fc.constantFrom('counted', 'noted', 'x', 'y'),
});

/** A row that was there before the processor: its version may be unknown, its counter as well. */
const before = fc.option(
  fc.record({ major: fc.option(fc.integer({ min: 0, max: 2 })), minor: fc.option(fc.constantFrom('a', 'B')) }),
);

/** What must be left, reckoned one event after the other. */
class Model {
  readonly states = new Map<string, { major: number | null; minor: string | null; state: string }>();
  readonly sums = new Map<string, number>();
  effective = 0;
  readonly #isMixed: boolean;

  constructor(isMixed: boolean) {
    this.#isMixed = isMixed;
  }

  /** All events of one batch, since of the states of a key in it only the newest gets into the table. */
  apply(batch: readonly Event[]): void {
    const winners = newestOf(batch);
    const effective = new Set(this.#isMixed ? batch.filter((each) => this.#note(each)) : []);
    for (const [key, winner] of winners) {
      const { major, minor, state } = winner;
      const there = this.states.get(key);
      if (there !== undefined && isOlder(winner, there)) continue;
      this.states.set(key, { major, minor, state });
      effective.add(winner);
    }
    this.effective += effective.size;
  }

  /** Whether the event has an effect beside its state. */
  #note({ key, state }: Event): boolean {
    if (state === 'counted') this.sums.set(key, (this.sums.get(key) ?? 0) + 1);
    return state === 'counted' || state === 'noted';
  }
}

function newestOf(batch: readonly Event[]): ReadonlyMap<string, Event> {
  const winners = new Map<string, Event>();
  for (const each of batch) {
    const there = winners.get(each.key);
    if (there === undefined || !isOlder(each, there)) winners.set(each.key, each);
  }
  return winners;
}

interface Version {
  readonly major: number | null;
  readonly minor: string | null;
}

function isOlder(a: Version, b: Version): boolean {
  if (a.major !== b.major) return (a.major ?? -1) < (b.major ?? -1);
  if (a.minor === b.minor) return false;
  if (b.minor === null) return false;
  return a.minor === null || Buffer.compare(Buffer.from(a.minor), Buffer.from(b.minor)) < 0;
}

function cut<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  for (let from = 0, n = 0; from < items.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    batches.push(items.slice(from, from + size));
    from += size;
  }
  return batches;
}

it.each([
  ['states alone', alone],
  ['states alone that are never removed', aloneUpserted],
  ['states beside counters and rows', mixed],
])(
  'the newest state is left, the later of equal ones, and every event is counted once: %s',
  async (_what, projection) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        before,
        async (drawn, sizes, row) => {
          await database.query('TRUNCATE states, sums, notes, event_processor.ledger, event_processor.batch_log');
          const model = new Model(projection.name === 'mixed');
          if (row !== null) {
            await database.query("INSERT INTO states VALUES ('k', $1, $2, 'before')", [row.major, row.minor]);
            await database.query("INSERT INTO sums VALUES ('k', NULL)");
            model.states.set('k', { ...row, state: 'before' });
            model.sums.set('k', 0);
          }
          const events = drawn.map((each, n): Event => ({ ...each, id: `e${n}` }));
          const records = events.map((data, index) => kinesisRecord({ data, index }));
          const engine = database.createEngine(projection);
          const reports: BatchReport[] = [];
          for (const batch of cut(events, sizes)) model.apply(batch);
          for (const batch of cut(records, sizes)) reports.push(await processBatch(batch, engine, () => 30_000));
          // A second delivery changes nothing, however it is cut.
          const again = await processBatch(records, engine, () => 30_000);

          const stored = await database.query('SELECT key, major, minor, state FROM states');
          expect(new Map(stored.map(({ key, ...state }) => [key, state]))).toEqual(model.states);
          const sums = await database.query('SELECT key, n FROM sums');
          expect(new Map(sums.map(({ key, n }) => [key, n ?? 0]))).toEqual(model.sums);
          expect(total(reports, 'written')).toBe(model.effective);
          expect(total(reports, 'superseded')).toBe(events.length - model.effective);
          expect([again.written, again.superseded, again.duplicates]).toEqual([0, 0, events.length]);
          const [log] = await database.query(
            'SELECT sum(written)::int AS written, sum(superseded)::int AS superseded, sum(duplicates)::int AS duplicates FROM event_processor.batch_log',
          );
          expect(log).toEqual({
            written: model.effective,
            superseded: events.length - model.effective,
            duplicates: events.length,
          });
        },
      ),
      { numRuns: 60 },
    );
  },
);

function total(reports: readonly BatchReport[], name: 'written' | 'superseded'): number {
  return reports.reduce((sum, report) => sum + report[name], 0);
}

it('keeps the last of the rows that one event gives for a key with one version', async () => {
  const lines = z.object({ id: z.string(), states: z.array(schema.omit({ id: true })) });
  const base = { schema: lines, eventId: ({ id }: { readonly id: string }) => id };
  const given = defineProjection({
    ...base,
    name: 'given',
    tables: { states: upserted },
    project: ({ states }) => ({ states }),
  });
  const taken = defineProjection({
    ...base,
    name: 'taken',
    tables: {
      history: inserts({ columns: { key: 'text', major: 'integer', minor: 'text', state: 'text' } }),
      states: versions({
        key: { key: 'text' },
        version: { major: 'integer', minor: 'text' },
        columns: { state: 'text' },
        from: { table: 'history' },
      }),
    },
    project: ({ states }) => ({ history: states }),
  });
  // So many that a sort which does not keep equal rows in line shows.
  const keys = Array.from({ length: 200 }, (_, n) => `k${n % 50}`);
  const states = keys.map((key, n) => ({ key, major: 1, minor: 'a', state: `s${n}` }));
  await database.query('CREATE TABLE history (key text, major integer, minor text, state text)');
  for (const projection of [given, taken]) {
    await database.query('TRUNCATE states');
    const record = kinesisRecord({ data: { id: `event of ${projection.name}`, states } });
    await processBatch([record], database.createEngine(projection), () => 30_000);
    const stored = await database.query('SELECT key, state FROM states');
    expect(new Map(stored.map(({ key, state }) => [key, state]))).toEqual(
      new Map(states.map(({ key, state }) => [key, state])),
    );
  }
});
