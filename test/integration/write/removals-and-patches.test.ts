import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { counters, defineProjection, inserts, remove, sql, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** What an event does to one row: it removes it, or writes the columns that it has. */
const change = z.object({
  key: z.string(),
  major: z.int(),
  minor: z.string(),
  removes: z.boolean(),
  name: z.string().optional(),
  note: z.string().nullish(),
  tags: z.array(z.string()).readonly().nullish(),
});
const schema = z.object({ id: z.string(), changes: z.array(change), counted: z.boolean() });
type Change = z.infer<typeof change>;
type Event = z.infer<typeof schema>;

/** An event of its own for each version. */
const only = (each: Change): Event => ({ id: `e${each.major}`, counted: false, changes: [each] });

const parts = {
  key: { key: 'text' },
  version: { major: 'integer', minor: 'text' },
  columns: { name: 'text', note: 'text?', tags: 'text[]?' },
} as const;

const base = { schema, eventId: ({ id }: { readonly id: string }) => id };

/** Rows are whole. */
const whole = defineProjection({
  ...base,
  name: 'whole',
  tables: {
    states: versions(parts),
    sums: counters({ key: { key: 'text' }, counters: { n: 'integer' } }),
    notes: inserts({ columns: { id: 'text' } }),
  },
  project: ({ id, changes, counted }) => ({
    states: changes.map(({ removes, key, major, minor, name = '', note = null, tags = null }) =>
      removes ? remove({ key, major, minor }) : { key, major, minor, name, note, tags },
    ),
    ...(counted && { notes: { id }, sums: changes.map(({ key }) => ({ key, n: 1 })) }),
  }),
});

/** Rows may leave columns out. */
const patched = defineProjection({
  ...base,
  name: 'patched',
  tables: { states: versions({ ...parts, patch: true }) },
  project: ({ changes }) => ({
    states: changes.map(({ removes, key, major, minor, ...columns }) =>
      removes ? remove({ key, major, minor }) : { key, major, minor, ...columns },
    ),
  }),
});

/** The same where nothing is ever removed. */
const onlyPatched = defineProjection({
  ...base,
  name: 'only-patched',
  tables: { states: versions({ ...parts, patch: true, removes: false }) },
  project: ({ changes }) => ({
    states: changes.map(({ key, major, minor, name, note, tags }) => ({ key, major, minor, name, note, tags })),
  }),
});

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`
    CREATE TABLE states (key text PRIMARY KEY, major integer, minor text, name text NOT NULL, note text, tags text[],
      touched text DEFAULT 'by others');
    CREATE TABLE sums (key text PRIMARY KEY, n integer);
    CREATE TABLE notes (id text);`);
});

afterAll(() => database.close());

async function empty(): Promise<void> {
  await database.query(`TRUNCATE states, sums, notes, event_processor.ledger, event_processor.batch_log,
    event_processor.tombstone, event_processor.quarantine`);
}

interface Row {
  readonly major: number | null;
  readonly minor: string | null;
  readonly name: string;
  readonly note: string | null;
  readonly tags: readonly string[] | null;
}

/** What must be left, reckoned one event after the other, as if each came in a batch of its own. */
class Reference {
  readonly rows = new Map<string, Row>();
  readonly #graves = new Map<string, Pick<Row, 'major' | 'minor'>>();
  readonly #patches: boolean;
  superseded = 0;
  readonly rejected = new Set<string>();

  constructor(patches: boolean) {
    this.#patches = patches;
  }

  apply({ id, changes, counted }: Event): void {
    const [rows, graves] = [new Map(this.rows), new Map(this.#graves)];
    const applied = changes.map((each) => this.#change(each));
    if (applied.includes('refused')) {
      // All of an event or nothing.
      restore(this.rows, rows);
      restore(this.#graves, graves);
      this.rejected.add(id);
    } else if (!counted && !applied.includes('done') && changes.length > 0) this.superseded += 1;
  }

  #change(each: Change): 'done' | 'older' | 'refused' {
    const { key, major, minor, removes } = each;
    const there = this.rows.get(key);
    const grave = this.#graves.get(key);
    if ([there, grave].some((other) => other !== undefined && isOlder(each, other))) return 'older';
    if (removes) {
      this.rows.delete(key);
      this.#graves.set(key, { major, minor });
      return 'done';
    }
    const { name, note = null, tags = null } = this.#patches ? { ...there, ...each } : { name: '', ...each };
    if (name === undefined) return 'refused';
    this.rows.set(key, { major, minor, name, note, tags });
    return 'done';
  }
}

function restore<V>(map: Map<string, V>, before: ReadonlyMap<string, V>): void {
  map.clear();
  for (const [key, value] of before) map.set(key, value);
}

type Version = Pick<Row, 'major' | 'minor'>;

function isOlder(a: Version, b: Version): boolean {
  if (a.major !== b.major) return (a.major ?? -1) < (b.major ?? -1);
  if (a.minor === b.minor || b.minor === null) return false;
  return a.minor === null || Buffer.compare(Buffer.from(a.minor), Buffer.from(b.minor)) < 0;
}

const changes = fc.record(
  {
    key: fc.constantFrom('k', 'l'),
    major: fc.integer({ min: 0, max: 3 }),
    // Of these, PostgreSQL's languages and bytes put different ones first.
    minor: fc.constantFrom('a', 'B'),
    removes: fc.boolean(),
    name: fc.constantFrom('', 'x', 'y'),
    note: fc.constantFrom('n', 'm', null),
    tags: fc.constantFrom(['a', 'b,c'], [], ['d'], null),
  },
  { requiredKeys: ['key', 'major', 'minor', 'removes'] },
);

const before = fc.option(
  fc.record({ major: fc.option(fc.integer({ min: 0, max: 2 })), minor: fc.option(fc.constantFrom('a', 'B')) }),
);

function cut<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  for (let from = 0, n = 0; from < items.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    batches.push(items.slice(from, from + size));
    from += size;
  }
  return batches;
}

async function storedRows(): Promise<ReadonlyMap<unknown, unknown>> {
  const rows = await database.query('SELECT key, major, minor, name, note, tags FROM states');
  return new Map(rows.map(({ key, ...row }) => [key, row]));
}

function total(reports: readonly BatchReport[], count: (report: BatchReport) => number): number {
  return reports.reduce((sum, report) => sum + count(report), 0);
}

it.each([
  ['whole rows', whole],
  ['patches', patched],
  ['patches without removals', onlyPatched],
] as const)(
  'however batches are cut, and whatever is delivered again, rows are as if each event came alone: %s',
  async (_what, projection) => {
    const isWhole = projection === whole;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            changes: fc.array(changes, { minLength: 1, maxLength: 2 }),
            counted: isWhole ? fc.boolean() : fc.constant(false),
          }),
          { minLength: 1, maxLength: 10 },
        ),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        before,
        async (drawn, sizes, there) => {
          await empty();
          const reference = new Reference(!isWhole);
          if (there !== null) {
            await database.query("INSERT INTO states VALUES ('k', $1, $2, 'before', 'note', '{t}')", [
              there.major,
              there.minor,
            ]);
            reference.rows.set('k', { ...there, name: 'before', note: 'note', tags: ['t'] });
          }
          const events = drawn.map(({ changes: each, counted }, n): Event => ({
            id: `e${n}`,
            counted,
            changes: projection === onlyPatched ? each.map((one) => ({ ...one, removes: false })) : each,
          }));
          for (const event of events) reference.apply(event);
          const records = events.map((data, index) => kinesisRecord({ data, index }));
          // What was refused for want of a row may be taken once that is there.
          const taken = (_: unknown, index: number): boolean => !reference.rejected.has(`e${index}`);
          const engine = database.createEngine(projection);
          const reports: BatchReport[] = [];
          for (const batch of cut(records, sizes)) {
            reports.push(await processBatch(batch, engine, () => 30_000));
            const soFar = records.slice(0, records.indexOf(batch.at(-1) as never) + 1).filter(taken);
            if (sizes[0] === 2) await processBatch(soFar, engine, () => 30_000);
          }
          const again = await processBatch(records.filter(taken), engine, () => 30_000);

          expect(await storedRows()).toEqual(reference.rows);
          expect([again.written, again.superseded]).toEqual([0, 0]);
          const [rejected, superseded] = [
            total(reports, (r) => r.rejections.length),
            total(reports, (r) => r.superseded),
          ];
          expect(rejected).toBe(reference.rejected.size);
          expect(total(reports, (r) => r.written) + superseded + rejected).toBe(events.length);
          // Of whole rows, those that the same batch replaces are not applied either.
          if (isWhole) expect(superseded).toBeGreaterThanOrEqual(reference.superseded);
          else expect(superseded).toBe(reference.superseded);
        },
      ),
      { numRuns: 80 },
    );
  },
);

describe('one call per batch', () => {
  beforeEach(empty);

  it('is enough for removals and patches', async () => {
    const engine = database.createEngine(patched);
    const events = [
      { id: '1', counted: false, changes: [{ key: 'a', major: 1, minor: '', removes: false, name: 'x' }] },
      { id: '2', counted: false, changes: [{ key: 'a', major: 2, minor: '', removes: false, note: 'y' }] },
      { id: '3', counted: false, changes: [{ key: 'b', major: 2, minor: '', removes: true }] },
    ];
    const report = await processBatch(
      events.map((data, index) => kinesisRecord({ data, index })),
      engine,
      () => 30_000,
    );
    expect(report).toMatchObject({ written: 3, superseded: 0, calls: { calls: 1, errors: 0 } });
    expect(await storedRows()).toEqual(new Map([['a', { major: 2, minor: '', name: 'x', note: 'y', tags: null }]]));
  });
});

describe('several lanes', () => {
  beforeEach(empty);

  const LANES = 6;
  const KEYS = 500;

  /** Deterministic, so that a failure comes again: every version once, in any order over all lanes. */
  function shuffledVersions(count: number): number[] {
    const versions = Array.from({ length: count }, (_, index) => index + 1);
    let state = 7;
    for (let last = count - 1; last > 0; last -= 1) {
      state = (state * 48_271) % 2_147_483_647;
      const other = state % (last + 1);
      [versions[last], versions[other]] = [versions[other] ?? 0, versions[last] ?? 0];
    }
    return versions;
  }

  /** What a batch makes of a row that another lane changes, and commits while the batch waits for it. */
  async function meet(others: string, event: Event): Promise<BatchReport> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(others);
      const report = processBatch([kinesisRecord({ data: event })], database.createEngine(onlyPatched), () => 30_000);
      await expect
        .poll(() => database.query('SELECT FROM pg_locks WHERE NOT granted'), { timeout: 5_000 })
        .not.toEqual([]);
      await client.query('COMMIT');
      return await report;
    } finally {
      await client.end();
    }
  }

  const patch = (major: number): Event => only({ key: 'k', major, minor: '', removes: false, name: 'ours' });
  const rows = () => database.query('SELECT major, name, note FROM states');

  it('see what the other has made of a row that both change: what is newer stays', async () => {
    await database.query("INSERT INTO states VALUES ('k', 3, '', 'first')");
    const report = await meet("UPDATE states SET major = 5, name = 'theirs', note = 'theirs'", patch(4));
    expect([report.superseded, await rows()]).toEqual([1, [{ major: 5, name: 'theirs', note: 'theirs' }]]);
  });

  it('see a row that the other has just created: a patch changes it', async () => {
    const report = await meet("INSERT INTO states VALUES ('k', 5, '', 'theirs', 'theirs')", patch(6));
    expect([report.written, await rows()]).toEqual([1, [{ major: 6, name: 'ours', note: 'theirs' }]]);
  });

  it('never let an older event win against a removal, nor lock each other out', async () => {
    const versions = shuffledVersions(LANES * 10 * 150);
    const newest = new Map<string, Change>();
    const events = versions.map((major, index): Event => {
      const each: Change = { key: `k${major % KEYS}`, major, minor: '', removes: index % 2 === 0, name: `n${major}` };
      const there = newest.get(each.key);
      if (there === undefined || there.major < major) newest.set(each.key, each);
      return only(each);
    });
    const records = events.map((data, index) => kinesisRecord({ data, index }));
    const batches = cut(records, [150]);
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const engine = database.createEngine(whole);
      const reports: BatchReport[] = [];
      for (let n = lane; n < batches.length; n += LANES) {
        reports.push(await processBatch(batches[n] ?? [], engine, () => 30_000));
      }
      return reports;
    });
    const reports = (await Promise.all(lanes)).flat();

    const alive = [...newest].filter(([, { removes }]) => !removes);
    const stored = await database.query('SELECT key, major FROM states ORDER BY key');
    expect(stored).toEqual(alive.map(([key, { major }]) => ({ key, major })).sort((a, b) => (a.key < b.key ? -1 : 1)));
    expect(total(reports, (r) => r.written + r.superseded)).toBe(events.length);
    expect(reports.map(({ hold }) => hold)).toEqual(reports.map(() => undefined));
    expect(await database.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')).toEqual([
      { deadlocks: '0' },
    ]);
  });
});

it.each([
  ['leaves a row out', 'IF NEW.name = $$bad$$ THEN RETURN NULL; END IF; RETURN NEW'],
  ['gives it the key of another one', 'IF NEW.name = $$bad$$ THEN NEW.key = $$good$$; END IF; RETURN NEW'],
])('a trigger that %s never holds a shard: that event alone is quarantined', async (_what, body) => {
  await database.query(`TRUNCATE states, event_processor.ledger;
    CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN ${body}; END';
    CREATE OR REPLACE TRIGGER meddle BEFORE INSERT ON states FOR EACH ROW EXECUTE FUNCTION meddle()`);
  const records = ['good', 'bad', 'better'].map((name, n) =>
    kinesisRecord({
      data: { id: name, changes: [{ key: name, major: 1, minor: '', removes: false, name }], counted: false },
      index: n,
    }),
  );
  const report = await processBatch(records, database.createEngine(onlyPatched), () => 20_000);
  await database.query('DROP TRIGGER meddle ON states');
  expect(report).toMatchObject({ written: 2, committedRecords: 3, hold: undefined });
  expect(report.rejections.map(({ rejection: { eventId, sqlState } }) => [eventId, sqlState])).toEqual([
    ['bad', 'P0002'],
  ]);
  expect(await database.query('SELECT key FROM states ORDER BY key')).toEqual([{ key: 'better' }, { key: 'good' }]);
});

describe('keys that only the table holds equal', () => {
  const events = (prefix: string, ...keys: readonly string[]) =>
    keys.map((key, n) =>
      kinesisRecord({
        data: {
          id: `${prefix} ${n}`,
          changes: [{ key, major: n, minor: '', removes: false, name: `${n}` }],
          counted: false,
        },
        index: n,
      }),
    );

  it.each([
    ['a collation', 'text COLLATE any_case'],
    ['a type', 'citext'],
  ])('by %s never hold a shard', async (_by, type) => {
    await database.query(`
      CREATE EXTENSION IF NOT EXISTS citext;
      CREATE COLLATION IF NOT EXISTS any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      DROP TABLE states;
      CREATE TABLE states (key ${type} PRIMARY KEY, major integer, minor text, name text, note text, tags text[])`);
    const engine = database.createEngine(onlyPatched, { fuse: { thresholdPercent: 100, minEvents: 1 } });
    const first = await processBatch(events(type, 'a', 'A', 'b'), engine, () => 20_000);
    expect(first).toMatchObject({ hold: undefined, committedRecords: 3 });
    const keys = await database.query('SELECT lower(key::text) AS key FROM states ORDER BY 1');
    expect(keys).toEqual([{ key: 'a' }, { key: 'b' }]);
  });
});

describe('a removal keeps older events out, whatever form their key has', () => {
  it.each([
    ['interval', 'interval', '24:00:00', '1 day'],
    ['interval', 'interval', '30 days', '1 mon'],
    [sql('numeric(10,2)'), 'numeric(10,2)', '1.0', '1.00'],
    [sql('citext'), 'citext', 'a', 'A'],
  ] as const)('%s: %s %s and %s', async (type, column, removed, late) => {
    const projection = defineProjection({
      name: 'forms',
      schema: z.object({ key: z.string(), v: z.int(), removes: z.boolean() }),
      eventId: ({ key, v }) => `${type} ${key} ${v}`,
      tables: { forms: versions({ key: { key: type }, version: { v: 'integer' }, columns: {} }) },
      project: ({ key, v, removes }) => ({ forms: removes ? remove({ key, v }) : { key, v } }),
    });
    await database.query(`CREATE EXTENSION IF NOT EXISTS citext;
      DROP TABLE IF EXISTS forms; CREATE TABLE forms (key ${column} PRIMARY KEY, v integer NOT NULL)`);
    const engine = database.createEngine(projection);
    const deliver = (data: object) => processBatch([kinesisRecord({ data })], engine, () => 20_000);
    expect(await deliver({ key: removed, v: 2, removes: true })).toMatchObject({ written: 1 });
    expect(await deliver({ key: late, v: 1, removes: false })).toMatchObject({ written: 0, superseded: 1 });
    expect(await database.query('SELECT FROM forms')).toEqual([]);
  });
});

describe('a tombstone', () => {
  beforeEach(empty);

  it('is kept for as long as the last removal asks, not the first one', async () => {
    const engine = database.createEngine(whole);
    const remove = async (major: number): Promise<void> => {
      const data = only({ key: 'k', major, minor: '', removes: true });
      await processBatch([kinesisRecord({ data })], engine, () => 30_000);
    };
    await remove(1);
    await database.query("UPDATE event_processor.tombstone SET committed_at = now() - interval '30 days'");
    await remove(2);
    expect(
      await database.query(
        'SELECT now() - committed_at < interval \'1 day\' AS "isNew" FROM event_processor.tombstone',
      ),
    ).toEqual([{ isNew: true }]);
  });
});
