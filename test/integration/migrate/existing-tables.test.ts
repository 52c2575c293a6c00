import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DECLARED_TABLES_FILE } from '../../../contract/declared-tables.ts';
import { declaredTables } from '../../../processor/declared-tables.ts';
import { counters, inserts, lookup, versions } from '../../../processor/projection.ts';
import type { Tables } from '../../../processor/tables/table-kind.ts';
import { startDeployedWorld, TABLE_OWNER, type DeployedWorld } from './deployed-world.ts';

let world: DeployedWorld;
let folder: string;

beforeAll(async () => {
  world = await startDeployedWorld();
  folder = await mkdtemp(join(tmpdir(), 'existing-tables-'));
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

const TABLES = declaredTables({
  tables: {
    orders: inserts({ columns: { id: 'text', n: 'integer' } }),
    'sales.totals': counters({ key: { shop: 'text' }, counters: { n: 'bigint' } }),
  },
  lookups: {
    customers: lookup({ table: 'crm.customers', key: 'id', keyType: 'text', columns: { country: 'text?' } }),
  },
  ledger: undefined,
});

/** Tables of somebody else. */
const BEFORE = `
CREATE SCHEMA crm; CREATE TABLE crm.customers (id text PRIMARY KEY, country text);
CREATE TABLE orders (id text PRIMARY KEY, n integer, line bigserial);
CREATE SCHEMA sales; CREATE TABLE sales.totals (shop text PRIMARY KEY, n bigint);
CREATE TABLE sales.audit (n integer)`;

/** A release of the migrations function with one migration, for a projection of these tables. */
async function release(migration: string, tables: unknown = TABLES): Promise<{ readonly folder: string }> {
  const target = join(folder, `${Math.random()}`);
  await cp(world.code.migrate.folder, target, { recursive: true });
  await rm(join(target, 'migrations/flights/001-flights.sql'));
  await writeFile(join(target, 'migrations/flights/001-nothing.sql'), migration);
  await writeFile(join(target, DECLARED_TABLES_FILE), JSON.stringify(tables));
  return { folder: target };
}

async function databaseWith(sql: string): Promise<string> {
  const database = await world.createDatabase();
  await world.query(database, sql);
  return database;
}

describe('tables that were there before', () => {
  let database: string;

  beforeAll(async () => {
    database = await databaseWith(BEFORE);
    const answer = await world.migrate(database, 'Create', await release('SELECT 1'));
    expect(answer).toMatchObject({ Status: 'SUCCESS' });
  });

  test.each([
    "INSERT INTO orders (id, n) VALUES ('a', 1)",
    "INSERT INTO sales.totals VALUES ('a', 1) ON CONFLICT (shop) DO UPDATE SET n = excluded.n",
    'SELECT country FROM crm.customers',
  ])('may be used as the projection does: %s', async (sql) => {
    await expect(world.query(database, sql, 'processor')).resolves.toBeDefined();
  });

  test.each([
    'SELECT * FROM orders',
    'DELETE FROM orders',
    'UPDATE orders SET n = 1',
    'DELETE FROM sales.totals',
    "INSERT INTO crm.customers VALUES ('a')",
    'SELECT * FROM sales.audit',
  ])('may be used no further: %s', async (sql) => {
    await expect(world.query(database, sql, 'processor')).rejects.toThrow('permission denied');
  });
});

describe('what a release does not declare any more', () => {
  const declare = (tables: Tables) => declaredTables({ tables, lookups: {}, ledger: undefined });
  const removing = declare({ stock: versions({ key: { sku: 'text' }, version: { v: 'bigint' }, columns: {} }) });
  const keeping = declare({
    stock: versions({ key: { sku: 'text' }, version: { v: 'bigint' }, columns: {}, removes: false }),
  });
  const other = declare({ orders: inserts({ columns: { id: 'text', n: 'integer' } }) });
  const stock = 'CREATE TABLE stock (sku text PRIMARY KEY, v bigint, line bigserial)';
  const privileges = async (database: string) => {
    const [row] = (await world.query(
      database,
      `SELECT string_agg(privilege, ' ') FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
       WHERE has_table_privilege('flights_processor', 'stock', privilege)`,
    )) as readonly { readonly string_agg: string | null }[];
    return row?.string_agg;
  };

  test('is revoked by the second release that does without, and not before: the first may be rolled back', async () => {
    const database = await databaseWith(`${BEFORE}; ${stock}`);
    const all = 'SELECT INSERT UPDATE DELETE';
    const deploy = async (tables: unknown) => {
      const answer = await world.migrate(database, 'Update', await release('SELECT 1', tables));
      expect(answer).toMatchObject({ Status: 'SUCCESS' });
      return privileges(database);
    };
    expect(await deploy(removing)).toBe(all);
    expect(await deploy(keeping)).toBe(all);
    // A rollback, and the same again.
    expect(await deploy(removing)).toBe(all);
    expect(await deploy(keeping)).toBe(all);
    expect(await deploy(keeping)).toBe('SELECT INSERT UPDATE');
    expect(await deploy(other)).toBe('SELECT INSERT UPDATE');
    expect(await deploy(other)).toBeNull();
    await expect(world.query(database, "SELECT nextval('stock_line_seq')", 'processor')).rejects.toThrow(
      'permission denied',
    );
    await world.query(database, 'DROP TABLE stock');
    expect(await world.migrate(database, 'Update', await release('SELECT 1', other))).toMatchObject({
      Status: 'SUCCESS',
    });
  });

  test('stays where somebody else has granted it', async () => {
    const database = await databaseWith(`${BEFORE}; ${stock}`);
    const byMigration = 'GRANT UPDATE ON orders TO flights_processor';
    const deploy = async (tables: unknown) => {
      const answer = await world.migrate(database, 'Update', await release(byMigration, tables));
      expect(answer).toMatchObject({ Status: 'SUCCESS' });
    };
    await deploy(other);
    await world.query(database, 'GRANT DELETE ON stock TO flights_processor');
    for (const tables of [removing, keeping, keeping]) await deploy(tables);
    expect(await privileges(database)).toBe('SELECT INSERT UPDATE DELETE');
    await world.query(database, 'UPDATE orders SET n = 1', 'processor');
  });
});

describe('a migration', () => {
  test.each([
    'GRANT INSERT ON sales.audit TO flights_processor',
    `DO $$ BEGIN
       EXECUTE format('GRANT INSERT ON sales.audit TO %I', current_setting('event_processor.processor_role'));
     END $$`,
  ])('may grant the processor more: %s', async (migration) => {
    const database = await databaseWith(BEFORE);
    await expect(world.migrate(database, 'Create', await release(migration))).resolves.toMatchObject({
      Status: 'SUCCESS',
    });
    await world.query(database, 'INSERT INTO sales.audit VALUES (1)', 'processor');
  });
});

describe('a deployment', () => {
  test('fails when its tables do not fit the projection, and names every place', async () => {
    const database = await databaseWith('CREATE TABLE orders (id text, n boolean); CREATE SCHEMA crm');
    const { Status, Reason } = await world.migrate(database, 'Create', await release('SELECT 1'));
    expect(Status).toBe('FAILED');
    expect(Reason.split('\n')).toEqual([
      'the database does not fit the projection:',
      "- table `orders`: column `n` is boolean in the database, declared integer; declare it 'boolean'",
      expect.stringMatching(/^- table `sales.totals` must be in the database, .* CREATE TABLE "sales"."totals"/),
      expect.stringMatching(/^- lookup `customers` on `crm.customers` must be in the database/),
    ]);
  });

  test('fails when it may not grant what the processor needs, with the statements for the owner', async () => {
    const database = await databaseWith(BEFORE);
    // The roles are there since an earlier test, and their passwords are what they were.
    await world.query(
      database,
      `ALTER ROLE ${TABLE_OWNER.username} CREATEROLE;
       GRANT flights_processor, flights_maintenance TO ${TABLE_OWNER.username} WITH ADMIN OPTION;
       GRANT CREATE ON DATABASE ${database} TO ${TABLE_OWNER.username};
       ALTER TABLE orders OWNER TO ${TABLE_OWNER.username}`,
    );
    const asOwner = { ...(await release('SELECT 1')), secretArn: TABLE_OWNER.arn };
    const { Status, Reason } = await world.migrate(database, 'Create', asOwner);
    expect(Status).toBe('FAILED');
    const statements = [...Reason.matchAll(/have postgres run: (GRANT .*)$/gm)].map(([, statement]) => statement ?? '');
    expect(statements, Reason).toEqual([
      'GRANT USAGE ON SCHEMA crm TO "flights_processor"',
      'GRANT USAGE ON SCHEMA sales TO "flights_processor"',
      'GRANT SELECT ON TABLE crm.customers TO "flights_processor"',
      'GRANT INSERT, SELECT, UPDATE ON TABLE sales.totals TO "flights_processor"',
    ]);
    expect(Reason).toContain(
      'the processor needs SELECT on the table crm.customers, which belongs to postgres, and the user of the migrations may not grant it',
    );
    await world.query(database, statements.join(';'));
    await expect(world.migrate(database, 'Create', asOwner)).resolves.toMatchObject({ Status: 'SUCCESS' });
  });
});
