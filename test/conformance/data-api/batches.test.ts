import { BatchExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hinted, long, NULL, openDataApi, refusalOf, string, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi();
  await world.execute('CREATE TABLE batched (id int PRIMARY KEY, note text)');
});
beforeEach(() => world.execute('TRUNCATE batched'));
afterAll(() => world.close());

const INSERT = 'INSERT INTO batched (id, note) VALUES (:id, :note)';

function set(id: number, note = 'n') {
  return { id: long(id), note: string(note) };
}

async function ids(): Promise<readonly (number | undefined)[]> {
  const { records } = await world.execute('SELECT id FROM batched ORDER BY id');
  return (records ?? []).map(([id]) => id?.longValue);
}

describe('BatchExecuteStatement', () => {
  it('runs once per parameter set and answers once per set, with nothing in it', async () => {
    const command = new BatchExecuteStatementCommand({
      ...world.target,
      sql: `${INSERT} RETURNING id`,
      parameterSets: [1, 2, 3].map((id) => [
        { name: 'id', value: long(id) },
        { name: 'note', value: string('n') },
      ]),
    });
    expect((await world.client.send(command)).updateResults).toEqual([
      { generatedFields: [] },
      { generatedFields: [] },
      { generatedFields: [] },
    ]);
    expect(await ids()).toEqual([1, 2, 3]);
  });

  it('runs nothing without a parameter set, and once with an empty one', async () => {
    const sql = "INSERT INTO batched VALUES (1, 'x')";
    expect(await world.batch(sql, [])).toBe(0);
    expect(await ids()).toEqual([]);
    expect(await world.batch(sql, [{}])).toBe(1);
    expect(await ids()).toEqual([1]);
  });

  it('takes sets whose values differ in type', async () => {
    expect(await world.batch(INSERT, [set(1), { id: long(2), note: NULL }, set(3)])).toBe(3);
    expect(await world.firstRow('SELECT count(*) FROM batched WHERE note IS NULL')).toEqual([long(1)]);
  });

  it('declares the types of each set anew', async () => {
    const sql = 'INSERT INTO batched (id, note) VALUES (:id, pg_typeof(:v)::text)';
    const values = [{ v: string('1') }, { v: long(1) }, { v: { booleanValue: true } }, { v: string('1') }];
    expect(
      await world.batch(
        sql,
        values.map((value, id) => ({ id: long(id), ...value })),
      ),
    ).toBe(4);
    const { records } = await world.execute('SELECT note FROM batched ORDER BY id');
    expect(records).toEqual([[string('text')], [string('bigint')], [string('boolean')], [string('text')]]);
  });

  it('cannot tell a row that was skipped', async () => {
    expect(await world.batch(`${INSERT} ON CONFLICT DO NOTHING`, [set(1), set(1)])).toBe(2);
    expect(await ids()).toEqual([1]);
  });

  it('ends at the first error, and the sets before it are committed', async () => {
    const refusal = await refusalOf(world.batch(INSERT, [set(1), set(2), set(2), set(3)]));
    expect(refusal).toMatchObject({ name: 'DatabaseErrorException', status: 400 });
    expect(refusal.message).toMatch(/SQLState: 23505$/);
    expect(await ids()).toEqual([1, 2]);
  });

  it('with a malformed value runs no set at all', async () => {
    const sets = [set(1), [{ name: 'id', value: long(2) }, hinted('note', 'DATE', string('tomorrow'))]];
    expect((await refusalOf(world.batch(INSERT, sets))).name).toBe('DatabaseErrorException');
    expect(await ids()).toEqual([]);
  });

  it('inside a transaction an error takes all of it', async () => {
    const transactionId = await world.begin();
    await refusalOf(world.batch(INSERT, [set(1), set(1)], { transactionId }));
    await world.rollback(transactionId);
    expect(await ids()).toEqual([]);
  });

  it('refuses several statements', async () => {
    expect(await refusalOf(world.batch('SELECT 1; SELECT 2', [{}]))).toMatchObject({
      name: 'ValidationException',
      message: "Multistatements aren't supported.",
    });
  });

  it('runs a thousand sets', async () => {
    expect(
      await world.batch(
        INSERT,
        Array.from({ length: 1_000 }, (_, id) => set(id)),
      ),
    ).toBe(1_000);
    expect(await world.firstRow('SELECT count(*), sum(id) FROM batched')).toEqual([long(1_000), long(499_500)]);
  });
});
