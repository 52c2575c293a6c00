import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
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
      const bundle = await writeFunctionBundle('functions/flights/handler.ts', join(directory, 'ours'));
      const skeleton = await bundleAsCdk(SKELETON, join(directory, 'skeleton/index.cjs'));
      const lean = await writeFunctionBundle(SKELETON, join(directory, 'lean'));
      const modules = ['ours/index.mjs', 'skeleton/index.cjs', 'lean/index.mjs'].map((path) => join(directory, path));
      const times = await timeImports(modules, arena.functionEnvironment, {
        rounds: isQuick ? ROUNDS.quick : ROUNDS.full,
        onStep,
      });
      const [ours = [], ofSkeleton = [], ofLean = []] = times;
      onStep('first invocations');
      const firstMs = await firstInvocations(arena);
      const comparison = compare(cpuOf(ours), cpuOf(ofSkeleton));
      return {
        figures: [
          ...importFigures('bundle', ours),
          ...importFigures('skeleton', ofSkeleton),
          ...importFigures('skeleton, bundled like the function', ofLean),
          { says: 'first invocation, one event, new environment', value: summarize(firstMs).median, unit: 'ms' },
          { says: 'bundle of the skeleton', value: skeleton.bytes, unit: 'bytes' },
          { says: 'skeleton, bundled like the function', value: Buffer.byteLength(lean.code), unit: 'bytes' },
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

const SKELETON = 'bench/handlers/skeleton.ts';

/**
 * Bundles a module as the CDK's `NodejsFunction` does where it is asked to minify and to take the AWS SDK in, which loads faster than that
 * of the runtime.
 *
 * @param entry relative to the repository
 * @param outfile absolute
 */
async function bundleAsCdk(entry: string, outfile: string): Promise<{ readonly bytes: number }> {
  await build({ entryPoints: [entry], outfile, bundle: true, minify: true, platform: 'node', target: 'node24' });
  return { bytes: (await stat(outfile)).size };
}

/** Imports modules in turns; returns the times of each. */
async function timeImports(
  modules: readonly string[],
  environment: Readonly<Record<string, string>>,
  { rounds, onStep }: { readonly rounds: number; readonly onStep: (step: string) => void },
): Promise<readonly ImportTime[][]> {
  const times = modules.map((): ImportTime[] => []);
  for (let round = 0; round < rounds; round += 1) {
    onStep(`import ${round + 1} of ${rounds}`);
    for (const [index, path] of modules.entries()) {
      times[index]?.push(await timeImport(pathToFileURL(path).href, environment));
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
