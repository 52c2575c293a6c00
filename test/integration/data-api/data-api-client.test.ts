import { createRequire, registerHooks } from 'node:module';
import {
  RDSData,
  type BatchExecuteStatementCommandInput,
  type BeginTransactionCommandInput,
  type CommitTransactionCommandInput,
  type ExecuteStatementCommandInput,
  type RDSDataClientConfig,
  type RollbackTransactionCommandInput,
} from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDataApi, type DataApiWorld } from '../../conformance/data-api/open-data-api.ts';

interface QueryResult {
  readonly records?: readonly Readonly<Record<string, unknown>>[];
  readonly numberOfRecordsUpdated?: number;
  readonly updateResults?: readonly unknown[];
}

type Query<Result> = (sql: string, parameters?: object) => Result;

interface Transaction {
  readonly query: Query<Transaction>;
  rollback(ended: (error: Error, status: { readonly transactionStatus?: string }) => void): Transaction;
  commit(): Promise<unknown[]>;
}

interface DataApiClient {
  readonly query: Query<Promise<QueryResult>>;
  transaction(): Transaction;
}

type CreateDataApiClient = (options: object) => DataApiClient;

const require = createRequire(import.meta.url);

/** The package loads version 2 of the SDK under its own name, although it then uses the one it is given. */
function loadDataApiClient(): CreateDataApiClient {
  const sdk = require.resolve('@aws-sdk/client-rds-data');
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) => nextResolve(specifier === 'aws-sdk' ? sdk : specifier, context),
  });
  try {
    return require('data-api-client') as CreateDataApiClient;
  } finally {
    hooks.deregister();
  }
}

/** Version 3 of the SDK with the calls of version 2: each is made when its `promise` is asked for. */
class RDSDataService {
  readonly #client: RDSData;

  constructor(options: RDSDataClientConfig) {
    this.#client = new RDSData(options);
  }

  executeStatement(input: ExecuteStatementCommandInput) {
    return { promise: () => this.#client.executeStatement(input) };
  }

  batchExecuteStatement(input: BatchExecuteStatementCommandInput) {
    return { promise: () => this.#client.batchExecuteStatement(input) };
  }

  beginTransaction(input: BeginTransactionCommandInput) {
    return { promise: () => this.#client.beginTransaction(input) };
  }

  commitTransaction(input: CommitTransactionCommandInput) {
    return { promise: () => this.#client.commitTransaction(input) };
  }

  rollbackTransaction(input: RollbackTransactionCommandInput) {
    return { promise: () => this.#client.rollbackTransaction(input) };
  }
}

const INSERT = 'INSERT INTO samples (name, whole) VALUES (:name, :whole)';

let world: DataApiWorld;
let client: DataApiClient;

beforeAll(async () => {
  world = await openDataApi();
  const { endpoint, region, database } = world.server;
  vi.stubEnv('AWS_ENDPOINT_URL_RDS_DATA', endpoint);
  client = loadDataApiClient()({
    ...world.target,
    engine: 'pg',
    database,
    AWS: { RDSDataService },
    options: { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
  });
  await client.query(`
    CREATE TABLE samples (id serial PRIMARY KEY, name text NOT NULL UNIQUE, whole integer, price numeric(10,2),
      ratio double precision, active boolean, key uuid, day date, at timestamp, at_zone timestamptz, data jsonb,
      bytes bytea, tags text[])`);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

async function namesLike(pattern: string): Promise<unknown[] | undefined> {
  const { records } = await client.query('SELECT name FROM samples WHERE name LIKE :pattern ORDER BY id', { pattern });
  return records?.map(({ name }) => name);
}

describe('data-api-client over the Data API', () => {
  it('inserts and selects a row of all common types', async () => {
    const at = new Date('2024-02-29T12:34:56.789Z');
    const inserted = await client.query(
      `INSERT INTO samples (name, whole, price, ratio, active, key, day, at, at_zone, data, bytes, tags)
       VALUES (:name, :whole, :price, :ratio, :active, :key, :day::date, :at, :atZone, :data::jsonb, :bytes, :tags::text[])
       RETURNING id`,
      [
        { name: 'full', whole: 7, price: 19.9, ratio: 0.5, active: true, day: '2024-02-29', at, atZone: at },
        { data: '{"a":[1]}', bytes: Buffer.from([0, 255]), tags: '{a,"b c"}' },
        { name: 'key', value: '550e8400-e29b-41d4-a716-446655440000', cast: 'uuid' },
      ],
    );
    expect(inserted).toEqual({ records: [{ id: 1 }] });
    const { records } = await client.query('SELECT * FROM samples WHERE id = :id', { id: 1 });
    expect(records).toEqual([
      {
        id: 1,
        name: 'full',
        whole: 7,
        price: '19.90',
        ratio: 0.5,
        active: true,
        key: '550e8400-e29b-41d4-a716-446655440000',
        day: new Date('2024-02-29'),
        at,
        at_zone: at,
        data: '{"a":[1]}',
        bytes: Uint8Array.from([0, 255]),
        tags: { stringValues: ['a', 'b c'] },
      },
    ]);
  });

  it('stores a null in a column of any type', async () => {
    await client.query('INSERT INTO samples (name, whole, key, data) VALUES (:name, :whole, :key, :data)', {
      name: 'empty',
      whole: null,
      key: null,
      data: null,
    });
    const { records } = await client.query("SELECT whole, key, data FROM samples WHERE name = 'empty'");
    expect(records).toEqual([{ whole: null, key: null, data: null }]);
  });

  it('runs a batch once per set', async () => {
    const sets = [[{ name: 'batch 1', whole: 1 }], [{ name: 'batch 2', whole: null }]];
    expect(await client.query(INSERT, sets)).toEqual({ updateResults: [{}, {}] });
    expect(await namesLike('batch %')).toEqual(['batch 1', 'batch 2']);
  });

  it('tells no rows from no result', async () => {
    expect(await client.query("SELECT * FROM samples WHERE name = 'none'")).toEqual({ records: [] });
    expect(await client.query("DELETE FROM samples WHERE name = 'none'")).toEqual({ numberOfRecordsUpdated: 0 });
  });

  it('commits a transaction', async () => {
    const results = await client
      .transaction()
      .query(`${INSERT} RETURNING whole`, { name: 'kept 1', whole: 1 })
      .query(INSERT, { name: 'kept 2', whole: 2 })
      .commit();
    expect(results).toEqual([
      { records: [{ whole: 1 }] },
      { numberOfRecordsUpdated: 1 },
      { transactionStatus: 'Transaction Committed' },
    ]);
    expect(await namesLike('kept %')).toEqual(['kept 1', 'kept 2']);
  });

  it('rolls a transaction back when a statement fails', async () => {
    const rollbacks: unknown[] = [];
    const failing = client
      .transaction()
      .query(INSERT, { name: 'lost', whole: 1 })
      .query(INSERT, { name: 'lost', whole: 2 })
      .rollback(({ name }, { transactionStatus }) => rollbacks.push([name, transactionStatus]))
      .commit();
    await expect(failing).rejects.toThrow(/^ERROR: duplicate key value .*SQLState: 23505$/);
    expect(rollbacks).toEqual([['DatabaseErrorException', 'Rollback Complete']]);
    expect(await namesLike('lost')).toEqual([]);
  });

  it('surfaces the name and text of an error', async () => {
    await expect(client.query('SELECT * FROM nowhere')).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message: 'ERROR: relation "nowhere" does not exist; Position: 15; SQLState: 42P01',
    });
  });
});
