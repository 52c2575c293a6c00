import { describe, expect, it } from 'vitest';
import type { Arena } from '../../../bench/arena.ts';
import { VerificationError } from '../../../bench/arena.ts';
import { rateOf, runSeries } from '../../../bench/run-series.ts';
import type { Scale, Series, ThroughputScenario } from '../../../bench/scenario.ts';

const SCALE: Scale = { isQuick: true, rounds: 4, events: 100, slowEvents: { atOnce: 1, withLatency: 1 } };

/** An arena whose tables are right, or what `verify` says. */
function fakeArena(happened: string[], verify: () => Promise<void> = () => Promise.resolve()): Arena {
  const reset = () => {
    happened.push('reset');
    return Promise.resolve();
  };
  return { reset, verify } as unknown as Arena;
}

function fakeSeries(id: string, happened: string[], rest: Partial<Series> = {}): Series {
  const run = () => {
    happened.push(id);
    return Promise.resolve({ events: 100, seconds: 2, calls: 5, progress: [] });
  };
  return { id, says: '', latencyMs: 0, verified: [], run, ...rest };
}

function scenario(series: readonly Series[], happened: string[]): ThroughputScenario {
  const close = () => {
    happened.push('close');
    return Promise.resolve();
  };
  return { kind: 'throughput', name: 'fake', says: '', open: () => Promise.resolve({ series, close }) };
}

describe('runSeries', () => {
  it('runs the series in turns, every other round backwards, on empty tables', async () => {
    const happened: string[] = [];
    const [a, b] = [fakeSeries('a', happened), fakeSeries('b', happened)];
    const scale = { ...SCALE, rounds: 2 };
    await runSeries([scenario([a, b], happened)], { arena: fakeArena(happened), scale }, () => undefined);
    const runs = ['reset', 'a', 'reset', 'b', 'reset', 'b', 'reset', 'a'];
    expect(happened).toEqual(['reset', ...runs, 'close']);
  });

  it('gives events per second and calls per 1,000 events of each round', async () => {
    const [result] = await runSeries(
      [scenario([fakeSeries('a', [])], [])],
      { arena: fakeArena([]), scale: SCALE },
      () => undefined,
    );
    expect(result).toMatchObject({ rates: [50, 50, 50, 50], callsPer1000: [50, 50, 50, 50], failure: undefined });
  });

  it('lets a series rest after the rounds it asks for', async () => {
    const series = [fakeSeries('a', []), fakeSeries('b', [], { maxRounds: 3 })];
    const results = await runSeries([scenario(series, [])], { arena: fakeArena([]), scale: SCALE }, () => undefined);
    expect(results.map(({ rates }) => rates.length)).toEqual([4, 3]);
  });

  it('gives no rate for a series of which one run was wrong, however fast it was', async () => {
    let runs = 0;
    const verify = () => (++runs === 2 ? Promise.reject(new VerificationError('one row too many')) : Promise.resolve());
    const arena = fakeArena([], verify);
    const [result] = await runSeries([scenario([fakeSeries('a', [])], [])], { arena, scale: SCALE }, () => undefined);
    expect(result?.failure).toBe('one row too many');
    expect(result && rateOf(result)).toBeUndefined();
    expect(runs).toBe(2);
  });

  it('makes a run again that a function ended with an error, says so, and gives up after the third attempt', async () => {
    let runs = 0;
    const failing = (failures: number): Partial<Series> => ({
      run: () =>
        ++runs <= failures
          ? Promise.reject(new Error('a batch did not succeed'))
          : Promise.resolve({ events: 100, seconds: 2, calls: 5, progress: [] }),
    });
    const measure = (failures: number) =>
      runSeries(
        [scenario([fakeSeries('a', [], failing(failures))], [])],
        { arena: fakeArena([]), scale: { ...SCALE, rounds: 1 } },
        () => undefined,
      );
    const reason = 'a batch did not succeed';
    expect(await measure(2)).toMatchObject([{ rates: [50], failure: undefined, interruptions: [reason, reason] }]);
    runs = 0;
    expect(await measure(3)).toMatchObject([{ rates: [], failure: reason }]);
  });

  it('ends what a scenario opened when a later one can not be opened', async () => {
    const happened: string[] = [];
    const broken: ThroughputScenario = {
      ...scenario([], []),
      open: () => Promise.reject(new Error('no bundle')),
    };
    const running = runSeries(
      [scenario([], happened), broken],
      { arena: fakeArena([]), scale: SCALE },
      () => undefined,
    );
    await expect(running).rejects.toThrow('no bundle');
    expect(happened).toEqual(['close']);
  });
});
