import { setTimeout } from 'node:timers/promises';
import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { long, openDataApi, refusalOf, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi({ maxTransactions: 8 });
  await world.execute('CREATE DATABASE other');
  await world.execute('CREATE TABLE kept (id int PRIMARY KEY)');
  await world.execute(
    'CREATE TABLE deferred (id int PRIMARY KEY, parent int REFERENCES kept DEFERRABLE INITIALLY DEFERRED)',
  );
});
afterAll(() => world.close());

const ABORTED =
  'ERROR: current transaction is aborted, commands ignored until end of transaction block; SQLState: 25P02';

async function count(id: number): Promise<number | undefined> {
  return (await world.firstRow('SELECT count(*) FROM kept WHERE id = :id', { id: long(id) }))[0]?.longValue;
}

function insert(id: number, transactionId: string) {
  return world.execute('INSERT INTO kept VALUES (:id)', { id: long(id) }, { transactionId });
}

function notFound(transactionId: string, cause: string) {
  return {
    name: 'TransactionNotFoundException',
    status: 404,
    message: `Transaction ${transactionId} is not found. ${cause}`,
  };
}

describe('the end of a transaction', () => {
  it('keeps what was committed', async () => {
    const transactionId = await world.begin();
    await insert(1, transactionId);
    expect(await count(1)).toBe(0);
    expect(await world.commit(transactionId)).toBe('Transaction Committed');
    expect(await count(1)).toBe(1);
  });

  it('drops what was rolled back', async () => {
    const transactionId = await world.begin();
    await insert(2, transactionId);
    expect(await world.rollback(transactionId)).toBe('Rollback Complete');
    expect(await count(2)).toBe(0);
  });

  it.each([
    ['commit', 'execute'],
    ['rollback', 'execute'],
    ['commit', 'commit'],
    ['rollback', 'rollback'],
  ] as const)('after %s, %s finds no transaction', async (end, next) => {
    const transactionId = await world.begin();
    await world[end](transactionId);
    const call = next === 'execute' ? insert(3, transactionId) : world[next](transactionId);
    expect(await refusalOf(call)).toEqual(
      notFound(transactionId, 'One previous call resulted in a termination of your transaction.'),
    );
  });

  it('of which nobody has heard', async () => {
    expect(await refusalOf(insert(3, 'unknown'))).toEqual(notFound('unknown', 'Transaction may be expired.'));
    expect(await refusalOf(world.commit('unknown'))).toMatchObject({
      name: 'TransactionNotFoundException',
      status: 404,
    });
    expect(await refusalOf(world.rollback('unknown'))).toMatchObject({
      name: 'TransactionNotFoundException',
      status: 404,
    });
  });

  it('fails with the constraint that was put off', async () => {
    const transactionId = await world.begin();
    await world.execute('INSERT INTO deferred VALUES (1, 404)', {}, { transactionId });
    const refusal = await refusalOf(world.commit(transactionId));
    expect(refusal.name).toBe('DatabaseErrorException');
    expect(refusal.message).toMatch(/SQLState: 23503$/);
    expect((await refusalOf(world.commit(transactionId))).name).toBe('TransactionNotFoundException');
  });
});

describe('ids', () => {
  it('are long base64 and all different', async () => {
    const ids = await Promise.all([world.begin(), world.begin()]);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9+/]{184}$/);
    expect(new Set(ids).size).toBe(2);
    await Promise.all(ids.map((id) => world.rollback(id)));
  });
});

describe('inside a transaction', () => {
  it('an error aborts it until it is rolled back', async () => {
    const transactionId = await world.begin();
    await insert(10, transactionId);
    expect((await refusalOf(world.execute('SELECT 1/0', {}, { transactionId }))).message).toMatch(/SQLState: 22012$/);
    const next = await refusalOf(world.execute('SELECT 1', {}, { transactionId }));
    expect(next).toEqual({ name: 'DatabaseErrorException', status: 400, message: ABORTED });
    expect(await world.rollback(transactionId)).toBe('Rollback Complete');
    expect(await count(10)).toBe(0);
  });

  it('the commit of an aborted one is called a success, and keeps nothing', async () => {
    const transactionId = await world.begin();
    await insert(11, transactionId);
    await refusalOf(world.execute('SELECT 1/0', {}, { transactionId }));
    expect(await world.commit(transactionId)).toBe('Transaction Committed');
    expect(await count(11)).toBe(0);
    expect(await refusalOf(world.commit(transactionId))).toEqual(
      notFound(transactionId, 'One previous call resulted in a termination of your transaction.'),
    );
  });

  it('a savepoint takes it back to before the error', async () => {
    const transactionId = await world.begin();
    await insert(12, transactionId);
    await world.execute('SAVEPOINT s', {}, { transactionId });
    await refusalOf(insert(12, transactionId));
    await world.execute('ROLLBACK TO SAVEPOINT s', {}, { transactionId });
    await insert(13, transactionId);
    await world.commit(transactionId);
    expect([await count(12), await count(13)]).toEqual([1, 1]);
  });

  it('the session keeps what is put into it', async () => {
    const transactionId = await world.begin();
    await world.execute('CREATE TEMP TABLE mine (id int)', {}, { transactionId });
    await world.execute('INSERT INTO mine VALUES (1), (2)', {}, { transactionId });
    await world.execute('DECLARE c CURSOR FOR SELECT id FROM mine ORDER BY id', {}, { transactionId });
    const { records } = await world.execute('FETCH 1 FROM c', {}, { transactionId });
    expect(records).toEqual([[long(1)]]);
    await world.rollback(transactionId);
  });

  it('a second statement at the same time is refused at once, and the first goes on', async () => {
    const transactionId = await world.begin();
    const slow = world.execute('SELECT 1 FROM (SELECT pg_sleep(1)) AS s', {}, { transactionId });
    const blocked = async () => (await refusalOf(world.execute('SELECT 1', {}, { transactionId }))).message;
    await expect.poll(blocked, { interval: 20 }).toBe('Transaction is still running a query');
    const refusal = await refusalOf(world.commit(transactionId));
    expect(refusal).toMatchObject({ name: 'DatabaseErrorException', status: 400 });
    expect((await slow).records).toEqual([[long(1)]]);
    await world.rollback(transactionId);
  });

  it('SQL that commits leaves it, and the next statement commits by itself', async () => {
    const transactionId = await world.begin();
    await insert(14, transactionId);
    await world.execute('COMMIT', {}, { transactionId });
    await insert(15, transactionId);
    expect(await world.rollback(transactionId)).toBe('Rollback Complete');
    expect([await count(14), await count(15)]).toEqual([1, 1]);
  });

  it('a batch belongs to it', async () => {
    const transactionId = await world.begin();
    await world.batch('INSERT INTO kept VALUES (:id)', [{ id: long(16) }, { id: long(17) }], { transactionId });
    await world.rollback(transactionId);
    expect([await count(16), await count(17)]).toEqual([0, 0]);
  });

  it('another database or secret is refused', async () => {
    const transactionId = await world.begin();
    expect((await refusalOf(world.execute('SELECT 1', {}, { transactionId, database: 'other' }))).name).toBe(
      'BadRequestException',
    );
    expect((await world.execute('SELECT 1', {}, { transactionId, database: 'postgres' })).records).toHaveLength(1);
    await world.rollback(transactionId);
  });

  it('its own database is the one it began in', async () => {
    const transactionId = await world.begin('other');
    expect(await world.firstRow('SELECT current_database()::text', {}, { transactionId })).toEqual([
      { stringValue: 'other' },
    ]);
    await world.rollback(transactionId);
  });
});

describe('lifetimes', () => {
  it('a transaction without a call for long enough is rolled back and gone', async () => {
    const brief = await openDataApi({ databaseUrl: world.postgres.url, transactionIdleMs: 400 });
    try {
      await brief.execute('CREATE TABLE expired (id int)');
      const transactionId = await brief.begin();
      await brief.execute('INSERT INTO expired VALUES (1)', {}, { transactionId });
      const open = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'";
      await expect.poll(() => brief.firstRow(open), { timeout: 10_000 }).toEqual([long(0)]);
      expect(await refusalOf(brief.commit(transactionId))).toEqual(
        notFound(transactionId, 'Transaction may be expired.'),
      );
      expect(await brief.firstRow('SELECT count(*) FROM expired')).toEqual([long(0)]);
    } finally {
      await brief.close();
    }
  });

  it('a transaction without any call is gone too', async () => {
    const brief = await openDataApi({ databaseUrl: world.postgres.url, transactionIdleMs: 300 });
    try {
      const transactionId = await brief.begin();
      await setTimeout(600);
      expect((await refusalOf(brief.commit(transactionId))).name).toBe('TransactionNotFoundException');
    } finally {
      await brief.close();
    }
  });

  it('an old transaction ends after the statement that runs', async () => {
    const brief = await openDataApi({ databaseUrl: world.postgres.url, transactionMaxMs: 500 });
    try {
      const transactionId = await brief.begin();
      await brief.execute('CREATE TABLE young AS SELECT 1 AS id', {}, { transactionId });
      const sql = 'SELECT id FROM young, (SELECT pg_sleep(0.8)) AS s';
      const { columnMetadata } = await brief.execute(sql, {}, { transactionId, includeResultMetadata: true });
      expect(columnMetadata).toMatchObject([{ tableName: 'young' }]);
      expect((await refusalOf(brief.commit(transactionId))).name).toBe('TransactionNotFoundException');
    } finally {
      await brief.close();
    }
  });

  it('a transaction whose session breaks is gone', async () => {
    const transactionId = await world.begin();
    const [pid] = await world.firstRow('SELECT pg_backend_pid()', {}, { transactionId });
    await world.execute('SELECT pg_terminate_backend(:pid::int)', { pid: pid! });
    const next = async () => (await refusalOf(insert(20, transactionId))).name;
    await expect.poll(next).toBe('TransactionNotFoundException');
    expect(await world.firstRow('SELECT 1')).toEqual([long(1)]);
  });
});

describe('many clients', () => {
  it('share a bounded number of sessions and all get their answer', async () => {
    const work = async (n: number) => {
      const id = 1_000 + n;
      const transactionId = await world.begin();
      await insert(id, transactionId);
      await (n % 2 === 0 ? world.commit(transactionId) : world.rollback(transactionId));
      const command = new ExecuteStatementCommand({ ...world.target, sql: `SELECT ${id}` });
      return (await world.client.send(command)).records?.[0]?.[0]?.longValue;
    };
    const answers = await Promise.all(Array.from({ length: 48 }, (_, n) => work(n)));
    expect(answers).toEqual(Array.from({ length: 48 }, (_, n) => 1_000 + n));
    expect(await world.firstRow('SELECT count(*) FROM kept WHERE id >= 1000')).toEqual([long(24)]);
    const sessions = "SELECT count(*) <= 38 FROM pg_stat_activity WHERE application_name = 'local-data-api'";
    expect(await world.firstRow(sessions)).toEqual([{ booleanValue: true }]);
  });
});
