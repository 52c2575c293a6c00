import { FRAMEWORK_TABLES } from '../../../contract/framework-tables.ts';
import type { Fault, FaultCall, FaultDecider } from '../../data-api/faults.ts';
import type { PlannedCallFault } from '../chaos-plan.ts';
import type { CallFaultKind } from './fault-kind.ts';
import type { FaultTally } from './fault-tally.ts';

/** What a call can bring down beside itself. */
export interface CallFaultTargets {
  /** Takes the database down and up again. */
  readonly restartDatabase: (mode: 'fast' | 'immediate') => void;
  /** Ends an environment that has an invocation under way, if there is one. */
  readonly killBusyEnvironment: () => boolean;
}

/**
 * Makes a plan's call faults happen: the nth write or lookup that reaches the Data API meets its fault.
 *
 * @param planned of the run
 * @param targets what else can be brought down
 * @param tally hears of what happened
 */
export function createCallFaults(
  planned: readonly PlannedCallFault[],
  targets: CallFaultTargets,
  tally: FaultTally,
): FaultDecider {
  const seen = { write: 0, lookup: 0 };
  return (call) => {
    const sort = sortOf(call);
    const nth = seen[sort];
    seen[sort] += 1;
    const fault = planned.find((candidate) => candidate.on === sort && candidate.nth === nth);
    if (fault === undefined) return undefined;
    if (fault.kind === 'environment-killed-mid-batch' && !targets.killBusyEnvironment()) return undefined;
    tally.add(fault.kind);
    if (fault.kind === 'database-restart') targets.restartDatabase('fast');
    if (fault.kind === 'database-crash') targets.restartDatabase('immediate');
    return CALL_FAULTS[fault.kind](fault.durationMs);
  };
}

function sortOf({ sql }: FaultCall): 'write' | 'lookup' {
  // Parts of a payload are sent ahead of their write, and are a part of it.
  const isWrite = [FRAMEWORK_TABLES.batchLog, FRAMEWORK_TABLES.quarantinePart].some((table) => sql.includes(table));
  return isWrite ? 'write' : 'lookup';
}

/** What the call itself meets; those that bring something else down let the call go its way. */
const CALL_FAULTS: Readonly<Record<CallFaultKind, (durationMs: number) => Fault | undefined>> = {
  'call-slow': (delayMs) => ({ kind: 'delay', delayMs }),
  'call-throttled': () => ({ kind: 'throttle' }),
  'call-server-error-before-commit': () => ({ kind: 'error', name: 'InternalServerErrorException', when: 'before' }),
  'call-unavailable-before-commit': () => ({ kind: 'error', name: 'ServiceUnavailableError', when: 'before' }),
  'call-server-error-after-commit': () => ({ kind: 'error', name: 'InternalServerErrorException', when: 'after' }),
  'call-dropped-before-commit': () => ({ kind: 'drop-connection', when: 'before' }),
  'call-dropped-after-commit': () => ({ kind: 'drop-connection', when: 'after' }),
  'call-statement-timeout': () => ({ kind: 'statement-timeout' }),
  'call-access-denied': () => ({ kind: 'error', name: 'AccessDeniedException', when: 'before' }),
  'lookup-failed': () => ({ kind: 'error', name: 'DatabaseUnavailableException', when: 'before' }),
  'database-resuming': (durationMs) => ({ kind: 'resume', durationMs }),
  // The call is on its way to the database while that goes down.
  'database-restart': () => ({ kind: 'delay', delayMs: 5 }),
  'database-crash': () => ({ kind: 'delay', delayMs: 5 }),
  'environment-killed-mid-batch': () => undefined,
};
