import type { ChaosPlan, ChaosSource } from './chaos-plan.ts';
import { describeChaosRun } from './chaos-report.ts';
import { createChaosPlan } from './create-chaos-plan.ts';
import { startChaosPlayground } from './start-chaos-playground.ts';

/**
 * Makes one run of chaos and says what was planned, what happened, and the verdict.
 *
 * @param run its seed and where its records are read from
 * @param say prints a line
 * @returns whether every promise was kept
 */
export async function runChaosOnce(
  run: { readonly seed: number; readonly source: ChaosSource },
  say: (line: string) => void,
): Promise<boolean> {
  const plan = createChaosPlan(run.seed, { source: run.source });
  say(describePlan(plan));
  const playground = await startChaosPlayground();
  try {
    const result = await playground.run(plan);
    for (const [kind, count] of Object.entries(result.faults)) say(`  ${kind} × ${count}`);
    say(describeChaosRun(result));
    return result.violations.length === 0;
  } finally {
    await playground.close();
  }
}

function describePlan({ seed, flights, shards, batchSize, parallelizationFactor, poison, ...plan }: ChaosPlan): string {
  const faults = [plan.callFaults, plan.invocationFaults, plan.streamFaults, plan.incidents].flat().length;
  return (
    `Plan of seed ${seed}: ${flights} flights and ${poison.length} poison records on ${shards} shards, batch size ` +
    `${batchSize}, parallelization factor ${parallelizationFactor}, ${faults} faults on the way`
  );
}
