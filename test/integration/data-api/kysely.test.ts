import { RDSData } from '@aws-sdk/client-rds-data';
import { Kysely, Migrator, sql, type Generated, type Migration } from 'kysely';
import { DataApiDialect } from 'kysely-data-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDataApi, type DataApiWorld } from '../../conformance/data-api/open-data-api.ts';

interface Database {
  samples: {
    id: Generated<number>;
    name: string;
    whole: number | null;
    price: string | null;
    ratio: number | null;
    active: boolean | null;
    key: string | null;
    at: Date | null;
    at_zone: Date | null;
    data: unknown;
    tags: string[] | null;
  };
}

let world: DataApiWorld;
let db: Kysely<Database>;

beforeAll(async () => {
  world = await openDataApi();
  vi.stubEnv('AWS_ENDPOINT_URL_RDS_DATA', world.server.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const client = new RDSData({ region: world.server.region });
  const { database } = world.server;
  db = new Kysely<Database>({
    dialect: new DataApiDialect({ mode: 'postgres', driver: { client, database, ...world.target } }),
  });
  await db.schema
    .createTable('samples')
    .addColumn('id', 'serial', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('whole', 'integer')
    .addColumn('price', sql`numeric(10,2)`)
    .addColumn('ratio', 'double precision')
    .addColumn('active', 'boolean')
    .addColumn('key', 'uuid')
    .addColumn('at', 'timestamp')
    .addColumn('at_zone', 'timestamptz')
    .addColumn('data', 'jsonb')
    .addColumn('tags', sql`text[]`)
    .execute();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await db.destroy();
  await world.close();
});

function insert(name: string) {
  return db.insertInto('samples').values({ name, whole: 1 });
}

describe('kysely-data-api over the Data API', () => {
  it('inserts and selects a row of all common types', async () => {
    const inserted = await db
      .insertInto('samples')
      .values({
        name: 'full',
        whole: 7,
        price: sql`${'19.90'}::numeric`,
        ratio: 0.5,
        active: true,
        key: sql`${'550e8400-e29b-41d4-a716-446655440000'}::uuid`,
        at: sql`${'2024-02-29 12:34:56.789'}::timestamp`,
        at_zone: sql`${'2024-02-29T12:34:56.789+02:00'}::timestamptz`,
        data: sql`${'{"a":[1]}'}::jsonb`,
        tags: sql`${'{a,b}'}::text[]`,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    expect(inserted.id).toBe(1);
    expect(await db.selectFrom('samples').selectAll().where('name', '=', 'full').executeTakeFirst()).toEqual({
      id: 1,
      name: 'full',
      whole: 7,
      price: '19.90',
      ratio: 0.5,
      active: true,
      key: '550e8400-e29b-41d4-a716-446655440000',
      at: new Date('2024-02-29 12:34:56.789'),
      at_zone: new Date('2024-02-29T10:34:56.789Z'),
      data: { a: [1] },
      tags: ['a', 'b'],
    });
  });

  it('counts the rows it changed', async () => {
    await db
      .insertInto('samples')
      .values([{ name: 'a' }, { name: 'b' }])
      .execute();
    const result = await db.updateTable('samples').set({ whole: 2 }).where('name', 'in', ['a', 'b']).executeTakeFirst();
    expect(result.numUpdatedRows).toBe(2n);
    const deleted = await db.deleteFrom('samples').where('name', '=', 'a').executeTakeFirst();
    expect(deleted.numDeletedRows).toBe(1n);
  });

  it('tells no rows from no result', async () => {
    expect(await db.selectFrom('samples').selectAll().where('name', '=', 'none').execute()).toEqual([]);
  });

  it('commits a transaction', async () => {
    await db.transaction().execute(async (transaction) => {
      await transaction.insertInto('samples').values({ name: 'kept' }).execute();
    });
    expect(await db.selectFrom('samples').select('name').where('name', '=', 'kept').execute()).toEqual([
      { name: 'kept' },
    ]);
  });

  it('rolls a transaction back when a statement fails', async () => {
    const failing = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('samples').values({ name: 'lost' }).execute();
      await transaction.insertInto('samples').values({ name: 'lost' }).execute();
    });
    await expect(failing).rejects.toThrow(/^ERROR: duplicate key value .*SQLState: 23505$/);
    expect(await db.selectFrom('samples').selectAll().where('name', '=', 'lost').execute()).toEqual([]);
  });

  it('surfaces the name and text of an error', async () => {
    await insert('twice').execute();
    await expect(insert('twice').execute()).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message: 'ERROR: duplicate key value violates unique constraint "samples_name_key"; SQLState: 23505',
    });
  });
});

describe("kysely's migrator over the Data API", () => {
  const MIGRATIONS: Readonly<Record<string, Migration>> = {
    '1-rooms': {
      up: async (schema) => {
        await schema.schema.createTable('rooms').addColumn('name', 'text').execute();
      },
    },
    '2-beds': {
      up: async (schema) => {
        await schema.schema.alterTable('rooms').addColumn('beds', 'integer').execute();
      },
      down: async (schema) => {
        await schema.schema.alterTable('rooms').dropColumn('beds').execute();
      },
    },
    '3-broken': {
      up: async (schema) => {
        await sql`ALTER TABLE rooms ADD COLUMN size integer, ADD COLUMN beds integer`.execute(schema);
      },
    },
  };

  function migrator(...names: readonly string[]): Migrator {
    const migrations = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => names.includes(name)));
    return new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  }

  function columns(): Promise<unknown> {
    const names = sql<{ names: string }>`SELECT string_agg(attname::text, ' ' ORDER BY attnum) AS names
      FROM pg_attribute WHERE attrelid = to_regclass('rooms') AND attnum > 0 AND NOT attisdropped`;
    return names.execute(db).then(({ rows }) => rows[0]?.names);
  }

  it('takes its lock, migrates once, and goes back', async () => {
    const both = migrator('1-rooms', '2-beds');
    expect((await both.migrateToLatest()).results).toHaveLength(2);
    expect(await columns()).toBe('name beds');
    expect((await both.migrateToLatest()).results).toEqual([]);
    expect((await both.migrateDown()).error).toBeUndefined();
    expect(await columns()).toBe('name');
  });

  it('keeps nothing of a migration that fails', async () => {
    const { error } = await migrator('1-rooms', '2-beds', '3-broken').migrateToLatest();
    expect(String(error)).toMatch(/column "beds" of relation "rooms" already exists.*SQLState: 42701$/);
    expect(await columns()).toBe('name');
  });
});
