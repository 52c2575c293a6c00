import { describe, expect, it } from 'vitest';
import { flightsExample } from '../../../../local/examples/flights-example.ts';
import { createChaosInput } from '../../../../local/chaos/chaos-input.ts';
import { createChaosPlan } from '../../../../local/chaos/create-chaos-plan.ts';
import { FAULTS } from '../../../../local/chaos/faults/fault-kind.ts';
import { createFaultTally, tallyPlan } from '../../../../local/chaos/faults/fault-tally.ts';

async function readFlights(): Promise<string[]> {
  const { backlog, events } = await flightsExample.input();
  const texts: string[] = [];
  for (const { data } of events()) if (texts.push(data) === backlog) break;
  return texts;
}

describe('a plan of chaos', () => {
  it('is the same for the same seed and another for another one', () => {
    expect(createChaosPlan(7)).toEqual(createChaosPlan(7));
    expect(createChaosPlan(8)).not.toEqual(createChaosPlan(7));
  });

  it('has every kind of fault in it sooner or later', async () => {
    const flights = await readFlights();
    const tally = createFaultTally();
    for (let seed = 0; seed < 400; seed += 1) {
      const plan = createChaosPlan(seed);
      tallyPlan(plan, createChaosInput(plan, flights), tally);
      const happening = [plan.callFaults, plan.invocationFaults, plan.streamFaults, plan.incidents].flat();
      for (const { kind } of happening) tally.add(kind);
    }
    expect(Object.keys(tally.counts()).sort()).toEqual(Object.keys(FAULTS).sort());
  });
});
