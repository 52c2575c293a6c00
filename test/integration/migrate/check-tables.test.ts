import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Execute } from '../../../data-api/execute.ts';
import { checkTables } from '../../../functions/migrate/check-tables.ts';
import { declaredTables } from '../../../processor/declared-tables.ts';
import { counters, inserts, lookup, sql, versions, type AnyProjection } from '../../../processor/projection.ts';
import { startTestDatabase, type TestDatabase } from '../../support/start-test-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.close());

/** What the check says about a projection on a database that has these tables and no others. */
async function check(sql: string, projection: Partial<Pick<AnyProjection, 'tables' | 'lookups' | 'ledger'>>) {
  await database.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${sql}`);
  const execute: Execute = (text, parameters = {}) => database.execute(text, parameters, { timeoutMs: 30_000 });
  return checkTables(execute, declaredTables({ tables: {}, lookups: {}, ledger: undefined, ...projection }));
}

const ROWS = { orders: inserts({ columns: { id: 'text', n: 'integer', note: 'text?' } }) };

describe('a table that is written', () => {
  test.each([
    'CREATE TABLE orders (id text NOT NULL, n integer, note text)',
    'CREATE TABLE orders (id varchar(9) NOT NULL, n bigint, note text, at timestamptz NOT NULL DEFAULT now())',
    'CREATE TABLE orders (id text, n smallint, note text, no bigint GENERATED ALWAYS AS IDENTITY)',
    'CREATE TABLE orders (id text, n numeric, note text, twice integer GENERATED ALWAYS AS (1) STORED)',
    'CREATE DOMAIN code AS text CHECK (true); CREATE TABLE orders (id code, n integer, note text)',
    'CREATE DOMAIN a AS varchar; CREATE DOMAIN b AS a NOT NULL; CREATE TABLE orders (id b, n integer, note text)',
    'CREATE TABLE orders (id text, n integer, note text) PARTITION BY LIST (id)',
    'CREATE TABLE rows (id text, n integer, note text); CREATE VIEW orders AS SELECT * FROM rows',
  ])('fits: %s', async (sql) => {
    expect(await check(sql, { tables: ROWS })).toEqual({ problems: [], warnings: [] });
  });

  test('may be declared by its own domain, unless a cast to it would cut a value', async () => {
    const tables = {
      orders: inserts({
        columns: { n: sql('positive'), v: sql('short'), b: sql('four_bits'), s: sql('code'), vs: sql('short[]') },
      }),
    };
    const { problems } = await check(
      `CREATE DOMAIN positive AS integer CHECK (value > 0); CREATE DOMAIN code AS text;
       CREATE DOMAIN five AS varchar(5); CREATE DOMAIN short AS five; CREATE DOMAIN four_bits AS bit(4);
       CREATE TABLE orders (n positive, v short, b four_bits, s code, vs short[])`,
      { tables },
    );
    expect(problems).toEqual([
      "table `orders`: column `v` is declared short, a domain to whose length PostgreSQL would cut it; declare it 'text'",
      "table `orders`: column `b` is declared four_bits, a domain to whose length PostgreSQL would cut it; declare it sql('bit')",
    ]);
  });

  test.each(['name', '"char"'])('must not have a column of a type that cuts texts: %s', async (type) => {
    const { problems } = await check(`CREATE TABLE orders (id ${type}, n integer, note text)`, { tables: ROWS });
    expect(problems).toEqual([
      `table \`orders\`: column \`id\` is ${type} in the database, which cuts longer text without a word; ` +
        'add a migration: ALTER TABLE "orders" ALTER COLUMN "id" TYPE text',
    ]);
  });

  test('that is not there comes with the migration that makes it', async () => {
    const { problems } = await check('', {
      tables: { 'sales.totals': counters({ key: { shop: 'text' }, counters: { n: 'bigint' } }) },
    });
    expect(problems).toEqual([
      'table `sales.totals` must be in the database, got no such table; add a migration: ' +
        'CREATE TABLE "sales"."totals" ("shop" text NOT NULL, "n" bigint NOT NULL, PRIMARY KEY ("shop"))',
    ]);
    await database.query(`CREATE SCHEMA sales; ${/CREATE TABLE .*/.exec(problems[0] ?? '')?.[0] ?? ''}`);
  });

  test.each([
    ['orders', 'CREATE SCHEMA shop; CREATE TABLE shop.orders (id text)', 'shop.orders'],
    ['shop.orders', 'CREATE TABLE orders (id text)', 'orders'],
    ['Orders', 'CREATE TABLE orders (id text)', 'orders'],
    ['shop.order', 'CREATE SCHEMA shop; CREATE VIEW shop.orders AS SELECT 1', 'shop.orders'],
  ])('%s that is not there is taken for one that is: %s', async (name, sql, nearest) => {
    const { problems } = await check(`DROP SCHEMA IF EXISTS shop CASCADE; ${sql}`, {
      tables: { [name]: inserts({ columns: { id: 'text' } }) },
    });
    expect(problems).toEqual([
      expect.stringContaining(`got no such table; did you mean \`${nearest}\`? or add a migration: CREATE TABLE`),
    ]);
    await database.query('DROP SCHEMA IF EXISTS shop CASCADE');
  });

  test('that is a view with an INSTEAD OF trigger takes inserts, and no rows by key', async () => {
    const view = `CREATE TABLE rows (id text PRIMARY KEY, n integer); CREATE VIEW orders AS SELECT * FROM rows;
      CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER put INSTEAD OF INSERT ON orders FOR EACH ROW EXECUTE FUNCTION put()`;
    const columns = { id: 'text', n: 'integer' } as const;
    expect(await check(view, { tables: { orders: inserts({ columns }) } })).toEqual({ problems: [], warnings: [] });
    const counted = counters({ key: { id: 'text' }, counters: { n: 'integer' } });
    expect((await check(view, { tables: { orders: counted } })).problems).toEqual([
      expect.stringMatching(
        /^table `orders` is a view with an INSTEAD OF trigger, which takes no ON CONFLICT; declare it/,
      ),
    ]);
  });

  test('has every place named at once that does not fit, with what to do', async () => {
    const { problems } = await check(
      `CREATE TYPE mood AS ENUM ('ok');
       CREATE TABLE orders (identifier text, n text[], note text NOT NULL, state mood, at timestamp,
         whole integer, twice integer GENERATED ALWAYS AS (1) STORED, must integer NOT NULL)`,
      {
        tables: {
          orders: inserts({
            columns: {
              identifer: 'text',
              n: 'jsonb',
              note: 'text?',
              state: 'text',
              at: 'timestamptz',
              whole: 'numeric',
              twice: 'integer',
            },
          }),
          gone: inserts({ columns: { id: 'text' } }),
        },
      },
    );
    expect(problems).toEqual([
      expect.stringMatching(/^table `orders` must have the column `identifer`, .* did you mean `identifier`\?/),
      "table `orders`: column `n` is text[] in the database, declared jsonb; declare it 'text[]'",
      expect.stringMatching(
        /`note` may be null in the projection and is NOT NULL .* ALTER COLUMN "note" DROP NOT NULL$/,
      ),
      "table `orders`: column `state` is mood in the database, declared text; declare it sql('mood')",
      expect.stringMatching(
        /`at` is timestamp without time zone in the database, declared timestamptz; declare it 'timestamp'/,
      ),
      expect.stringMatching(/`whole` is integer in the database, declared numeric; declare it 'integer'/),
      expect.stringMatching(/`twice` is filled in by the database/),
      expect.stringMatching(
        /column `must` \(integer\) is NOT NULL without a default, and the projection does not write it/,
      ),
      expect.stringMatching(/^table `gone` must be in the database/),
    ]);
  });

  test.each(['integer GENERATED ALWAYS AS IDENTITY', 'integer GENERATED ALWAYS AS (1) STORED'])(
    'takes no value for a column that is %s',
    async (type) => {
      const { problems } = await check(`CREATE TABLE orders (id text, n ${type}, note text)`, { tables: ROWS });
      expect(problems).toEqual([expect.stringMatching(/^table `orders`: column `n` is filled in by the database/)]);
    },
  );

  test.each([
    ['CREATE MATERIALIZED VIEW orders AS SELECT 1 AS id', /must be a table, got a materialized view/],
    ['CREATE SEQUENCE orders', /must be a table, got a relation/],
  ])('cannot be: %s', async (sql, problem) => {
    expect((await check(sql, { tables: ROWS })).problems).toEqual([expect.stringMatching(problem)]);
  });
});

describe('a key', () => {
  const tables = {
    newest: versions({ key: { shop: 'text', sku: 'text' }, version: { at: 'timestamptz' }, columns: { n: 'integer' } }),
  };
  const columns = 'CREATE TABLE newest (shop text, sku text, at timestamptz, n integer';

  test.each([
    `${columns}, PRIMARY KEY (sku, shop))`,
    `${columns}); CREATE UNIQUE INDEX ON newest (shop, sku) INCLUDE (n)`,
    `${columns}, UNIQUE (sku, shop)) PARTITION BY LIST (shop)`,
  ])('is unique: %s', async (sql) => {
    expect((await check(sql, { tables })).problems).toEqual([]);
  });

  test.each([
    [`${columns})`, 'none'],
    [`${columns}); CREATE INDEX ON newest (shop, sku)`, 'none'],
    [`${columns}); CREATE UNIQUE INDEX ON newest (shop, sku, at)`, 'none'],
    [`${columns}); CREATE UNIQUE INDEX ON newest (shop) INCLUDE (sku)`, 'none'],
    [`${columns}); CREATE UNIQUE INDEX ON newest (shop, sku) WHERE n > 0`, 'one with a WHERE'],
    [`${columns}); CREATE UNIQUE INDEX ON newest (shop, lower(sku))`, 'none'],
    [`${columns}, UNIQUE (shop, sku) DEFERRABLE)`, 'one that is DEFERRABLE'],
  ])('is not unique: %s', async (sql, got) => {
    expect((await check(sql, { tables })).problems).toEqual([
      `table \`newest\` must have a unique key over shop, sku, got ${got}; add a migration: CREATE UNIQUE INDEX ON "newest" ("shop", "sku")`,
    ]);
  });

  test('that the table holds equal more often than a text is declared as what it is', async () => {
    const types =
      'CREATE EXTENSION IF NOT EXISTS citext; CREATE TABLE newest (shop citext, sku char(4), at timestamptz, n integer';
    expect(await check(`${types}, PRIMARY KEY (shop, sku))`, { tables })).toEqual({
      problems: [],
      warnings: [
        expect.stringMatching(
          /key column `shop` is citext in the database, declared text: .*; declare it sql\('citext'\)/,
        ),
        expect.stringMatching(/key column `sku` is character\(4\) .*; declare it sql\('character\(4\)'\)/),
      ],
    });
    const key = { shop: sql('citext'), sku: sql('character(4)') };
    const declared = { newest: versions({ key, version: { at: 'timestamptz' }, columns: { n: 'integer' } }) };
    expect(await check(`${types}, PRIMARY KEY (shop, sku))`, { tables: declared })).toEqual({
      problems: [],
      warnings: [],
    });
  });

  test('is not found through a rule, nor through a view that is more than a part of a table', async () => {
    const rule = `${columns}, PRIMARY KEY (shop, sku)); CREATE RULE aside AS ON INSERT TO newest WHERE NEW.n < 0 DO INSTEAD NOTHING`;
    expect((await check(rule, { tables })).problems).toEqual([
      'table `newest` has the rule aside, which a write with RETURNING cannot pass; make it a trigger',
    ]);
    const view = `${columns.replace('newest', 'all_prices')}, PRIMARY KEY (shop, sku)); CREATE VIEW newest AS SELECT shop, sku, max(at) AS at, max(n) AS n FROM all_prices GROUP BY 1, 2`;
    expect((await check(view, { tables })).problems).toEqual([
      'table `newest` is a view that PostgreSQL cannot insert into by itself; write to the table behind it',
    ]);
  });

  test('of rows that policies hide is warned of', async () => {
    const secured = `${columns}, PRIMARY KEY (shop, sku)); ALTER TABLE newest ENABLE ROW LEVEL SECURITY`;
    expect((await check(secured, { tables })).warnings).toEqual([
      'table `newest` has row level security: the processor finds and writes only what the policies let its role',
    ]);
  });

  test('of an insert table matters where it is the ledger', async () => {
    const own = { orders: inserts({ columns: { id: 'text', n: 'integer' }, key: ['id'] }) };
    const sql = 'CREATE TABLE orders (id text, n integer)';
    expect((await check(sql, { tables: own })).problems).toEqual([]);
    expect((await check(sql, { tables: own, ledger: 'orders' })).problems).toEqual([
      expect.stringMatching(/must have a unique key over id/),
    ]);
  });
});

describe('a lookup', () => {
  const lookups = {
    shops: lookup({
      table: 'crm.shops',
      key: 'id',
      keyType: 'integer',
      columns: { name: 'text', since: 'date?', rate: 'numeric?' },
    }),
  };
  const fits = 'DROP SCHEMA IF EXISTS crm CASCADE; CREATE SCHEMA crm; ';
  const tables = {};

  test.each([
    'CREATE TABLE crm.shops (id integer PRIMARY KEY, name text NOT NULL, since date, rate numeric, more text)',
    'CREATE TABLE crm.shops (id smallint PRIMARY KEY, name varchar(3) NOT NULL, since date, rate double precision)',
    "CREATE TYPE kind AS ENUM ('a'); CREATE TABLE crm.shops (id integer PRIMARY KEY, name kind NOT NULL, since date, rate bigint)",
    'CREATE TABLE crm.shops (id integer PRIMARY KEY, name uuid NOT NULL, since date, rate numeric)',
    'CREATE TABLE crm.shops (id numeric PRIMARY KEY, name text NOT NULL, since date, rate numeric)',
  ])('fits: %s', async (sql) => {
    expect(await check(`${fits}${sql}`, { tables, lookups })).toEqual({ problems: [], warnings: [] });
  });

  test('by several columns asks for a unique index over no others', async () => {
    const prices = lookup({
      table: 'prices',
      key: ['shop', 'sku'],
      keyType: ['text', 'text'],
      columns: { shop: 'text' },
    });
    const sql = 'CREATE TABLE prices (shop varchar NOT NULL, sku varchar(4), cents integer';
    expect(await check(`${sql}, UNIQUE (sku, shop))`, { lookups: { prices } })).toEqual({ problems: [], warnings: [] });
    expect(await check(`${sql}, UNIQUE (sku))`, { lookups: { prices } })).toEqual({ problems: [], warnings: [] });
    expect((await check(`${sql}, UNIQUE (sku, shop, cents))`, { lookups: { prices } })).warnings).toEqual([
      expect.stringMatching(/must have a unique key over shop, sku/),
    ]);
  });

  test.each([
    ['char(5)', 'text', /declared text: values with and without trailing spaces .*; declare `keyType: 'char'`/],
    ['citext', 'text', /declared text: uppercase and lowercase .*; declare `keyType: 'citext'`/],
    ['char(5)', 'char', undefined],
    ['citext', 'citext', undefined],
    ['varchar(5)', 'text', undefined],
  ] as const)('by %s as %s', async (type, keyType, expected) => {
    const places = lookup({ table: 'places', key: 'id', keyType, columns: { name: 'text?' } });
    const { problems, warnings } = await check(
      `CREATE EXTENSION IF NOT EXISTS citext; CREATE TABLE places (id ${type} PRIMARY KEY, name text)`,
      { lookups: { places } },
    );
    expect(problems).toEqual([]);
    expect(warnings).toEqual(expected === undefined ? [] : [expect.stringMatching(expected)]);
  });

  test('says what its rows would read as, and warns of keys that may match more rows and of surprising nulls', async () => {
    const sql = 'CREATE TABLE crm.shops (id uuid, name text, since timestamptz, rate text)';
    expect(await check(`${fits}${sql}`, { tables, lookups })).toEqual({
      problems: [
        "lookup `shops` on `crm.shops`: column `id` is uuid in the database, declared integer; declare it 'uuid'",
        expect.stringMatching(
          /`since` is timestamp with time zone in the database, declared date; declare it 'timestamptz'/,
        ),
        expect.stringMatching(/`rate` is text in the database, declared numeric; declare it 'text'/),
      ],
      warnings: [
        expect.stringMatching(/`name` may be null in the database; declare it text\?/),
        expect.stringMatching(/must have a unique key over id/),
      ],
    });
  });
});
