import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readOpenQuarantine } from '../../../functions/watchdog/waiting-work.ts';
import { parameterTexts } from '../../../data-api/statement-body.ts';
import type { Engine } from '../../../processor/batch-rounds.ts';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch, retryAlone } from '../../../processor/process-batch.ts';
import { counters, defineProjection, inserts, lookup, versions } from '../../../processor/projection.ts';
import { withJsonParameters } from '../../../processor/write/compile-write.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** An event whose reference or parent row is missing waits, is tried again, and calls somebody only when that was in vain. */

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`
    CREATE TABLE parents (id text PRIMARY KEY, v integer NOT NULL);
    CREATE TABLE children (id text PRIMARY KEY, parent text NOT NULL REFERENCES parents (id), place numeric NOT NULL);
    CREATE TABLE grandchildren (id text PRIMARY KEY, child text NOT NULL REFERENCES children (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE totals (parent text PRIMARY KEY, children bigint NOT NULL);
    CREATE TABLE names (id text PRIMARY KEY, name text NOT NULL);
    CREATE TABLE named (id text PRIMARY KEY, name text NOT NULL CHECK (name <> ''));
  `);
});

afterAll(() => database.close());

beforeEach(() =>
  database.query(`TRUNCATE parents, children, grandchildren, totals, names, named, event_processor.ledger,
    event_processor.quarantine, event_processor.batch_log, event_processor.fuse`),
);

const family = defineProjection({
  name: 'family',
  schema: z.object({ type: z.enum(['parent', 'child', 'grandchild', 'named']), id: z.string(), of: z.string() }),
  eventId: (event) => `${event.type}/${event.id}`,
  lookups: {
    names: lookup({ table: 'names', key: 'id', keyType: 'text', columns: { name: 'text' }, absent: 'later' }),
  },
  lookupKeys: ({ type, of }) => ({ names: type === 'named' ? [of] : [] }),
  tables: {
    children: inserts({ columns: { id: 'text', parent: 'text', place: 'position' } }),
    grandchildren: inserts({ columns: { id: 'text', child: 'text' } }),
    totals: counters({ key: { parent: 'text' }, counters: { children: 'bigint' } }),
    parents: versions({ key: { id: 'text' }, version: { v: 'integer' }, columns: {} }),
    named: inserts({ columns: { id: 'text', name: 'text' } }),
  },
  healFor: '2h',
  project: ({ type, id, of }, { names }) => {
    if (type === 'parent') return { parents: { id, v: 1 } };
    if (type === 'grandchild') return { grandchildren: { id, child: of } };
    if (type === 'named') return { named: { id, name: names(of).name } };
    return { children: { id, parent: of }, totals: { parent: of, children: 1 } };
  },
});

type Event = readonly [type: 'parent' | 'child' | 'grandchild' | 'named', id: string, of: string];

let index = 0;

function recordsOf(events: readonly Event[]) {
  return events.map(([type, id, of]) =>
    kinesisRecord({ data: { type, id, of }, index: (index += 1), partitionKey: of }),
  );
}

const parent = (id: string): Event => ['parent', id, ''];
const child = (id: string, of: string): Event => ['child', id, of];

let engine: Engine;
beforeEach(() => {
  engine = database.createEngine(family, { fuse: { thresholdPercent: 50, minEvents: 20 } });
});

function run(...events: readonly Event[]): Promise<BatchReport> {
  return processBatch(recordsOf(events), engine, () => 30_000);
}

async function entries() {
  return database.query(`SELECT event_id AS id, applied_at IS NOT NULL AS closed, heal_until > now() AS waits, reason, sql_state
    FROM event_processor.quarantine ORDER BY event_id`);
}

async function children(): Promise<unknown> {
  const [row] = await database.query("SELECT coalesce(string_agg(id, ' ' ORDER BY id), '') AS ids FROM children");
  return row?.['ids'];
}

function gauges() {
  return readOpenQuarantine((sql, values = {}) => database.execute(sql, values, { timeoutMs: 5_000 }), 'family');
}

const dueNow = () => database.query('UPDATE event_processor.quarantine SET retry_at = now()');

describe('children before their parents', () => {
  it('are written with the next batch once the parents are there, each once', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `k${n}`);
    const first = await run(...names.map((id, n) => child(id, `p${n % 7}`)));
    expect(first).toMatchObject({ committedRecords: 30, written: 0, waiting: 30, rejections: [], hold: undefined });
    expect(first.calls.calls).toBeLessThanOrEqual(3);

    const second = await run(...Array.from({ length: 7 }, (_, n) => parent(`p${n}`)));
    expect(second).toMatchObject({ written: 7, healed: 30, waiting: 0 });
    expect(await children()).toBe([...names].sort().join(' '));
    expect((await entries()).every(({ closed }) => closed === true)).toBe(true);
    expect(await database.query('SELECT sum(children)::integer AS n FROM totals')).toEqual([{ n: 30 }]);

    expect(await run(...names.map((id, n) => child(id, `p${n % 7}`)))).toMatchObject({ duplicates: 30, healed: 0 });
    expect(await database.query('SELECT sum(children)::integer AS n FROM totals')).toEqual([{ n: 30 }]);
  });

  it('hold no lock while their neighbours are asked about: lanes would meet in a deadlock', async () => {
    await database.query("INSERT INTO totals VALUES ('p', 1)");
    const { store } = engine;
    const asked: unknown[] = [];
    // The call ends with its transaction still open, as that of a lane that has more events to ask about.
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      const missingParents = async (...[events]: Parameters<typeof store.missingParents>) => {
        const { rows } = await client.query<{ n: number; message: string }>(
          'SELECT n, message FROM event_processor.missing_parents($1, $2)',
          [withJsonParameters(engine.compiled.writeSql), JSON.stringify(events.map(parameterTexts))],
        );
        asked.push(...rows);
        await database.query(
          "SET lock_timeout = '2s'; UPDATE totals SET children = children WHERE parent = 'p'; RESET lock_timeout",
        );
        return new Map(rows.map(({ n, message }) => [n, message]));
      };
      const asking = { ...engine, store: { ...store, missingParents } };
      await database.query("INSERT INTO parents VALUES ('p', 1)");
      await processBatch(recordsOf([child('a', 'p'), child('b', 'nobody')]), asking, () => 30_000);
    } finally {
      await client.end();
    }
    expect(asked).toMatchObject([{ n: 1 }, { n: 0 }]);
    expect(await database.query('SELECT children FROM totals')).toEqual([{ children: '2' }]);
  });

  it('keep the place that they had on the stream', async () => {
    const [record] = recordsOf([child('c', 'p')]);
    await processBatch([record!], engine, () => 30_000);
    await run(parent('p'));
    expect(await database.query('SELECT place::text FROM children')).toEqual([
      { place: `${record!.kinesis.sequenceNumber}000000000000` },
    ]);
  });

  it('drag no others along, and hold nothing', async () => {
    const report = await run(parent('p1'), child('a', 'p1'), child('b', 'nobody'), child('c', 'p1'));
    expect(report).toMatchObject({ committedRecords: 4, written: 3, waiting: 1, rejections: [] });
    expect(await children()).toBe('a c');
  });

  it('have another chance in the call that tries them one by one', async () => {
    // In one statement the parent behind its child would do, were it not for the orphan.
    const report = await run(child('a', 'p1'), child('orphan', 'nobody'), parent('p1'));
    expect(report).toMatchObject({ written: 2, waiting: 1 });
    expect(await children()).toBe('a');
  });

  it('are told apart where the constraint is checked at the end only', async () => {
    await run(parent('p'), child('c', 'p'));
    const report = await run(['grandchild', 'g1', 'c'], ['grandchild', 'g2', 'nobody'], ['grandchild', 'g3', 'c']);
    expect(report).toMatchObject({ written: 2, waiting: 1, rejections: [] });
    // The vain write, who lacks a parent, the others, whether they were what it lacked, the quarantine.
    expect(report.calls.calls).toBe(5);
  });

  it('are no reason for the fuse, nor for a page, until they have waited in vain', async () => {
    await run(...Array.from({ length: 25 }, (_, n) => child(`k${n}`, 'nobody')));
    await dueNow();
    expect(await run(parent('other'))).toMatchObject({ written: 1, healed: 0, hold: undefined });
    expect(await gauges()).toEqual({ entries: 0, oldestAgeSeconds: 0, waiting: 25, isOverdue: false });

    await database.query(
      "UPDATE event_processor.quarantine SET heal_until = now() - interval '1 minute', retry_at = now()",
    );
    const late = await run(parent('nobody'));
    expect(late).toMatchObject({ written: 1, healed: 0 });
    expect(await gauges()).toMatchObject({ entries: 25, waiting: 0 });
    expect((await gauges()).oldestAgeSeconds).toBeGreaterThanOrEqual(60);
    const [entry] = await entries();
    expect(entry).toMatchObject({ closed: false, waits: false, reason: 'database', sql_state: '23503' });
    const [payload] = await database.query('SELECT octet_length(payload) AS bytes FROM event_processor.quarantine');
    expect(payload?.['bytes']).toBeGreaterThan(10);
  });

  it('prove nothing about the build, neither in their batch nor behind it', async () => {
    await database.query("INSERT INTO names VALUES ('nameless', '')");
    const orphans = Array.from({ length: 25 }, (_, n) => child(`k${n}`, 'nobody'));
    const refused: Event = ['named', 'x', 'nameless'];
    expect(await run(...orphans, refused)).toMatchObject({ waiting: 0, hold: { reason: 'fuse' } });
    expect(await run(...orphans)).toMatchObject({ waiting: 25, hold: undefined });
    expect(await database.query('SELECT waiting, quarantined FROM event_processor.batch_log')).toEqual([
      { waiting: 25, quarantined: 0 },
    ]);
    expect(await run(refused)).toMatchObject({ rejections: [], hold: { reason: 'fuse' } });
  });

  it('leave the log at the last event before them, whatever behind them is written first', async () => {
    const [before, orphan, behind] = recordsOf([parent('p1'), child('c', 'nobody'), parent('p2')]);
    const records = [before, orphan, behind].flatMap((record) => record ?? []);
    expect(await processBatch(records, engine, () => 30_000)).toMatchObject({ written: 2, waiting: 1 });
    const [first] = await database.query(
      'SELECT written, last_sequence_number::text AS last FROM event_processor.batch_log ORDER BY id',
    );
    expect(first).toEqual({ written: 2, last: before?.kinesis.sequenceNumber });
  });

  it("are nobody else's business: another function with the same events leaves them alone", async () => {
    const other = database.createEngine({ ...family, name: 'another' });
    await run(child('c', 'p'));
    await processBatch(recordsOf([child('c', 'p')]), other, () => 30_000);
    await database.query("INSERT INTO parents VALUES ('p', 1)");
    await dueNow();
    expect(await run(parent('q'))).toMatchObject({ healed: 1 });
    expect(
      await database.query(
        'SELECT function_name AS name, applied_at IS NULL AS open FROM event_processor.quarantine ORDER BY 1',
      ),
    ).toEqual([
      { name: 'another', open: true },
      { name: 'family', open: false },
    ]);
  });

  it('are tried with pauses that grow', async () => {
    await run(child('c', 'nobody'));
    const pause = async (ageSeconds: number) => {
      await database.query(
        `UPDATE event_processor.quarantine SET retry_at = now(), quarantined_at = now() - interval '${ageSeconds} seconds'`,
      );
      await run(parent(`p${ageSeconds}`));
      const [row] = await database.query(
        'SELECT round(extract(epoch FROM retry_at - now()))::integer AS seconds FROM event_processor.quarantine',
      );
      return row?.['seconds'];
    };
    expect([await pause(0), await pause(40), await pause(86_400)]).toEqual([1, expect.closeTo(40, -1), 900]);
  });

  it('are tried by one environment at a time', async () => {
    await run(child('c', 'p'));
    await database.query("INSERT INTO parents VALUES ('p', 1)");
    const others = ['x', 'y', 'z'].map((id) =>
      processBatch(recordsOf([parent(id)]), database.createEngine(family), () => 30_000),
    );
    const healed = (await Promise.all(others)).reduce((sum, report) => sum + report.healed, 0);
    expect(healed).toBe(1);
    expect(await database.query('SELECT children FROM totals')).toEqual([{ children: '1' }]);
  });
});

describe('entries that are settled while another lane writes their events', () => {
  it('are locked in the order in which a write closes them, so that the two never meet in a deadlock', async () => {
    await run(child('a', 'p'), child('b', 'p'));
    await dueNow();
    const options = { timeoutMs: 10_000 };
    const [first, second] = await engine.waitingEntries.claim(options);
    const rejection = { reason: 'database', detail: '', mayHeal: true };
    const verdicts = [second, first].map((entry) => ({ id: entry?.id ?? '', rejection: rejection as never }));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const lock = (entry: typeof first): Promise<unknown> =>
      client.query('SELECT FROM event_processor.quarantine WHERE id = $1 FOR UPDATE NOWAIT', [entry?.id]);
    try {
      await client.query('BEGIN');
      await lock(first);
      const settled = engine.waitingEntries.settle(verdicts, options);
      await expect
        .poll(() => database.query('SELECT FROM pg_locks WHERE NOT granted'), { timeout: 5_000 })
        .not.toEqual([]);
      await lock(second);
      await client.query('COMMIT');
      await settled;
    } finally {
      await client.end();
    }
    expect(await entries()).toMatchObject([{ id: 'child/a' }, { id: 'child/b' }]);
  });
});

describe('events whose reference row comes later', () => {
  it('wait for it, also where most events of a batch do', async () => {
    const report = await run(['named', 'a', 'n1'], ['named', 'b', 'n1'], ['named', 'c', 'n2']);
    expect(report).toMatchObject({ committedRecords: 3, waiting: 3, rejections: [], hold: undefined });
    // What is kept of the absent row does not keep the entries from seeing it.
    await database.query("INSERT INTO names VALUES ('n1', 'one')");
    expect(await run(parent('p'))).toMatchObject({ healed: 2 });
    expect(await database.query('SELECT id, name FROM named ORDER BY id')).toEqual([
      { id: 'a', name: 'one' },
      { id: 'b', name: 'one' },
    ]);
    expect((await entries()).map(({ id, closed, reason }) => [id, closed, reason])).toEqual([
      ['named/a', true, 'lookup-absent'],
      ['named/b', true, 'lookup-absent'],
      ['named/c', false, 'lookup-absent'],
    ]);
  });

  it('are open at once, with the new reason, when the row has come and something else is wrong', async () => {
    await run(...Array.from({ length: 3 }, (_, n) => parent(`well${n}`)), ['named', 'a', 'n1']);
    await database.query("INSERT INTO names VALUES ('n1', '')");
    expect(await run(parent('p'))).toMatchObject({ healed: 0, written: 1 });
    expect(await entries()).toMatchObject([{ closed: false, waits: false, reason: 'database', sql_state: '23514' }]);
    expect(await gauges()).toMatchObject({ entries: 1, waiting: 0 });
  });

  it('wait on when a bad deploy takes none of them, and are written by the build after it', async () => {
    await run(['named', 'a', 'n1'], ['named', 'b', 'n1']);
    await database.query("INSERT INTO names VALUES ('n1', 'one')");
    const bad = {
      ...family,
      name: 'family',
      project: () => {
        throw new Error('a bad deploy');
      },
    } as const;
    const build = { codeVersion: 'bad', fuse: { thresholdPercent: 50, minEvents: 20 } };
    expect(await retryAlone(database.createEngine(bad, build), () => 30_000)).toMatchObject({ healed: 0 });
    expect(await entries()).toMatchObject(Array(2).fill({ closed: false, waits: true, reason: 'projection-threw' }));

    await dueNow();
    expect(await retryAlone(engine, () => 30_000)).toMatchObject({ healed: 2 });
  });

  it('do not wait where an earlier event of the batch with their id is in effect', async () => {
    await database.query("INSERT INTO names VALUES ('n', 'name')");
    await run(['named', 'x', 'n'], ['named', 'x', 'nobody']);
    expect([await database.query('SELECT id FROM named'), await entries()]).toEqual([[{ id: 'x' }], []]);
  });

  it('do not wait where healFor is 0s', async () => {
    const impatient = { ...family, name: 'family', healFor: '0s' } as const;
    engine = database.createEngine(impatient);
    const report = await run(['named', 'a', 'n1'], parent('p'));
    expect(report).toMatchObject({ waiting: 0, rejections: [{ rejection: { reason: 'lookup-absent' } }] });
    expect(await gauges()).toMatchObject({ entries: 1, waiting: 0 });
  });
});

describe('without a batch', () => {
  it('entries are tried in as many groups as there are, and nothing is logged where none is due', async () => {
    const names = Array.from({ length: 250 }, (_, n) => `k${n}`);
    await run(...names.slice(0, 125).map((id) => child(id, 'p')));
    await run(...names.slice(125).map((id) => child(id, 'p')));
    await database.query("INSERT INTO parents VALUES ('p', 1)");
    await dueNow();
    expect(await retryAlone(engine, () => 30_000)).toMatchObject({ healed: 250, records: 0, committedRecords: 0 });
    expect(await database.query('SELECT children FROM totals')).toEqual([{ children: '250' }]);
    expect(await retryAlone(engine, () => 30_000)).toMatchObject({ healed: 0, calls: { calls: 1 } });
  });

  it('a payload that no result of the Data API holds is tried as well', async () => {
    const data = { type: 'child', id: 'large', of: 'p', ballast: 'é"'.repeat(500_000) };
    const record = kinesisRecord({ data, index: (index += 1), partitionKey: 'p' });
    expect(await processBatch([record, ...recordsOf([child('small', 'p')])], engine, () => 30_000)).toMatchObject({
      waiting: 2,
      rejections: [],
    });
    await database.query("INSERT INTO parents VALUES ('p', 1)");
    expect(await retryAlone(engine, () => 30_000)).toMatchObject({ healed: 2 });
    expect(await children()).toBe('large small');
  });

  it('entries that a process died with are tried in smaller groups, in the end one by one', async () => {
    await run(...Array.from({ length: 60 }, (_, n) => child(`k${n}`, 'nobody')));
    // Old enough not to be due again while this test lasts.
    await database.query("UPDATE event_processor.quarantine SET quarantined_at = now() - interval '10 minutes'");
    const claim = async () => (await engine.waitingEntries.claim({ timeoutMs: 5_000 })).length;
    const sizesOfDeath = async () => {
      await dueNow();
      const sizes: number[] = [];
      for (let size = await claim(); size > 0; size = await claim()) sizes.push(size);
      return sizes;
    };
    expect(await sizesOfDeath()).toEqual([60]);
    expect(await sizesOfDeath()).toEqual([25, 25, 10]);
    expect(await sizesOfDeath()).toEqual(Array(20).fill(3));
    expect(await sizesOfDeath()).toEqual(Array(60).fill(1));
    expect(await sizesOfDeath()).toEqual(Array(60).fill(1));

    await dueNow();
    const [entry] = await engine.waitingEntries.claim({ timeoutMs: 5_000 });
    await engine.waitingEntries.settle(
      [{ id: entry!.id, rejection: { reason: 'database', detail: 'x', mayHeal: true } }],
      {
        timeoutMs: 5_000,
      },
    );
    await dueNow();
    // What was settled is among those that nothing has gone wrong with.
    expect((await engine.waitingEntries.claim({ timeoutMs: 5_000 })).map(({ id }) => id)).toEqual([entry!.id]);
  });
});
