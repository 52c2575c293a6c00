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

/** Played by `npm run drill -- --live` alone: they take longest, and what they need beyond the others has tests of its own. */
const LEFT_OUT = new Set(['stopped-and-caught-up', 'reshard', 'sick-beside-healthy']);

test.each(LIVE_SCENARIOS.map((live) => [live.scenario.name, live] as const).filter(([name]) => !LEFT_OUT.has(name)))(
  '%s pages as it must with the real watchdog, and as it does when it is simulated',
  async (_, live) => {
    const { notPlayed, faults } = await drill.drill(live);
    expect({ notPlayed, faults: faults.map(({ sentence }) => sentence) }).toEqual({ notPlayed: undefined, faults: [] });
  },
);
