import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { describe, expect, it } from 'vitest';
import { createPatientExecute, GaveUpWaitingError } from '../../../data-api/retry-transient.ts';
import { fakeDataApiClient, ServiceError } from '../../support/fake-data-api-client.ts';

const TARGET = { clusterArn: 'arn:cluster', secretArn: 'arn:secret', database: 'db' };

/** Runs `SELECT 1` against answers in turn, of which the last stays, and notes calls and waits. */
async function execute(answers: readonly (Error | object)[], maxWaitMs = 60_000) {
  const waits: number[] = [];
  let [clock, calls] = [0, 0];
  const client = fakeDataApiClient(() => {
    const answer = answers[Math.min(calls, answers.length - 1)] ?? {};
    calls += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const run = createPatientExecute(
    { client, ...TARGET },
    {
      timeoutMs: 5_000,
      maxWaitMs,
      now: () => clock,
      sleep: (ms) => {
        clock += ms;
        waits.push(ms);
        return Promise.resolve();
      },
    },
  );
  const outcome: unknown = await run('SELECT 1').catch((error: unknown) => error);
  return { outcome, calls, waits };
}

const DONE = { numberOfRecordsUpdated: 3 };

describe('a statement that may be repeated', () => {
  it.each<[string, Error]>([
    ['a database that wakes up', new ServiceError('DatabaseResumingException')],
    ['a deadlock', new ServiceError('DatabaseErrorException', 'ERROR: deadlock; SQLState: 40P01')],
    ['an outcome that nobody knows', new ServiceError('InternalServerErrorException')],
    ['a lost connection', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
  ])('is repeated after %s', async (_, error) => {
    expect(await execute([error, error, DONE])).toEqual({
      outcome: { rows: [], updated: 3 },
      calls: 3,
      waits: [500, 1_000],
    });
  });

  it.each([
    ['a mistake in the SQL', new ServiceError('DatabaseErrorException', 'ERROR: no; SQLState: 42601')],
    ['a value that the database refuses', new ServiceError('DatabaseErrorException', 'ERROR: no; SQLState: 23505')],
    ['a statement that takes too long', new ServiceError('StatementTimeoutException')],
    ['missing permission', new ServiceError('AccessDeniedException')],
  ])('is not repeated after %s', async (_, error) => {
    const { outcome, calls } = await execute([error, DONE]);
    expect(outcome).toMatchObject({ name: 'DatabaseError', code: error.name });
    expect(calls).toBe(1);
  });

  it('waits longer each time, and gives up with the last error when the time is up', async () => {
    const { outcome, waits } = await execute([new ServiceError('DatabaseResumingException', 'resuming')], 30_000);
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
    expect(outcome).toBeInstanceOf(GaveUpWaitingError);
    expect(outcome).toHaveProperty(
      'message',
      'the database was not ready within 30 s; last: DatabaseResumingException: resuming',
    );
  });

  it('is not repeated when the client refuses to send it', async () => {
    let asked = 0;
    const client = new RDSDataClient({
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: () => {
        asked += 1;
        return Promise.reject(new Error('no credentials'));
      },
    });
    const run = createPatientExecute({ client, ...TARGET }, { timeoutMs: 5_000, maxWaitMs: 60_000 });
    await expect(run('SELECT 1')).rejects.toThrow('no credentials');
    expect(asked).toBe(1);
  });
});
