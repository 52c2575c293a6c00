import { describe, expect, it } from 'vitest';
import { createFaultDecider, type Fault, type FaultCall, type FaultRule } from '../../../../local/data-api/faults.ts';

const THROTTLE: Fault = { kind: 'throttle' };
const DROP: Fault = { kind: 'drop-connection', when: 'after' };

function call(overrides: Partial<FaultCall> = {}): FaultCall {
  return { operation: 'ExecuteStatement', sql: 'SELECT 1', attempt: 1, index: 0, ...overrides };
}

function decide(rules: readonly FaultRule[], calls: readonly FaultCall[]): readonly (Fault | undefined)[] {
  const decider = createFaultDecider(rules);
  return calls.map((one) => decider(one));
}

describe('createFaultDecider', () => {
  it('lets everything pass without rules', () => {
    expect(decide([], [call()])).toEqual([undefined]);
  });

  it('hits every call with a rule that names none', () => {
    expect(decide([{ fault: THROTTLE }], [call(), call({ operation: 'CommitTransaction', sql: '' })])).toEqual([
      THROTTLE,
      THROTTLE,
    ]);
  });

  it('hits only the operation and the statements it names', () => {
    const rule: FaultRule = { operation: 'ExecuteStatement', sqlIncludes: 'INSERT', fault: THROTTLE };
    const calls = [call(), call({ sql: 'INSERT INTO t' }), call({ operation: 'BatchExecuteStatement', sql: 'INSERT' })];
    expect(decide([rule], calls)).toEqual([undefined, THROTTLE, undefined]);
  });

  it('skips the first and stops after the last', () => {
    const rule: FaultRule = { skip: 1, times: 2, fault: THROTTLE };
    expect(decide([rule], [call(), call(), call(), call()])).toEqual([undefined, THROTTLE, THROTTLE, undefined]);
  });

  it('goes on to the next rule once one is spent', () => {
    const rules: readonly FaultRule[] = [{ times: 1, fault: THROTTLE }, { fault: DROP }];
    expect(decide(rules, [call(), call()])).toEqual([THROTTLE, DROP]);
  });
});
