import { describe, expect, it } from 'vitest';
import { ClusterPower } from '../../../../local/data-api/cluster-power.ts';

const ARN = 'arn:aws:rds:us-east-1:123456789012:cluster:local';
const AUTO_PAUSE = { idleMs: 1_000, resumeMs: 100 };

function startCluster(autoPause?: typeof AUTO_PAUSE) {
  let nowMs = 0;
  const power = new ClusterPower(ARN, autoPause, () => nowMs);
  return {
    power,
    /** Whether a call at this time is let through. */
    callAt: (atMs: number, openTransactions = 0): boolean => {
      nowMs = atMs;
      try {
        power.assertAwake('ExecuteStatement', openTransactions);
        return true;
      } catch {
        return false;
      }
    },
  };
}

describe('ClusterPower', () => {
  it('stays awake without auto-pause', () => {
    expect(startCluster().callAt(10_000_000)).toBe(true);
  });

  it('pauses after the idle time and not before', () => {
    expect(startCluster(AUTO_PAUSE).callAt(999)).toBe(true);
    expect(startCluster(AUTO_PAUSE).callAt(1_000)).toBe(false);
  });

  it('counts the idle time from the last call', () => {
    const { callAt } = startCluster(AUTO_PAUSE);
    expect([callAt(900), callAt(1_800), callAt(2_799)]).toEqual([true, true, true]);
  });

  it('is back once the resume is over, which the first call started', () => {
    const { callAt } = startCluster(AUTO_PAUSE);
    expect([callAt(5_000), callAt(5_099), callAt(5_100)]).toEqual([false, false, true]);
  });

  it('is kept awake by an open transaction', () => {
    expect(startCluster(AUTO_PAUSE).callAt(5_000, 1)).toBe(true);
  });

  it('pauses when told to', () => {
    const { power, callAt } = startCluster();
    power.pause(50);
    expect([callAt(0), callAt(49), callAt(50)]).toEqual([false, false, true]);
  });

  it('refuses with the name of the instance', () => {
    const { power } = startCluster();
    power.pause(50);
    expect(() => {
      power.assertAwake('BeginTransaction', 0);
    }).toThrow(
      'The Aurora DB instance arn:aws:rds:us-east-1:123456789012:db:local is resuming after being auto-paused. Please wait a few seconds and try again.',
    );
  });

  it('lets the end of a transaction through', () => {
    const { power } = startCluster();
    power.pause(50);
    expect(() => {
      power.assertAwake('CommitTransaction', 1);
    }).not.toThrow();
  });
});
