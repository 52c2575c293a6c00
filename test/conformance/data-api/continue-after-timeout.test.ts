import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { long, openDataApi, refusalOf, string, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi({ statementTimeoutMs: 1_000 });
  await world.execute('CREATE TABLE finished (n int)');
});
beforeEach(() => world.execute('TRUNCATE finished'));
afterAll(() => world.close());

/** Statements that wait until the test lets them go on. */
const WAITING = 'INSERT INTO finished SELECT 1 FROM (SELECT pg_advisory_xact_lock(1)) AS s';
const FAILING = 'SELECT 1 / n FROM (SELECT 0 AS n, pg_advisory_xact_lock(1)) AS s';
const CONTINUES = { continueAfterTimeout: true };
const OUT_OF_TIME = { name: 'StatementTimeoutException', status: 400, message: 'Request timed out' };

/** Keeps waiting statements waiting until the function that it returns is called. */
async function holdBack(): Promise<() => Promise<unknown>> {
  const holder = await world.begin();
  await world.execute('SELECT pg_advisory_xact_lock(1)', {}, { transactionId: holder });
  return () => world.rollback(holder);
}

/** Runs `work` in a transaction that is rolled back afterwards. */
async function inTransaction(work: (transactionId: string) => Promise<void>): Promise<void> {
  const transactionId = await world.begin();
  try {
    await work(transactionId);
  } finally {
    await world.rollback(transactionId);
  }
}

describe('outside a transaction', () => {
  it('the statement timeout is 0 in a call that continues, and again what it was in the next', async () => {
    expect(await world.firstRow('SHOW statement_timeout', {}, CONTINUES)).toEqual([string('0')]);
    expect(await world.firstRow('SHOW statement_timeout')).toEqual([string('1s')]);
  });

  it('the call ends, and the statement goes on', async () => {
    const letGo = await holdBack();
    expect(await refusalOf(world.execute(WAITING, {}, CONTINUES))).toEqual(OUT_OF_TIME);
    const rows = () => world.firstRow('SELECT count(*) FROM finished');
    expect(await rows()).toEqual([long(0)]);
    await letGo();
    await expect.poll(rows, { timeout: 10_000 }).toEqual([long(1)]);
  });
});

describe('in a transaction', () => {
  it('a quick statement is answered as usual', async () => {
    await inTransaction(async (transactionId) => {
      expect(await world.firstRow('SELECT 1', {}, { ...CONTINUES, transactionId })).toEqual([long(1)]);
    });
  });

  it('the call ends, the statement goes on, and the transaction counts what it did', async () => {
    const letGo = await holdBack();
    const transactionId = await world.begin();
    expect(await refusalOf(world.execute(WAITING, {}, { ...CONTINUES, transactionId }))).toEqual(OUT_OF_TIME);
    const busy = { name: 'DatabaseErrorException', status: 400, message: 'Transaction is still running a query' };
    expect(await refusalOf(world.execute('SELECT 1', {}, { transactionId }))).toEqual(busy);
    expect(await refusalOf(world.commit(transactionId))).toEqual(busy);
    await letGo();
    const next = async () => (await refusalOf(world.execute('SELECT 1', {}, { transactionId }))).message;
    await expect.poll(next, { timeout: 10_000 }).not.toBe(busy.message);
    expect(await world.firstRow('SELECT count(*) FROM finished', {}, { transactionId })).toEqual([long(1)]);
    expect(await world.commit(transactionId)).toBe('Transaction Committed');
    expect(await world.firstRow('SELECT count(*) FROM finished')).toEqual([long(1)]);
  });

  it('the next call without the flag is limited again', async () => {
    await inTransaction(async (transactionId) => {
      await world.execute('SELECT 1', {}, { ...CONTINUES, transactionId });
      const letGo = await holdBack();
      expect(await refusalOf(world.execute(WAITING, {}, { transactionId }))).toMatchObject({
        name: 'StatementTimeoutException',
        message: 'canceling statement due to statement timeout',
      });
      await letGo();
      expect((await refusalOf(world.execute('SELECT 1', {}, { transactionId }))).message).toMatch(/SQLState: 25P02$/);
    });
  });

  it('so is a batch', async () => {
    await inTransaction(async (transactionId) => {
      await world.execute('SELECT 1', {}, { ...CONTINUES, transactionId });
      const letGo = await holdBack();
      const refusal = await refusalOf(world.batch(WAITING, [{}], { transactionId }));
      await letGo();
      expect(refusal.name).toBe('StatementTimeoutException');
    });
  });

  it('also after a result that could not be returned', async () => {
    await inTransaction(async (transactionId) => {
      const call = world.execute("SELECT '1 day'::interval", {}, { ...CONTINUES, transactionId });
      expect((await refusalOf(call)).name).toBe('UnsupportedResultException');
      expect(await world.firstRow('SHOW statement_timeout', {}, { transactionId })).toEqual([string('1s')]);
    });
  });

  it('an error of the statement aborts the transaction, also after the call has ended', async () => {
    await inTransaction(async (transactionId) => {
      const letGo = await holdBack();
      expect(await refusalOf(world.execute(FAILING, {}, { ...CONTINUES, transactionId }))).toEqual(OUT_OF_TIME);
      await letGo();
      const next = async () => (await refusalOf(world.execute('SELECT 1', {}, { transactionId }))).message;
      await expect.poll(next, { timeout: 10_000 }).toMatch(/SQLState: 25P02$/);
    });
  });

  it('a savepoint takes it back to before the error, and the limit holds afterwards', async () => {
    await inTransaction(async (transactionId) => {
      const extras = { ...CONTINUES, transactionId };
      await world.execute('SAVEPOINT s', {}, extras);
      await refusalOf(world.execute('SELECT 1/0', {}, extras));
      await world.execute('ROLLBACK TO SAVEPOINT s', {}, extras);
      expect(await world.firstRow('SHOW statement_timeout', {}, { transactionId })).toEqual([string('1s')]);
    });
  });

  it('the limit holds after a savepoint that was set while it was lifted', async () => {
    await inTransaction(async (transactionId) => {
      await world.execute('SAVEPOINT s', {}, { ...CONTINUES, transactionId });
      await refusalOf(world.execute('SELECT 1/0', {}, { transactionId }));
      await world.execute('ROLLBACK TO SAVEPOINT s', {}, { transactionId });
      expect(await world.firstRow('SHOW statement_timeout', {}, { transactionId })).toEqual([string('1s')]);
    });
  });

  it.each([{}, CONTINUES])('a limit that SQL has set stays, set with %o', async (extras) => {
    await inTransaction(async (transactionId) => {
      await world.execute("SET LOCAL statement_timeout = '300ms'", {}, { ...extras, transactionId });
      await world.execute('SELECT 1', {}, { ...CONTINUES, transactionId });
      expect(await world.firstRow('SHOW statement_timeout', {}, { transactionId })).toEqual([string('300ms')]);
    });
  });

  it('leaves the choice of an isolation level open', async () => {
    await inTransaction(async (transactionId) => {
      const extras = { ...CONTINUES, transactionId };
      await world.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', {}, extras);
      expect(await world.firstRow('SHOW transaction_isolation', {}, extras)).toEqual([string('repeatable read')]);
    });
  });
});
