import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { asc, eq, inArray, sql } from 'drizzle-orm';
import { drizzle, type AwsDataApiPgDatabase } from 'drizzle-orm/aws-data-api/pg';
import { migrate } from 'drizzle-orm/aws-data-api/pg/migrator';
import * as pg from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDataApi, type DataApiWorld } from '../../conformance/data-api/open-data-api.ts';

const mood = pg.pgEnum('mood', ['sad', 'happy']);
const samples = pg.pgTable('samples', {
  id: pg.serial().primaryKey(),
  name: pg.text().notNull().unique(),
  code: pg.varchar({ length: 10 }),
  whole: pg.integer(),
  big: pg.bigint({ mode: 'number' }),
  price: pg.numeric({ precision: 10, scale: 2 }),
  ratio: pg.doublePrecision(),
  weight: pg.real(),
  active: pg.boolean().default(true),
  key: pg.uuid(),
  day: pg.date(),
  clock: pg.time(),
  at: pg.timestamp(),
  atText: pg.timestamp({ precision: 6, mode: 'string' }),
  atZone: pg.timestamp({ withTimezone: true }),
  data: pg.jsonb(),
  feeling: mood(),
  tags: pg.text().array(),
});

const MIGRATION = [
  "CREATE TYPE mood AS ENUM ('sad', 'happy');",
  `CREATE TABLE samples (id serial PRIMARY KEY, name text NOT NULL UNIQUE, code varchar(10), whole integer, big bigint,
     price numeric(10,2), ratio double precision, weight real, active boolean DEFAULT true, key uuid, day date, clock time,
     at timestamp, "atText" timestamp(6), "atZone" timestamptz, data jsonb, feeling mood, tags text[]);`,
].join('\n--> statement-breakpoint\n');

let world: DataApiWorld;
let folder: string;
let db: AwsDataApiPgDatabase;

beforeAll(async () => {
  world = await openDataApi();
  vi.stubEnv('AWS_ENDPOINT_URL_RDS_DATA', world.server.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  folder = await mkdtemp(join(tmpdir(), 'drizzle-migrations-'));
  const journal = {
    version: '7',
    dialect: 'postgresql',
    entries: [{ idx: 0, version: '7', when: 1_700_000_000_000, tag: '0000_first', breakpoints: true }],
  };
  await mkdir(join(folder, 'meta'));
  await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
  await writeFile(join(folder, '0000_first.sql'), MIGRATION);
  const { resourceArn, secretArn } = world.target;
  const client = new RDSDataClient({ region: world.server.region });
  db = drizzle(client, { resourceArn, secretArn, database: world.server.database });
  await migrate(db, { migrationsFolder: folder });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
  await world.close();
});

const FULL = {
  name: 'full',
  code: 'abc',
  whole: 7,
  big: 9_007_199_254_740_991,
  price: '19.90',
  ratio: 0.1,
  weight: 1.048596,
  active: false,
  key: '550e8400-e29b-41d4-a716-446655440000',
  day: '2024-02-29',
  clock: '12:34:56',
  at: new Date('2024-02-29T12:34:56.789Z'),
  atText: '2024-02-29 12:34:56.123456',
  atZone: new Date('2024-02-29T12:34:56.789Z'),
  data: { a: [1, { b: null }] },
  feeling: sql`'happy'::mood`,
};

describe('drizzle-orm over the Data API', () => {
  it('migrates once', async () => {
    await migrate(db, { migrationsFolder: folder });
    const { rows } = await db.execute(sql`SELECT count(*) AS applied FROM drizzle.__drizzle_migrations`);
    expect(rows).toEqual([{ applied: 1 }]);
  });

  it('inserts and selects a row of all common types', async () => {
    const [inserted] = await db.insert(samples).values(FULL).returning();
    const [selected] = await db.select().from(samples).where(eq(samples.name, 'full'));
    expect(selected).toEqual(inserted);
    expect(selected).toMatchObject({ ...FULL, feeling: 'happy', tags: null });
  });

  it('inserts nulls and defaults', async () => {
    await db.insert(samples).values({ name: 'empty', whole: null, key: null, at: null, data: null, day: null });
    const [row] = await db.select().from(samples).where(eq(samples.name, 'empty'));
    expect(row).toMatchObject({ whole: null, key: null, at: null, data: null, day: null, active: true });
  });

  it('returns an array', async () => {
    await db.insert(samples).values({ name: 'array', tags: sql`'{a,"b c",NULL}'::text[]` });
    const [row] = await db.select({ tags: samples.tags }).from(samples).where(eq(samples.name, 'array'));
    expect(row?.tags).toEqual(['a', 'b c', null]);
  });

  it('updates, deletes and selects in order', async () => {
    await db.insert(samples).values([{ name: 'x' }, { name: 'y' }, { name: 'z' }]);
    await db.update(samples).set({ whole: 5 }).where(eq(samples.name, 'y'));
    await db.delete(samples).where(eq(samples.name, 'z'));
    const rows = await db
      .select({ name: samples.name, whole: samples.whole })
      .from(samples)
      .where(inArray(samples.name, ['x', 'y', 'z']))
      .orderBy(asc(samples.name));
    expect(rows).toEqual([
      { name: 'x', whole: null },
      { name: 'y', whole: 5 },
    ]);
  });

  it('commits a transaction, with a savepoint taken back inside', async () => {
    await db.transaction(async (tx) => {
      await tx.insert(samples).values({ name: 'outer' });
      const inner = tx.transaction(async (nested) => {
        await nested.insert(samples).values({ name: 'inner' });
        throw new Error('take back');
      });
      await expect(inner).rejects.toThrow('take back');
    });
    const rows = await db
      .select()
      .from(samples)
      .where(inArray(samples.name, ['outer', 'inner']));
    expect(rows.map(({ name }) => name)).toEqual(['outer']);
  });

  it('rolls a transaction back when a statement fails', async () => {
    const failing = db.transaction(async (tx) => {
      await tx.insert(samples).values({ name: 'lost' });
      await tx.insert(samples).values({ name: 'lost' });
    });
    await expect(failing).rejects.toMatchObject({
      cause: {
        name: 'DatabaseErrorException',
        message: 'ERROR: duplicate key value violates unique constraint "samples_name_key"; SQLState: 23505',
      },
    });
    expect(await db.select().from(samples).where(eq(samples.name, 'lost'))).toEqual([]);
  });

  it('meets the real refusal of an enum without a cast', async () => {
    await expect(db.insert(samples).values({ name: 'enum', feeling: 'happy' })).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(/is of type mood but expression is of type text.*SQLState: 42804$/) as string,
      },
    });
  });
});
