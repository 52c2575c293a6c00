import { describe, expect, it } from 'vitest';
import { DatabaseError } from '../../../data-api/classify-error.ts';
import { inTransaction } from '../../../data-api/transaction.ts';
import { fakeDataApiClient, ServiceError } from '../../support/fake-data-api-client.ts';

/** Runs `SELECT 1` and returns its rows, while the calls named fail; notes what is called, in which transaction. */
async function transact({ commit = true, failing = [] as readonly string[] } = {}) {
  const calls: string[] = [];
  const client = fakeDataApiClient(({ label, transactionId }) => {
    calls.push(`${label} ${transactionId ?? ''}`.trim());
    if (failing.includes(label)) throw new ServiceError('BadRequestException', `no ${label}`);
    return label === 'BEGIN' ? { transactionId: 'tx' } : { records: [[{ longValue: 1 }]] };
  });
  const connection = { client, clusterArn: 'arn:cluster', secretArn: 'arn:secret', database: 'db' };
  const outcome: unknown = await inTransaction(connection, async (execute) => {
    const { rows } = await execute('SELECT 1');
    return { commit, result: rows };
  }).catch((error: unknown) => error);
  return { outcome, calls };
}

describe('a transaction', () => {
  it('runs its statements under its id, and commits', async () => {
    expect(await transact()).toEqual({
      outcome: [[{ longValue: 1 }]],
      calls: ['BEGIN', 'SELECT 1 tx', 'COMMIT tx'],
    });
  });

  it('is rolled back when the work says so', async () => {
    expect(await transact({ commit: false })).toEqual({
      outcome: [[{ longValue: 1 }]],
      calls: ['BEGIN', 'SELECT 1 tx', 'ROLLBACK tx'],
    });
  });

  it.each([
    { failing: ['BEGIN'], calls: ['BEGIN'] },
    { failing: ['SELECT 1'], calls: ['BEGIN', 'SELECT 1 tx', 'ROLLBACK tx'] },
    { failing: ['COMMIT'], calls: ['BEGIN', 'SELECT 1 tx', 'COMMIT tx', 'ROLLBACK tx'] },
    { failing: ['SELECT 1', 'ROLLBACK'], calls: ['BEGIN', 'SELECT 1 tx', 'ROLLBACK tx'] },
  ])('passes on the first error, classified, when $failing fail', async ({ failing, calls }) => {
    const { outcome, calls: made } = await transact({ failing });
    expect(outcome).toBeInstanceOf(DatabaseError);
    expect(outcome).toMatchObject({ kind: 'configuration', message: `BadRequestException: no ${failing[0] ?? ''}` });
    expect(made).toEqual(calls);
  });
});
