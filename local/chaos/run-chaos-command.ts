import { writeFile } from 'node:fs/promises';
import type { ChaosOptions } from './chaos-options.ts';
import { createChaosReport, describeChaosReport, describeChaosRun, type ChaosReport } from './chaos-report.ts';
import { createChaosPlan } from './create-chaos-plan.ts';
import { MUTATIONS, type Mutation, type MutationName } from './mutation.ts';
import type { ChaosResult } from './run-chaos.ts';
import { startChaosPlayground, type ChaosPlayground } from './start-chaos-playground.ts';

/** Where a command says what it does, and what ends it early. */
export interface ChaosConsole {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes runs of chaos one after the other, or with mutations, those that must notice them.
 *
 * @returns whether it came out as it must: all runs clean, or each mutation noticed
 */
export async function runChaosCommand(options: ChaosOptions, console: ChaosConsole): Promise<boolean> {
  const playground = await startChaosPlayground();
  try {
    return options.mutation === undefined
      ? await makeRuns(options, console, playground)
      : await tryMutations(options, console, playground);
  } finally {
    await playground.close();
  }
}

async function makeRuns(
  { runs, seed, emulatorEvery, report: file }: ChaosOptions,
  { say, signal }: ChaosConsole,
  playground: ChaosPlayground,
): Promise<boolean> {
  const results: ChaosResult[] = [];
  for (let index = 0; index < runs && !signal.aborted; index += 1) {
    const onEmulator = emulatorEvery > 0 && index % emulatorEvery === emulatorEvery - 1;
    const result = await playground.run(createChaosPlan(seed + index, { source: onEmulator ? 'kinesis' : 'memory' }));
    results.push(result);
    say(describeChaosRun(result));
  }
  const report: ChaosReport = createChaosReport(results);
  say(describeChaosReport(report));
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return report.clean === report.runs;
}

const MUTATION_NAMES = Object.keys(MUTATIONS) as readonly MutationName[];

async function tryMutations(
  { mutation, runs, seed, report: file }: ChaosOptions,
  { say, signal }: ChaosConsole,
  playground: ChaosPlayground,
): Promise<boolean> {
  const mutations = MUTATION_NAMES.filter((name) => name === mutation || mutation === 'all');
  const noticed: Partial<Record<MutationName, ChaosResult | null>> = {};
  for (const name of mutations) {
    if (signal.aborted) break;
    const result = await findNotice(name, { runs, seed, playground });
    noticed[name] = result ?? null;
    say(describeMutation(name, result, runs));
  }
  if (file !== undefined) await writeFile(file, `${JSON.stringify({ noticed }, null, 2)}\n`);
  const count = mutations.filter((name) => noticed[name]).length;
  say(`${count} of ${mutations.length} mutations noticed`);
  return count === mutations.length;
}

/**
 * Makes runs with a mutation until one notices it.
 *
 * @param name of the mutation
 * @param options most runs to make, the seed of the first one, and where
 * @returns the run that noticed, or `undefined`
 */
export async function findNotice(
  name: MutationName,
  { runs, seed, playground }: { readonly runs: number; readonly seed: number; readonly playground: ChaosPlayground },
): Promise<ChaosResult | undefined> {
  const { profile, plan: fixed }: Mutation = MUTATIONS[name];
  for (let index = 0; index < runs; index += 1) {
    const plan = createChaosPlan(seed + index, { profile, isQuiet: true });
    const result = await playground.run({ ...plan, ...fixed }, name);
    if (result.violations.length > 0) return result;
  }
  return undefined;
}

function describeMutation(name: MutationName, result: ChaosResult | undefined, runs: number): string {
  const what = `${name} (${MUTATIONS[name].says})`;
  if (result === undefined) return `${what}: NOT NOTICED by ${runs} runs`;
  const { seed, seconds, violations } = result;
  return `${what}: noticed by seed ${seed} in ${seconds.toFixed(1)} s\n  ${violations[0] ?? ''}`;
}
