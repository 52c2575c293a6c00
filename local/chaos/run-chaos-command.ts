import { writeFile } from 'node:fs/promises';
import type { ChaosOptions } from './chaos-options.ts';
import { createChaosPlan, type ChaosPlan } from './chaos-plan.ts';
import { createChaosReport, describeChaosReport, describeChaosRun, type ChaosReport } from './chaos-report.ts';
import { MUTATIONS, type Mutation } from './mutation.ts';
import type { ChaosResult } from './run-chaos.ts';
import { startChaosPlayground } from './start-chaos-playground.ts';

/** Where a command says what it does, and what ends it early. */
export interface ChaosConsole {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes runs of chaos one after the other. With a mutation it stops at the first run that notices.
 *
 * @returns the report, and whether it came out as it must: all clean, or with a mutation, not
 */
export async function runChaosCommand(
  options: ChaosOptions,
  { say, signal }: ChaosConsole,
): Promise<{ readonly report: ChaosReport; readonly isAsExpected: boolean }> {
  const { mutation } = options;
  const playground = await startChaosPlayground({ mutation });
  const results: ChaosResult[] = [];
  try {
    for (let index = 0; index < options.runs && !signal.aborted; index += 1) {
      const result = await playground.run(planOf(options, index));
      results.push(result);
      say(describeChaosRun(result));
      if (mutation !== undefined && result.violations.length > 0) break;
    }
  } finally {
    await playground.close();
  }
  const report = createChaosReport(results);
  say(describeChaosReport(report));
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  if (mutation === undefined) return { report, isAsExpected: report.clean === report.runs };
  const isNoticed = report.broken.length > 0;
  say(`Mutation ${mutation} (${MUTATIONS[mutation].says}): ${isNoticed ? 'noticed, as it must be' : 'NOT NOTICED'}`);
  return { report, isAsExpected: isNoticed };
}

function planOf({ seed, emulatorEvery, mutation }: ChaosOptions, index: number): ChaosPlan {
  const profile = mutation === undefined ? 'mixed' : (MUTATIONS[mutation] as Mutation).profile;
  const onEmulator = mutation === undefined && emulatorEvery > 0 && index % emulatorEvery === emulatorEvery - 1;
  return createChaosPlan(seed + index, { profile, source: onEmulator ? 'kinesis' : 'memory' });
}
