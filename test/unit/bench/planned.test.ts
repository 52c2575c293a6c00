import { describe, expect, it } from 'vitest';
import { greatestError, SETTINGS, steadyRate, type PlannedRun } from '../../../bench/scenarios/planned.ts';

/** Two rounds of all settings, in which a plan is right unless something else is said. */
function runs(change: (run: PlannedRun, index: number) => Partial<PlannedRun>): readonly PlannedRun[] {
  return [1, 2].flatMap(() =>
    SETTINGS.map((setting, index) => {
      const run = { setting, seconds: 10, plannedSeconds: 10, unsteadiness: 0.05 };
      return { ...run, ...change(run, index) };
    }),
  );
}

describe('the error of plans', () => {
  it('is that of the setting whose plan was the worst, too long or too short', () => {
    expect(greatestError(runs((_, index) => (index === 3 ? { plannedSeconds: 8 } : {})))).toBeCloseTo(0.2);
    expect(greatestError(runs((_, index) => (index === 3 ? { plannedSeconds: 12 } : {})))).toBeCloseTo(0.2);
    expect(SETTINGS.length).toBeGreaterThanOrEqual(6);
  });

  it('is not given when the machine did something else before a setting than after it', () => {
    const busy = runs((_, index) => (index === 3 ? { plannedSeconds: 20, unsteadiness: 0.11 } : {}));
    expect(greatestError(busy)).toMatchObject({ refused: expect.stringContaining('1 of 8 settings') as string });
    let round = 0;
    const once = runs((_, index) => (index === 3 && round++ === 0 ? { plannedSeconds: 20, unsteadiness: 0.11 } : {}));
    expect(greatestError(once)).toBeCloseTo(0);
  });
});

describe('what a machine can do', () => {
  it('is told neither by the first batches of a drain nor by its last', () => {
    const progress = [
      { seconds: 5, done: 5 },
      { seconds: 6, done: 10 },
      { seconds: 7, done: 50 },
      { seconds: 8, done: 80 },
      { seconds: 20, done: 100 },
    ];
    expect(steadyRate({ progress, events: 100 })).toBe(35);
    expect(() => steadyRate({ progress: progress.slice(4), events: 100 })).toThrow('several batches');
  });
});
