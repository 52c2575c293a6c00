import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LiveDrill } from '../../../drills/live/drill-live.ts';
import { LIVE_SCENARIOS } from '../../../drills/live/live-scenarios.ts';

// A scenario takes a few seconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let drill: LiveDrill;

beforeAll(async () => {
  drill = await LiveDrill.start();
});

afterAll(() => drill[Symbol.asyncDispose]());

test.each(LIVE_SCENARIOS.map((live) => [live.scenario.name, live] as const))(
  '%s pages as it must with the real watchdog, and as it does when it is simulated',
  async (_, live) => {
    const { notPlayed, faults } = await drill.drill(live);
    expect({ notPlayed, faults: faults.map(({ sentence }) => sentence) }).toEqual({ notPlayed: undefined, faults: [] });
  },
);
