import { describe, expect, it } from 'vitest';
import type { MutationName } from '../../../local/chaos/mutation.ts';
import { MUTATIONS } from '../../../local/chaos/mutation.ts';
import { runChaosCommand } from '../../../local/chaos/run-chaos-command.ts';

function chaos(options: { readonly runs: number; readonly seed: number; readonly mutation?: MutationName }) {
  return runChaosCommand(
    { emulatorEvery: 4, report: undefined, mutation: undefined, ...options },
    { say: () => undefined, signal: new AbortController().signal },
  );
}

describe('runs of chaos', () => {
  it('end clean: every event is exactly once in effect or set aside, whatever went wrong', async () => {
    const { report } = await chaos({ runs: 8, seed: 1_000 });
    expect(report.broken).toEqual([]);
    expect(report).toMatchObject({ runs: 8, clean: 8, onEmulator: 2 });
  });
});

describe('the checker', () => {
  // Seeds whose plans hold what the mutation breaks: redelivery, disorder, a hold, poison, lanes on the same rows.
  const SEEDS: Readonly<Record<MutationName, number>> = {
    'no-ledger-join': 2,
    'no-conflict-guard': 2,
    'empty-failure-list': 3,
    'no-quarantine': 1,
    'no-sort': 1,
  };

  it.each(Object.keys(MUTATIONS) as MutationName[])('notices the mutation %s', async (mutation) => {
    const { report, isAsExpected } = await chaos({ runs: 3, seed: SEEDS[mutation], mutation });
    expect(isAsExpected).toBe(true);
    expect(report.broken[0]?.violations).not.toEqual([]);
  });
});
