import { describe, expect, it } from 'vitest';
import { createChaosPlan } from '../../../../local/chaos/chaos-plan.ts';
import { FAULT_KINDS } from '../../../../local/chaos/faults/fault-kind.ts';

describe('a plan of chaos', () => {
  it('is the same for the same seed and another for another one', () => {
    expect(createChaosPlan(7)).toEqual(createChaosPlan(7));
    expect(createChaosPlan(8)).not.toEqual(createChaosPlan(7));
  });

  it('has every kind of fault in it sooner or later', () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 400; seed += 1) {
      const plan = createChaosPlan(seed);
      for (const { kind } of [...plan.poison, ...plan.callFaults, ...plan.invocationFaults, ...plan.streamFaults]) {
        kinds.add(kind);
      }
      if (plan.repeatedFlights.length > 0) kinds.add('duplicate-record');
      if (plan.quarantineFailures > 0) kinds.add('quarantine-failed');
    }
    expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
  });
});
