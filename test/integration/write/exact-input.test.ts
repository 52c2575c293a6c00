import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { completeRecords } from '../../../processor/decode/complete-records.ts';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { counters, defineProjection, inserts, lookup, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** What events say and what tables then hold, where a careless path would change it without a word. */

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.close());

let index = 0;

function records(...data: readonly unknown[]): KinesisRecord[] {
  return data.map((datum) => kinesisRecord({ data: datum, index: (index += 1) }));
}

function run(projection: AnyProjection, batch: readonly KinesisRecord[], engine = database.createEngine(projection)) {
  return processBatch(batch, engine, () => 30_000);
}

function verdicts({ rejections }: BatchReport): (readonly [string, string])[] {
  return rejections.map(({ rejection: { reason, detail } }) => [reason, detail]);
}

describe('integers beyond 2^53', () => {
  const IDS = ['15793596808644608', '15793596808644609', '-9007199254740993', '42', '9223372036854775807'];

  beforeAll(() => database.query('CREATE TABLE large (id bigint, total numeric, raw jsonb)'));

  function large<S extends z.ZodType>(name: string, schema: S, eventId: (event: z.output<S>) => string): AnyProjection {
    return defineProjection({
      name,
      schema,
      eventId: eventId as (event: unknown) => string,
      tables: { large: inserts({ columns: { id: 'bigint', total: 'numeric', raw: 'jsonb' } }) },
      project: (event) => {
        const { id } = event as { readonly id: number | bigint };
        return { large: { id, total: id, raw: { list: [event as never] } } };
      },
    });
  }

  it('reach bigint, numeric and jsonb with every digit, under ids that stay different', async () => {
    const both = z.looseObject({ id: z.union([z.int(), z.bigint()]) });
    const report = await run(
      large('large', both, ({ id }) => String(id)),
      records(...IDS.map((id) => `{"id":${id},"e":1e23,"point":9007199254740993.0}`)),
    );
    expect(report).toMatchObject({ written: IDS.length, rejections: [] });
    const rows = await database.query('SELECT id::text, total::text, raw::text FROM large ORDER BY large.id');
    expect(rows).toEqual(
      [...IDS]
        .sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))
        .map((id) => ({
          id,
          total: id,
          raw: `{"list": [{"e": 100000000000000000000000, "id": ${id}, "point": 9007199254740993}]}`,
        })),
    );
  });

  it('are rejected by a schema that only takes numbers, which says why', async () => {
    const report = await run(
      large('numbers', z.object({ id: z.number() }), ({ id }) => String(id)),
      records('{"id":3804086584686624768}', '{"id":42}'),
    );
    expect(report.written).toBe(1);
    expect(verdicts(report)).toEqual([
      ['schema', expect.stringMatching(/^id: .*expected number, received bigint\n`id` .* beyond 2\^53.*z\.bigint\(\)/)],
    ]);
  });

  it('that a projection rounded itself are refused', async () => {
    const rounding = z.object({ id: z.union([z.number(), z.bigint()]).transform(Number) });
    const report = await run(
      large('rounded', rounding, () => 'one'),
      records('{"id":3804086584686624768}'),
    );
    expect(verdicts(report)).toEqual([['row-invalid', expect.stringContaining('beyond 2^53 may be rounded')]]);
  });
});

describe('what a session would read differently', () => {
  it.each(['SQL, DMY', 'German', 'Postgres, MDY'])('is read the same with the date style %s', async (style) => {
    const table = `styles_${style.length}`;
    await database.query(`CREATE TABLE ${table} (id text, day date, at timestamp, moment timestamptz)`);
    await database.query(`ALTER DATABASE postgres SET datestyle = '${style}'`);
    try {
      const projection = defineProjection({
        name: table.replace('_', '-'),
        schema: z.object({ id: z.string(), day: z.string(), at: z.string(), moment: z.string() }),
        eventId: ({ id }) => id,
        tables: {
          [table]: inserts({ columns: { id: 'text', day: 'date', at: 'timestamp', moment: 'timestamptz' } }),
        },
        project: (event) => ({ [table]: event }),
      });
      const report = await run(
        projection,
        records(
          { id: 'dashes', day: '2001-02-03', at: '2001-02-03 04:05:06.123456', moment: '2001-02-03T04:05:06+02:00' },
          { id: 'slashes', day: '2001/02/03', at: '2001/02/03 24:00', moment: '2016/12/31 23:59:60Z' },
          { id: 'early', day: '0001-02-03', at: '0031-02-03', moment: '0012-11-10T00:00:00.100000000Z' },
          { id: 'order', day: '03/02/2001', at: '2001-02-03', moment: '2001-02-03T04:05:06Z' },
        ),
      );
      expect(verdicts(report)).toEqual([
        ['row-invalid', `\`${table}.day\` must be a string such as 2001-03-31, got "03/02/2001"`],
      ]);
    } finally {
      await database.query('ALTER DATABASE postgres RESET datestyle');
    }
    const texts = ['day', 'at', 'moment'].map((column) => {
      const zoned = column === 'moment' ? `${column} AT TIME ZONE 'UTC'` : column;
      return `to_char(${zoned}, 'YYYY-MM-DD HH24:MI:SS.US') AS ${column}`;
    });
    expect(await database.query(`SELECT id, ${texts.join(', ')} FROM ${table} ORDER BY id`)).toEqual([
      {
        id: 'dashes',
        day: '2001-02-03 00:00:00.000000',
        at: '2001-02-03 04:05:06.123456',
        moment: '2001-02-03 02:05:06.000000',
      },
      {
        id: 'early',
        day: '0001-02-03 00:00:00.000000',
        at: '0031-02-03 00:00:00.000000',
        moment: '0012-11-10 00:00:00.100000',
      },
      {
        id: 'slashes',
        day: '2001-02-03 00:00:00.000000',
        at: '2001-02-04 00:00:00.000000',
        moment: '2017-01-01 00:00:00.000000',
      },
    ]);
  });
});

describe('a lookup', () => {
  beforeAll(async () => {
    await database.query(`
      CREATE TABLE shops (id text, country text, area double precision, data jsonb);
      INSERT INTO shops VALUES ('s1', 'NL', 1e22, '{"id": 12345678901234567890}'), ('s2', 'DE', 'NaN', '1'),
        ('twice', 'FR', 1, '1'), ('twice', 'BE', 2, '1');
      CREATE TABLE orders (id text PRIMARY KEY, country text, area double precision, data jsonb);
    `);
  });

  const orders = defineProjection({
    name: 'orders',
    schema: z.object({ id: z.string(), shop: z.string().optional(), note: z.string().optional() }),
    eventId: ({ id }) => id,
    lookups: {
      shops: lookup({
        table: 'shops',
        key: 'id',
        keyType: 'text',
        columns: { country: 'text', area: 'double precision', data: 'jsonb' },
      }),
    },
    lookupKeys: ({ shop }) => ({ shops: shop === undefined ? [] : [shop] }),
    tables: { orders: inserts({ columns: { id: 'text', country: 'text', area: 'double precision', data: 'jsonb' } }) },
    project: ({ id, shop, note }, { shops }) => ({ orders: { id, ...shops(shop ?? note ?? '') } }),
  });

  it('gives what the reference row holds, digit by digit', async () => {
    expect(await run(orders, records({ id: 'a', shop: 's1' }, { id: 'b', shop: 's2' }))).toMatchObject({ written: 2 });
    expect(await database.query('SELECT country, area::text, data::text FROM orders ORDER BY id')).toEqual([
      { country: 'NL', area: '1e+22', data: '{"id": 12345678901234567890}' },
      { country: 'DE', area: 'NaN', data: '1' },
    ]);
  });

  it('takes no row for the right one where several have the key, also from the cache', async () => {
    const engine = database.createEngine(orders);
    for (const id of ['first', 'cached']) {
      const report = await run(orders, records({ id, shop: 'twice' }, { id: `beside ${id}`, shop: 's1' }), engine);
      expect(report.written).toBe(1);
      expect(verdicts(report)).toEqual([
        ['lookup-ambiguous', '`shops` has 2 rows whose `id` is "twice"; a lookup needs a unique key'],
      ]);
    }
  });

  it('answers an event the same, whatever is beside it and in the cache', async () => {
    const engine = database.createEngine(orders);
    const forgotten = (id: string) => ({ id, note: 's1' });
    const reports = [
      await run(orders, records(forgotten('alone')), engine),
      await run(orders, records({ id: 'neighbour', shop: 's1' }, forgotten('beside')), engine),
      await run(orders, records(forgotten('warm')), engine),
    ];
    for (const report of reports) {
      expect(verdicts(report)).toEqual([
        ['projection-threw', 'Error: lookup `shops` was not asked for "s1"; add the key to lookupKeys'],
      ]);
    }
  });

  it('for a key that no request can carry rejects its event alone', async () => {
    const report = await run(orders, records({ id: 'long', shop: 'x'.repeat(5_000_000) }, { id: 'short', shop: 's1' }));
    expect(report).toMatchObject({ written: 1, committedRecords: 2, hold: undefined });
    expect(verdicts(report)).toEqual([['too-large', expect.stringMatching(/^`lookupKeys\.shops\[0\]` takes 5000/)]]);
  });

  it('whose keys a new build can not tell leaves an event in effect, and quarantines nothing', async () => {
    const batch = records({ id: 'in effect', shop: 's1' });
    await run(orders, batch);
    for (const broken of [
      () => {
        throw new Error('a bug');
      },
      () => Promise.reject(new Error('late')),
      () => ({ shops: 's1' }),
    ]) {
      const report = await run({ ...orders, lookupKeys: broken as never }, batch);
      expect(report).toMatchObject({ written: 0, committedRecords: 1, rejections: [{}] });
    }
    expect(await database.query("SELECT reason FROM event_processor.quarantine WHERE event_id = 'in effect'")).toEqual(
      [],
    );
  });
});

describe('an event whose rows exceed a request', () => {
  const columns = { id: 'text', body: 'text' } as const;
  const kinds = {
    inserts: inserts({ columns }),
    counters: counters({ key: columns, counters: { n: 'bigint' } }),
    versions: versions({ key: { id: 'text' }, version: { v: 'integer' }, columns: { body: 'text' } }),
  };

  it.each(Object.keys(kinds) as (keyof typeof kinds)[])('in a table of %s is rejected alone', async (kind) => {
    const table = `sized_${kind}`;
    await database.query(`CREATE TABLE ${table} (id text, body text, n bigint, v integer)`);
    await database.query(`CREATE UNIQUE INDEX ON ${table} (${kind === 'counters' ? 'id, body' : 'id'})`);
    const projection = defineProjection({
      name: table.replace('_', '-'),
      schema: z.object({ id: z.string(), length: z.number() }),
      eventId: ({ id }) => id,
      tables: { [table]: kinds[kind] },
      project: ({ id, length }) => {
        const more = { inserts: {}, counters: { n: 1 }, versions: { v: 1 } }[kind];
        const rows = Array.from({ length: 3 }, (_, n) => ({ id: `${id} ${n}`, body: 'x'.repeat(length), ...more }));
        return { [table]: rows } as never;
      },
    });
    const report = await run(projection, records({ id: 'large', length: 1_500_000 }, { id: 'small', length: 10 }));
    expect(report).toMatchObject({ written: 1, committedRecords: 2, hold: undefined });
    expect(verdicts(report)).toEqual([['too-large', expect.stringMatching(/^its rows take 4500\d{3} bytes/)]]);
  });
});

describe('a record from an event file', () => {
  const tracks = defineProjection({
    name: 'tracks',
    schema: z.object({ id: z.string() }),
    eventId: ({ id }) => id,
    tables: { tracks: inserts({ columns: { id: 'text' } }) },
    project: (event) => ({ tracks: event }),
  });

  it('that does not say when it arrived is written or quarantined like any other, as of now', async () => {
    await database.query('CREATE TABLE tracks (id text)');
    const silent = records({ id: 'good' }, []).map(({ kinesis: { data, sequenceNumber } }) => ({
      kinesis: { data, sequenceNumber },
    })) as unknown as KinesisRecord[];
    const report = await run(tracks, completeRecords(silent, Date.now()));
    expect(report).toMatchObject({ shardId: 'unknown', written: 1, committedRecords: 2, hold: undefined });
    expect(
      await database.query(
        `SELECT shard_id, partition_key, arrived_at > now() - interval '1 minute' AS recent
         FROM event_processor.quarantine WHERE function_name = 'tracks'`,
      ),
    ).toEqual([{ shard_id: 'unknown', partition_key: 'unknown', recent: true }]);
  });
});
