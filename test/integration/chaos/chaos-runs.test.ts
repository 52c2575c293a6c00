import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChaosPlan, type ChaosProfile } from '../../../local/chaos/create-chaos-plan.ts';
import { startChaosPlayground, type ChaosPlayground } from '../../../local/chaos/start-chaos-playground.ts';

let playground: ChaosPlayground;

beforeAll(async () => {
  playground = await startChaosPlayground();
});

afterAll(() => playground.close());

describe('runs of chaos', () => {
  it.each([1000, 1001, 1002, 1003, 1004])(
    'end clean: every event is exactly once in effect or set aside, whatever went wrong (seed %i)',
    async (seed) => {
      const { violations } = await playground.run(createChaosPlan(seed));
      expect(violations).toEqual([]);
    },
  );

  it('end clean on the Kinesis emulator', async () => {
    const { source, violations } = await playground.run(createChaosPlan(1005, { source: 'kinesis' }));
    expect({ source, violations }).toEqual({ source: 'kinesis', violations: [] });
  });

  it.each<[ChaosProfile, string]>([
    ['versions', 'NULL, equal versions and counters'],
    ['poison', 'all poison there is'],
    ['bad-deploy', 'a build that rejects everything'],
    ['missing-grant', 'a missing grant'],
    ['killers', 'records that end the process'],
  ])('end clean when drawn for %s: %s', async (profile) => {
    const { violations } = await playground.run(createChaosPlan(7, { profile }));
    expect(violations).toEqual([]);
  });
});
