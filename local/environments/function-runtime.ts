import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { integerProblem, isIntegerWithin } from '../../contract/integer-range.ts';
import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import type { FunctionInvoker, InvocationContext, InvocationResult } from '../mapping/ports.ts';
import type { EnvironmentCrash, LogFormat } from './environment-protocol.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import { writeProcessEntry } from './start-process.ts';

/** A Lambda function to run on this machine. */
export interface FunctionRuntimeOptions {
  /** Path of the bundle, `index.mjs`: the same file that is deployed. */
  readonly bundlePath: string;
  /** Name of the exported handler. @defaultValue 'handler' */
  readonly handlerName?: string;
  /** Environment variables of the function; nothing of this process's own environment is passed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds an invocation may take before its environment is killed, 1 to 900,000. @defaultValue 3000 */
  readonly timeoutMs?: number;
  /** Heap of one environment in MiB, 128 to 10,240. @defaultValue 128 */
  readonly memoryMb?: number;
  /** Environments at the same time: reserved concurrency. @defaultValue 1000 */
  readonly maxConcurrency?: number;
  readonly functionName: string;
  /** Version that the alias stands for. @defaultValue '1' */
  readonly functionVersion?: string;
  /** Alias-qualified ARN of the function. @defaultValue a local function behind the alias live */
  readonly functionArn?: string;
  /** As a deployed function is configured; this stack deploys with `JSON`. @defaultValue 'plain' */
  readonly logFormat?: LogFormat;
  /** Takes every line the function writes. @defaultValue lines are dropped */
  readonly onLog?: (line: string, environmentId: string) => void;
  /**
   * Hears of each environment that ended without being asked to: `kill`, `close` and injected faults don't count. It is
   * called before the invocation under way is answered. @defaultValue nobody hears of it
   */
  readonly onCrash?: (crash: EnvironmentCrash) => void;
  /** Milliseconds since 1970, as the environments know them. @defaultValue the clock of this machine */
  readonly now?: () => number;
}

/** An execution environment from outside. */
export interface EnvironmentState {
  readonly id: string;
  readonly isBusy: boolean;
}

/** A Lambda function on this machine: environments that are started when needed and kept warm. */
export interface FunctionRuntime extends FunctionInvoker {
  /** Environments started so far: one cold start each. */
  environmentsStarted(): number;
  /** Environments that are alive. */
  environments(): readonly EnvironmentState[];
  /**
   * Replaces the code: the next invocations run it in environments of their own, those under way end where they began.
   *
   * @param bundlePath of the new `index.mjs`, in a folder of its own
   */
  deploy(bundlePath: string): void;
  /** Ends an environment, in the middle of its invocation if it has one; nothing happens when it is gone. */
  kill(environmentId: string): Promise<void>;
  /** Ends all environments; invocations under way fail, later ones are throttled. */
  close(): Promise<void>;
}

const RANGES = {
  timeoutMs: { min: 1, max: 900_000 },
  memoryMb: { min: 128, max: 10_240 },
  maxConcurrency: { min: 1, max: 1_000 },
} as const;

type Limits = Readonly<Record<keyof typeof RANGES, number>>;

/**
 * Creates a Lambda function on this machine. An invocation goes to a warm environment that is free, else to a new
 * one, else it is throttled.
 *
 * @throws RangeError with all options that are out of range
 */
export function createFunctionRuntime(options: FunctionRuntimeOptions): FunctionRuntime {
  const { timeoutMs = 3_000, memoryMb = 128, maxConcurrency = 1_000 } = options;
  const limits = { timeoutMs, memoryMb, maxConcurrency };
  assertRanges(limits);
  return new EnvironmentPool(options, limits);
}

class EnvironmentPool implements FunctionRuntime {
  readonly #options: FunctionRuntimeOptions;
  readonly #limits: Limits;
  /** The one used last comes last: it is taken first, so that a low load keeps few environments warm. */
  #environments: ExecutionEnvironment[] = [];
  /** Those of the code before, each until its invocation has ended. */
  readonly #retiring = new Set<ExecutionEnvironment>();
  #bundlePath: string;
  #started = 0;
  /** Of the processes, in a folder of its own. */
  #entryPath: string | undefined;
  #isClosed = false;

  constructor(options: FunctionRuntimeOptions, limits: Limits) {
    this.#options = options;
    this.#limits = limits;
    this.#bundlePath = resolve(options.bundlePath);
  }

  environmentsStarted(): number {
    return this.#started;
  }

  environments(): readonly EnvironmentState[] {
    return [...this.#retiring, ...this.#environments].map(({ id, isBusy }) => ({ id, isBusy }));
  }

  deploy(bundlePath: string): void {
    this.#bundlePath = resolve(bundlePath);
    for (const environment of this.#environments.splice(0)) {
      if (environment.isBusy) this.#retiring.add(environment);
      else void environment.kill();
    }
  }

  async invoke(payload: string, context: InvocationContext): Promise<InvocationResult> {
    if (Buffer.byteLength(payload) > LAMBDA_MAX_PAYLOAD_BYTES) {
      return { kind: 'refused', reason: 'RequestTooLargeException' };
    }
    const environment = this.#isClosed ? undefined : this.#takeEnvironment();
    if (environment === undefined) return { kind: 'throttled' };
    const result = await environment.invoke(payload, context);
    if (this.#retiring.delete(environment)) {
      await environment.kill();
      return result;
    }
    this.#environments = this.#environments.filter((other) => other !== environment && other.isAlive);
    if (environment.isAlive) this.#environments.push(environment);
    return result;
  }

  async kill(environmentId: string): Promise<void> {
    await [...this.#retiring, ...this.#environments].find(({ id }) => id === environmentId)?.kill();
    this.#environments = this.#environments.filter(({ isAlive }) => isAlive);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#retiring, ...this.#environments.splice(0)];
    await Promise.all(all.map((environment) => environment.kill()));
    if (this.#entryPath !== undefined) await rm(dirname(this.#entryPath), { recursive: true, force: true });
  }

  #takeEnvironment(): ExecutionEnvironment | undefined {
    this.#environments = this.#environments.filter(({ isAlive }) => isAlive);
    const warm = this.#environments.findLast(({ isBusy }) => !isBusy);
    if (warm !== undefined) return warm;
    if (this.#environments.length + this.#retiring.size >= this.#limits.maxConcurrency) return undefined;
    const environment = this.#startEnvironment();
    this.#environments.push(environment);
    return environment;
  }

  #startEnvironment(): ExecutionEnvironment {
    const { functionName, functionVersion = '1', handlerName = 'handler' } = this.#options;
    this.#started += 1;
    this.#entryPath ??= writeProcessEntry();
    return new ExecutionEnvironment({
      id: `${functionName}-${this.#started}`,
      entryPath: this.#entryPath,
      bundlePath: this.#bundlePath,
      handlerName,
      functionName,
      functionVersion,
      functionArn: this.#options.functionArn ?? `arn:aws:lambda:us-east-1:000000000000:function:${functionName}:live`,
      memoryMb: this.#limits.memoryMb,
      environment: this.#options.environment ?? {},
      timeoutMs: this.#limits.timeoutMs,
      logFormat: this.#options.logFormat ?? 'plain',
      onLog: this.#options.onLog ?? (() => undefined),
      onCrash: this.#options.onCrash ?? (() => undefined),
      now: this.#options.now ?? Date.now,
    });
  }
}

function assertRanges(limits: Limits): void {
  const names = Object.keys(RANGES) as readonly (keyof typeof RANGES)[];
  const problems = names.flatMap((name) => {
    const [range, value] = [RANGES[name], limits[name]];
    return isIntegerWithin(value, range) ? [] : [integerProblem(name, range, value)];
  });
  if (problems.length > 0) throw new RangeError(problems.join('\n'));
}
