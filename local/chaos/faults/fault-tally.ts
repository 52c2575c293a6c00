import type { FaultKind } from './fault-kind.ts';

/** Counts the faults that really happened: a planned one does not when the run is over before its turn. */
export interface FaultTally {
  readonly add: (kind: FaultKind, count?: number) => void;
  readonly counts: () => Readonly<Partial<Record<FaultKind, number>>>;
}

/** Creates an empty tally. */
export function createFaultTally(): FaultTally {
  const counts: Partial<Record<FaultKind, number>> = {};
  return {
    add: (kind, count = 1) => {
      if (count > 0) counts[kind] = (counts[kind] ?? 0) + count;
    },
    counts: () => ({ ...counts }),
  };
}
