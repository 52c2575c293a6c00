import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { FunctionBundle } from '../../build/bundle-function.ts';
import { writeFunctionBundle } from '../../build/bundle-function.ts';
import type { Arena } from '../arena.ts';
import { openFunctionContender } from '../function-contender.ts';
import type { Figure, Finding, SingleScenario } from '../scenario.ts';
import { compare, summarize } from '../statistics.ts';

const ROUNDS = { quick: 7, full: 15 };
const FIRST_INVOCATIONS = 5;
/** Packages listed in the breakdown; the rest is summed up. */
const LISTED_PACKAGES = 8;

/** What a cold start loads and how long that takes. */
export const coldStart: SingleScenario = {
  kind: 'single',
  name: 'cold-start',
  says: 'bundle size, import time against a skeleton of the same libraries, first invocation',
  run: async (arena, { isQuick }, onStep): Promise<Finding> => {
    const directory = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-bench-'));
    try {
      const folders = [join(directory, 'ours'), join(directory, 'skeleton')] as const;
      const bundle = await writeFunctionBundle('functions/flights/handler.ts', folders[0]);
      const skeleton = await writeFunctionBundle('bench/handlers/skeleton.ts', folders[1]);
      const times = await timeImports(folders, arena.functionEnvironment, {
        rounds: isQuick ? ROUNDS.quick : ROUNDS.full,
        onStep,
      });
      onStep('first invocations');
      const firstMs = await firstInvocations(arena);
      const comparison = compare(cpuOf(times[0]), cpuOf(times[1]));
      return {
        figures: [
          ...importFigures('bundle', times[0]),
          ...importFigures('skeleton', times[1]),
          { says: 'first invocation, one event, new environment', value: summarize(firstMs).median, unit: 'ms' },
          { says: 'bundle of the skeleton', value: Buffer.byteLength(skeleton.code), unit: 'bytes' },
          ...breakdown(bundle),
        ],
        ratios: {
          bundleBytes: Buffer.byteLength(bundle.code),
          importVsSkeleton: comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason },
        },
      };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

type TimesOfBoth = readonly [readonly ImportTime[], readonly ImportTime[]];

async function timeImports(
  folders: readonly [string, string],
  environment: Readonly<Record<string, string>>,
  { rounds, onStep }: { readonly rounds: number; readonly onStep: (step: string) => void },
): Promise<TimesOfBoth> {
  const times: [ImportTime[], ImportTime[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    onStep(`import ${round + 1} of ${rounds}`);
    for (const [index, folder] of folders.entries()) {
      times[index]?.push(await timeImport(pathToFileURL(join(folder, 'index.mjs')).href, environment));
    }
  }
  return times;
}

function cpuOf(times: readonly ImportTime[]): number[] {
  return times.map(({ cpuMs }) => cpuMs);
}

function importFigures(name: string, times: readonly ImportTime[]): Figure[] {
  return [
    { says: `import of the ${name}`, value: summarize(cpuOf(times)).median, unit: 'ms of CPU' },
    { says: `import of the ${name}`, value: summarize(times.map(({ wallMs }) => wallMs)).median, unit: 'ms' },
  ];
}

async function firstInvocations(arena: Arena): Promise<number[]> {
  const contender = await openFunctionContender(arena, 'functions/flights/handler.ts');
  const times: number[] = [];
  try {
    for (let round = 0; round < FIRST_INVOCATIONS; round += 1) {
      await arena.reset();
      const { seconds } = await contender.runCold({ events: 1, batchSize: 1, lanes: 1, latencyMs: 0 });
      await arena.verify(1, ['flights', 'airport_days', 'latest_departures']);
      times.push(1000 * seconds);
    }
  } finally {
    await contender.close();
  }
  return times;
}

/** What the bundle is made of, by package, largest first. */
function breakdown({ inputs }: FunctionBundle): Figure[] {
  const sizes = new Map<string, number>();
  for (const [path, bytes] of Object.entries(inputs)) {
    const name = packageOf(path);
    sizes.set(name, (sizes.get(name) ?? 0) + bytes);
  }
  const sorted = [...sizes].sort(([, a], [, b]) => b - a);
  const rest = sorted.slice(LISTED_PACKAGES).reduce((sum, [, bytes]) => sum + bytes, 0);
  return [...sorted.slice(0, LISTED_PACKAGES), ['the other packages', rest] as const].map(([name, value]) => ({
    says: `in the bundle: ${name}`,
    value,
    unit: 'bytes',
  }));
}

function packageOf(path: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'this project';
}

/** What an import took, without the start of Node.js. */
interface ImportTime {
  /** CPU of all threads: what counts where a function has a share of one core, and what a busy machine leaves alone. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

const SCRIPT = `const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
await import(process.argv[1]);
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() - startedAt }));
process.exit(0);`;

/**
 * Imports a module in a fresh process.
 *
 * @param url file URL of the module
 * @param environment variables the module needs when it is loaded
 */
async function timeImport(url: string, environment: Readonly<Record<string, string>>): Promise<ImportTime> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, url], {
    env: { ...environment },
  });
  return JSON.parse(stdout) as ImportTime;
}
