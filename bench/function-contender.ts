import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFunctionBundle } from '../build/bundle-function.ts';
import type { FunctionRuntime } from '../local/environments/function-runtime.ts';
import { createFunctionRuntime } from '../local/environments/function-runtime.ts';
import type { Arena } from './arena.ts';
import type { DrainSettings, FunctionRun } from './drain.ts';
import { drain } from './drain.ts';
import { FUNCTION_MEMORY_MB } from './scenario.ts';

/** A bundled function that can be run over a backlog again and again. */
export interface FunctionContender {
  /** Drains with the environments of the run before: warm. */
  readonly run: (settings: DrainSettings) => Promise<FunctionRun>;
  /** Drains with new environments: cold starts and cold caches included. */
  readonly runCold: (settings: DrainSettings) => Promise<FunctionRun>;
  readonly close: () => Promise<void>;
}

/** One for each lane of the largest parallelization factor. */
const MAX_ENVIRONMENTS = 10;
const TIMEOUT_MS = 300_000;

/**
 * Bundles a function as it would be deployed and gives it a runtime.
 *
 * @param entry path of the handler module, relative to the repository
 * @param onLog takes each line the function writes
 */
export async function openFunctionContender(
  arena: Arena,
  entry: string,
  onLog?: (line: string) => void,
): Promise<FunctionContender> {
  const directory = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-bench-'));
  await writeFunctionBundle(entry, directory);
  const start = (): TalkingRuntime => startTalkingRuntime(join(directory, 'index.mjs'), arena, onLog);
  const warm = start();
  return {
    run: (settings) => run(arena, warm, settings),
    runCold: async (settings) => {
      const cold = start();
      try {
        return await run(arena, cold, settings);
      } finally {
        await cold.runtime.close();
      }
    },
    close: async () => {
      await warm.runtime.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A runtime whose function is listened to. */
interface TalkingRuntime {
  readonly runtime: FunctionRuntime;
  /** What the function wrote last. */
  readonly lastLine: () => string | undefined;
}

function startTalkingRuntime(bundlePath: string, arena: Arena, onLog?: (line: string) => void): TalkingRuntime {
  let lastLine: string | undefined;
  const runtime = createFunctionRuntime({
    bundlePath,
    functionName: 'flights',
    timeoutMs: TIMEOUT_MS,
    memoryMb: FUNCTION_MEMORY_MB,
    maxConcurrency: MAX_ENVIRONMENTS,
    environment: arena.functionEnvironment,
    onLog: (line) => {
      lastLine = line;
      onLog?.(line);
    },
  });
  return { runtime, lastLine: () => lastLine };
}

/** A run that fails tells what the function said last: the verdict of a batch only lists which records failed. */
async function run(arena: Arena, { runtime, lastLine }: TalkingRuntime, settings: DrainSettings): Promise<FunctionRun> {
  try {
    return await drain(arena, runtime, settings);
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`${lastLine() ?? 'the function said nothing'}; ${message}`, { cause });
  }
}
