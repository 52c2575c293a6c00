import type { MappingFault, MappingFaults } from '../../mapping/mapping-fault.ts';
import type { PlannedInvocationFault } from '../chaos-plan.ts';
import type { InvocationFaultKind } from './fault-kind.ts';
import type { FaultTally } from './fault-tally.ts';

const FAULTS: Readonly<Record<InvocationFaultKind, MappingFault>> = {
  'environment-killed-before': { kind: 'killed-environment', moment: 'before-handler' },
  'environment-killed-after': { kind: 'killed-environment', moment: 'after-handler' },
  'environment-out-of-memory': { kind: 'out-of-memory', moment: 'after-handler' },
  'duplicate-delivery': { kind: 'duplicate-delivery' },
};

/**
 * Makes a plan's invocation faults happen: the nth invocation meets its fault.
 *
 * @param planned of the run
 * @param tally hears of what happened
 */
export function createInvocationFaults(planned: readonly PlannedInvocationFault[], tally: FaultTally): MappingFaults {
  let invocations = 0;
  return () => {
    const nth = invocations;
    invocations += 1;
    const fault = planned.find((candidate) => candidate.nth === nth);
    if (fault === undefined) return undefined;
    tally.add(fault.kind);
    return FAULTS[fault.kind];
  };
}
