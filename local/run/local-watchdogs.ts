import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFunctionBundle } from '../../build/bundle-function.ts';
import { ownFunctionFolder } from '../../build/function-folder.ts';
import { createFunctionRuntime, type FunctionRuntime } from '../environments/function-runtime.ts';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';

/** A stack whose watchdog is to run. */
export interface WatchedStack {
  readonly watchdogName: string;
  /** Settings of the function. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Where the watchdog finds its services: never anywhere but on this machine. */
export interface WatchdogEndpoints {
  readonly region: string;
  readonly dataApi: string;
  /** Undefined for a stream in memory, which the watchdog cannot see. */
  readonly kinesis: string | undefined;
  readonly others: string;
}

/** What else a watchdog is given. */
export interface LocalWatchdogParts {
  readonly endpoints: WatchdogEndpoints;
  /** Takes each line that it writes. */
  readonly onLog: (line: string) => void;
  /** Hears of a run that failed, in words. */
  readonly onFailure: (problem: string) => void;
}

const EVERY_MS = 60_000;

/** As it is deployed. */
const TIMEOUT_MS = 50_000;
const MEMORY_MB = 256;

/** The watchdogs of a world, the function that is deployed, on its schedule. */
export class LocalWatchdogs implements AsyncDisposable {
  readonly #parts: LocalWatchdogParts;
  readonly #runtimes: FunctionRuntime[] = [];
  readonly #started: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #folder: string | undefined;
  #isClosed = false;

  /** Begins at once, and goes on while the world does what it does. */
  constructor(stacks: readonly WatchedStack[], parts: LocalWatchdogParts) {
    this.#parts = parts;
    this.#started = this.#start(stacks).catch((error: unknown) => {
      parts.onFailure(`the watchdog does not start: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  async #start(stacks: readonly WatchedStack[]): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'watchdog-'));
    await writeFunctionBundle(ownFunctionFolder('watchdog').entry, this.#folder);
    if (this.#isClosed) return;
    for (const stack of stacks) this.#runtimes.push(this.#createRuntime(stack, join(this.#folder, 'index.mjs')));
    this.#timer = setInterval(() => void this.#runAll(), EVERY_MS);
    await this.#runAll();
  }

  async #runAll(): Promise<void> {
    await Promise.all(this.#runtimes.map((runtime) => this.#run(runtime)));
  }

  async #run(runtime: FunctionRuntime): Promise<void> {
    const result = await runtime.invoke('{}', { requestId: randomUUID() });
    if (result.kind === 'response' || this.#isClosed) return;
    this.#parts.onFailure(`a run of the watchdog failed: ${JSON.stringify(result)}`);
  }

  #createRuntime({ watchdogName, environment }: WatchedStack, bundlePath: string): FunctionRuntime {
    const { endpoints, onLog } = this.#parts;
    return createFunctionRuntime({
      bundlePath,
      functionName: watchdogName,
      timeoutMs: TIMEOUT_MS,
      memoryMb: MEMORY_MB,
      environment: {
        ...environment,
        AWS_REGION: endpoints.region,
        AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
        AWS_ENDPOINT_URL: endpoints.others,
        AWS_ENDPOINT_URL_RDS_DATA: endpoints.dataApi,
        AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis ?? endpoints.others,
      },
      onLog,
    });
  }

  /** Ends a run that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await Promise.all(this.#runtimes.map((runtime) => runtime.close()));
    await this.#started;
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}
