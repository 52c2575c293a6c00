import { describe, expect, it } from 'vitest';
import type { Calls } from '../../../processor/call-with-retry.ts';
import { callWithRetry, HoldError } from '../../../processor/call-with-retry.ts';
import { DatabaseError } from '../../../data-api/classify-error.ts';
import { databaseError } from '../../support/database-error.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Makes calls that fail as scripted, each taking a while, and then succeed. */
function scripted(errors: readonly unknown[], options: { budgetMs?: number; callMs?: number; random?: number } = {}) {
  const { budgetMs = 60_000, callMs = 0, random = 0.5 } = options;
  const clock = new FakeClock({ random: () => random });
  const calls: Calls = { clock, budgetMs: clock.budget(budgetMs), tally: { calls: 0, errors: 0 } };
  const timeouts: number[] = [];
  const script = [...errors];
  const result = callWithRetry(({ timeoutMs }) => {
    timeouts.push(timeoutMs);
    clock.advance(callMs);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a script may hold anything
    return script.length > 0 ? Promise.reject(script.shift()) : Promise.resolve('done');
  }, calls);
  return { result, clock, calls, timeouts };
}

const transient = databaseError('transient', '40P01');

describe('a call that fails', () => {
  it('is made again while the failure passes or its outcome is unknown', async () => {
    const { result, clock, calls } = scripted([transient, databaseError('unknown'), transient]);
    expect(await result).toBe('done');
    expect(calls.tally).toEqual({ calls: 4, errors: 3 });
    expect(clock.sleeps).toEqual([50, 100, 200]);
  });

  it.each(['rejection', 'too-large'] as const)('as a %s is the business of the caller', async (kind) => {
    const error = databaseError(kind, '22007');
    const { result, calls } = scripted([error]);
    await expect(result).rejects.toBe(error);
    expect(calls.tally).toEqual({ calls: 1, errors: 1 });
  });

  it('for want of configuration holds the position at once', async () => {
    const { result, calls, clock } = scripted([databaseError('configuration', '42P01')]);
    await expect(result).rejects.toMatchObject({
      reason: 'configuration',
      message: expect.stringContaining('42P01') as string,
    });
    expect([calls.tally.calls, clock.sleeps]).toEqual([1, []]);
  });

  it('with a bug throws the bug', async () => {
    const bug = new TypeError('bug');
    await expect(scripted([bug]).result).rejects.toBe(bug);
    await expect(scripted(['text']).result).rejects.toBe('text');
  });
});

describe('the budget', () => {
  it('ends the attempts with a hold that names the cause', async () => {
    const endless = Array.from({ length: 1000 }, () => transient);
    const { result, clock, calls } = scripted(endless, { budgetMs: 10_000, random: 0.999 });
    const error: unknown = await result.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HoldError);
    expect(error).toMatchObject({ reason: 'transient', cause: transient });
    expect(calls.budgetMs()).toBeGreaterThanOrEqual(200);
    expect(calls.tally.calls).toBe(clock.sleeps.length + 1);
  });

  it('is never slept away, whatever the call takes and the dice say', async () => {
    for (const random of [0, 0.3, 0.999]) {
      for (const budgetMs of [200, 450, 1_000, 7_777]) {
        const endless = Array.from({ length: 1000 }, () => transient);
        const { result, calls, timeouts } = scripted(endless, { budgetMs, callMs: 40, random });
        await expect(result).rejects.toBeInstanceOf(HoldError);
        expect(calls.budgetMs()).toBeGreaterThanOrEqual(0);
        for (const timeoutMs of timeouts) expect(timeoutMs).toBeLessThanOrEqual(budgetMs);
      }
    }
  });

  it('must leave 200 ms for the call after a wait, or the wait is left to the mapping', async () => {
    const short = scripted([transient], { budgetMs: 249 });
    await expect(short.result).rejects.toMatchObject({ reason: 'transient' });
    expect(short.clock.sleeps).toEqual([]);
    const enough = scripted([transient], { budgetMs: 250 });
    expect(await enough.result).toBe('done');
    expect(enough.clock.sleeps).toEqual([50]);
  });

  it('must leave 200 ms for a call, or none is made', async () => {
    const late = scripted([], { budgetMs: 199 });
    await expect(late.result).rejects.toMatchObject({ reason: 'deadline' });
    expect(late.calls.tally.calls).toBe(0);
    expect(await scripted([], { budgetMs: 200 }).result).toBe('done');
  });

  it('bounds the time of a call, and so does what the service gives a statement', async () => {
    const { result, timeouts } = scripted([transient], { budgetMs: 47_060, callMs: 10, random: 0.5 });
    await result;
    expect(timeouts).toEqual([47_000, 47_000]);
    const short = scripted([transient], { budgetMs: 1_000, callMs: 10 });
    await short.result;
    expect(short.timeouts).toEqual([1_000, 940]);
  });
});

describe('the headline of a failure', () => {
  const headline = (kind: 'rejection' | 'configuration', message: string) =>
    new DatabaseError(message, { kind, code: 'DatabaseErrorException', sqlState: '23502', cause: undefined }).headline;

  it('leaves out details and places, which quote rows, in either rendering', () => {
    expect(headline('configuration', 'ERROR: no table; Detail: secret; SQLState: 42P01')).toBe('ERROR: no table');
    expect(headline('configuration', 'ERROR: no table\n  Where: secret; SQLState: 42P01')).toBe('ERROR: no table');
    expect(headline('configuration', 'ERROR: x; Hint: cast; SQLState: 42883')).toBe(
      'ERROR: x; Hint: cast; SQLState: 42883',
    );
  });

  it('leaves out the value that the database refused', () => {
    expect(headline('rejection', 'ERROR: invalid input syntax for type date: "secret"; SQLState: 22007')).toBe(
      'DatabaseErrorException with SQLSTATE 23502',
    );
  });
});
