import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
  type ResourceLimits,
} from 'node:worker_threads';
import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import type { EnvironmentFault, InvocationContext, InvocationResult } from '../mapping/ports.ts';
import type {
  CrashCause,
  EnvironmentCrash,
  EnvironmentMessage,
  EnvironmentSetup,
  FunctionFacts,
  InvocationMessage,
  LambdaError,
} from './environment-protocol.ts';
import { logGroupName } from './lambda-context.ts';
import { endedError, responseTooLarge } from './lambda-error.ts';
import { forwardLines } from './forward-lines.ts';

/** What an execution environment is made of. */
export interface EnvironmentConfiguration {
  readonly id: string;
  readonly bundlePath: string;
  readonly handlerName: string;
  readonly function: FunctionFacts;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly onLog: (line: string, environmentId: string) => void;
  readonly onCrash: (crash: EnvironmentCrash) => void;
}

/** Lambda gives the code of a function this long to load, beside the timeout of the invocation. */
const INIT_TIMEOUT_MS = 10_000;

const KILLED: CrashCause = { kind: 'signal', signal: 'killed' };

const WORKER_ENTRY = new URL('./environment-worker.ts', import.meta.url);

/** One execution environment: a worker thread that serves one invocation at a time, until something ends it. */
export class ExecutionEnvironment {
  readonly id: string;
  readonly #configuration: EnvironmentConfiguration;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #sent = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #ended: Promise<void>;
  #isReady = false;
  #isAlive = true;
  #uncaught: LambdaError | undefined;
  #invocation: RunningInvocation | undefined;

  constructor(configuration: EnvironmentConfiguration) {
    const { port1, port2 } = new MessageChannel();
    this.id = configuration.id;
    this.#configuration = configuration;
    this.#port = port1;
    this.#worker = startWorker(configuration, port2, this.#sent);
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (exitCode) => {
        // What it said last may still be on its way.
        for (let last = this.#receive(); last !== undefined; last = this.#receive()) this.#hear(last);
        this.#crash({ kind: 'exit', status: exitCode });
        resolve();
      });
    });
    // Node ends a worker that is out of heap with an error; other errors have told themselves before.
    this.#worker.once('error', (error: unknown) => {
      const isOutOfHeap = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      if (isOutOfHeap) this.#crash({ kind: 'signal', signal: 'aborted' });
    });
    this.#port.on('message', (message: EnvironmentMessage) => {
      this.#hear(message);
    });
  }

  /** False once something ended it: no further invocation is possible. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Whether an invocation is under way. */
  get isBusy(): boolean {
    return this.#invocation !== undefined;
  }

  /** Runs the handler; the first invocation waits until the code is loaded. */
  invoke(payload: string, { requestId, fault }: InvocationContext): Promise<InvocationResult> {
    if (!this.#isAlive || this.isBusy) throw new Error(`environment ${this.id} cannot take an invocation`);
    return new Promise((resolve) => {
      this.#invocation = { payload, requestId, fault, resolve, timer: undefined };
      if (this.#isReady) this.#send(this.#invocation);
      else this.#limit(this.#invocation, INIT_TIMEOUT_MS + this.#configuration.timeoutMs);
    });
  }

  /** Ends the environment at once; an invocation under way fails. */
  async kill(): Promise<void> {
    this.#end(endedError(this.#requestId, KILLED));
    await this.#ended;
  }

  #hear(message: EnvironmentMessage): void {
    if (!this.#isAlive) return;
    const invocation = this.#invocation;
    switch (message.kind) {
      case 'ready':
        this.#beReady();
        return;
      case 'load-error':
        this.#crash({ kind: 'load-error' }, message.error);
        return;
      case 'uncaught':
        this.#uncaught = message.error;
        return;
      case 'response':
      case 'error':
        if (invocation?.fault?.moment === 'after-handler') this.#end(endedError(invocation.requestId, KILLED));
        else this.#settle(resultOf(message));
    }
  }

  #beReady(): void {
    this.#isReady = true;
    if (this.#invocation !== undefined) this.#send(this.#invocation);
  }

  #receive(): EnvironmentMessage | undefined {
    return (receiveMessageOnPort(this.#port) as { readonly message: EnvironmentMessage } | undefined)?.message;
  }

  #send(invocation: RunningInvocation): void {
    if (invocation.fault?.moment === 'before-handler') {
      this.#end(endedError(invocation.requestId, KILLED));
      return;
    }
    const { timeoutMs } = this.#configuration;
    const payload = new TextEncoder().encode(invocation.payload);
    this.#limit(invocation, timeoutMs);
    const message = { payload, requestId: invocation.requestId, deadlineMs: Date.now() + timeoutMs };
    this.#port.postMessage(message satisfies InvocationMessage, [payload.buffer]);
    const sent = new Int32Array(this.#sent);
    Atomics.add(sent, 0, 1);
    Atomics.notify(sent, 0);
  }

  #limit(invocation: RunningInvocation, ms: number): void {
    const { timeoutMs, onLog } = this.#configuration;
    clearTimeout(invocation.timer);
    invocation.timer = setTimeout(() => {
      const cause: CrashCause = { kind: 'timeout', timeoutMs };
      const text = taskText(endedError(invocation.requestId, cause));
      onLog(`${new Date().toISOString()} ${invocation.requestId} ${text}`, this.id);
      this.#crash(cause);
    }, ms);
  }

  get #requestId(): string {
    return this.#invocation?.requestId ?? '';
  }

  /** The environment ended, or has to end, for a reason of its own. */
  #crash(cause: CrashCause, thrown?: LambdaError): void {
    if (!this.#isAlive) return;
    const error = thrown ?? endedError(this.#requestId, cause);
    this.#configuration.onCrash({
      environmentId: this.id,
      phase: this.#isReady ? 'invoke' : 'init',
      cause,
      error,
      ...(this.#uncaught !== undefined && cause.kind === 'exit' && { uncaught: this.#uncaught }),
      ...(this.#invocation !== undefined && { requestId: this.#invocation.requestId }),
    });
    this.#end(error);
  }

  /** The invocation fails once the thread is gone, so that nothing of it runs beside a retry. */
  #end(error: LambdaError): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#port.close();
    void this.#worker.terminate().then(() => {
      this.#settle(errorResult(error));
    });
  }

  #settle(result: InvocationResult): void {
    const invocation = this.#invocation;
    if (invocation === undefined) return;
    clearTimeout(invocation.timer);
    this.#invocation = undefined;
    invocation.resolve(result);
  }
}

interface RunningInvocation {
  readonly payload: string;
  readonly requestId: string;
  readonly fault: EnvironmentFault | undefined;
  readonly resolve: (result: InvocationResult) => void;
  timer: NodeJS.Timeout | undefined;
}

function startWorker(configuration: EnvironmentConfiguration, port: MessagePort, sent: SharedArrayBuffer): Worker {
  const { id, function: facts, handlerName, bundlePath, onLog } = configuration;
  const logStreamName = newLogStreamName(facts.functionVersion);
  const setup: EnvironmentSetup = {
    bundleUrl: pathToFileURL(bundlePath).href,
    handlerName,
    function: facts,
    logStreamName,
    port,
    sent,
  };
  const worker = new Worker(WORKER_ENTRY, {
    workerData: setup,
    transferList: [port],
    env: { ...configuration.environment, ...reservedVariables(configuration, logStreamName) },
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: heapLimits(facts.memoryMb),
    name: id,
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    forwardLines(stream, (line) => {
      onLog(line, id);
    });
  }
  return worker;
}

/** V8's young generation: two semi-spaces, and as much for large objects. */
const SEMI_SPACES = 3;

/**
 * Lambda starts Node.js with a semi-space of a twentieth of the function's memory and nine tenths for the old
 * generation; by itself, a worker thread takes a young generation for machines with more memory.
 */
function heapLimits(memoryMb: number): ResourceLimits {
  const newSpaceMb = Math.floor(memoryMb / 10);
  return {
    maxOldGenerationSizeMb: memoryMb - newSpaceMb,
    maxYoungGenerationSizeMb: SEMI_SPACES * Math.floor(newSpaceMb / 2),
  };
}

/**
 * Variables that Lambda sets and that a configuration cannot change.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html}
 */
function reservedVariables(
  { function: facts, handlerName, bundlePath }: EnvironmentConfiguration,
  logStreamName: string,
): Readonly<Record<string, string>> {
  return {
    _HANDLER: `index.${handlerName}`,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(facts.memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: facts.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: facts.functionVersion,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupName(facts.functionName),
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: join(bundlePath, '..'),
    TZ: ':UTC',
  };
}

function newLogStreamName(functionVersion: string): string {
  const day = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length).replaceAll('-', '/');
  return `${day}/[${functionVersion}]${randomBytes(16).toString('hex')}`;
}

function resultOf(message: Extract<EnvironmentMessage, { kind: 'response' | 'error' }>): InvocationResult {
  if (message.kind === 'error') return errorResult(message.error);
  const { payload } = message;
  const isTooLarge = Buffer.byteLength(payload) > LAMBDA_MAX_PAYLOAD_BYTES;
  return isTooLarge ? errorResult(responseTooLarge()) : { kind: 'response', payload };
}

function errorResult(error: LambdaError): InvocationResult {
  return { kind: 'error', functionError: 'Unhandled', payload: JSON.stringify(error) };
}

/** The log has the same text without the id in front. */
function taskText({ errorMessage }: LambdaError): string {
  return errorMessage.slice(errorMessage.indexOf('Task'));
}
