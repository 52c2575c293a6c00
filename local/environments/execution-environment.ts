import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import type { EnvironmentFault, InvocationContext, InvocationResult } from '../mapping/ports.ts';
import { CHANNEL_FD, encodeInvocation } from './environment-protocol.ts';
import type { CrashCause, EndCause, EnvironmentMessage, LambdaError } from './environment-protocol.ts';
import { describeThrown, endedError, endLine, responseTooLarge, signalText } from './lambda-error.ts';
import { forwardLines, startProcess } from './start-process.ts';
import type { EnvironmentConfiguration } from './start-process.ts';

/** Lambda gives the code of a function this long to load, beside the timeout of the invocation. */
const INIT_TIMEOUT_MS = 10_000;

const KILLED: EndCause = { kind: 'signal', signal: 'killed' };

/** Longest wait for the last output of a process that is gone. */
const LAST_WORDS_MS = 1_000;

/** One execution environment: a process that serves one invocation at a time, until something ends it. */
export class ExecutionEnvironment {
  readonly id: string;
  readonly #configuration: EnvironmentConfiguration;
  readonly #process: ChildProcess;
  readonly #channel: Duplex;
  readonly #ended: Promise<void>;
  #isReady = false;
  #isAlive = true;
  #uncaught: LambdaError | undefined;
  #invocation: RunningInvocation | undefined;

  constructor(configuration: EnvironmentConfiguration) {
    this.id = configuration.id;
    this.#configuration = configuration;
    this.#process = startProcess(configuration);
    this.#channel = this.#process.stdio[CHANNEL_FD] as Duplex;
    this.#ended = this.#watch();
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

  async #watch(): Promise<void> {
    forwardLines(this.#channel, (line) => {
      this.#hear(JSON.parse(line) as EnvironmentMessage);
    });
    // A process that is gone is told of by its exit.
    this.#channel.on('error', () => undefined);
    const closed = once(this.#process, 'close').catch(() => undefined);
    try {
      const [status, signal] = (await once(this.#process, 'exit')) as [number | null, NodeJS.Signals | null];
      // On a busy machine what it wrote last may not be read yet; a process that it started may keep the streams open.
      await Promise.race([closed, sleep(LAST_WORDS_MS)]);
      this.#fail(
        signal === null ? { kind: 'exit', status: status ?? 0 } : { kind: 'signal', signal: signalText(signal) },
      );
    } catch (error) {
      this.#crash({ kind: 'load-error' }, describeThrown(error));
    }
  }

  #hear(message: EnvironmentMessage): void {
    if (!this.#isAlive) return;
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        if (this.#invocation !== undefined) this.#send(this.#invocation);
        return;
      case 'load-error':
        this.#crash({ kind: 'load-error' }, message.error);
        return;
      case 'uncaught':
        this.#uncaught = message.error;
        return;
      case 'response':
      case 'error':
        void this.#answer(message);
    }
  }

  async #answer(message: Extract<EnvironmentMessage, { kind: 'response' | 'error' }>): Promise<void> {
    // What the function wrote before it answered is there, and is read in this turn.
    await nextTurn();
    if (this.#invocation?.fault?.moment === 'after-handler') this.#end(endedError(this.#requestId, KILLED));
    else if (this.#isAlive) this.#settle(resultOf(message));
  }

  #send(invocation: RunningInvocation): void {
    if (invocation.fault?.moment === 'before-handler') {
      this.#end(endedError(invocation.requestId, KILLED));
      return;
    }
    const { timeoutMs, functionArn, now } = this.#configuration;
    const { requestId, payload } = invocation;
    this.#limit(invocation, timeoutMs);
    const head = { requestId, invokedFunctionArn: functionArn, deadlineMs: now() + timeoutMs };
    this.#channel.cork();
    for (const part of encodeInvocation(head, payload)) this.#channel.write(part);
    this.#channel.uncork();
  }

  #limit(invocation: RunningInvocation, ms: number): void {
    clearTimeout(invocation.timer);
    invocation.timer = setTimeout(() => {
      this.#fail({ kind: 'timeout', timeoutMs: this.#configuration.timeoutMs });
    }, ms);
  }

  get #requestId(): string {
    return this.#invocation?.requestId ?? '';
  }

  /** The process ended, or runs too long. */
  #fail(cause: EndCause): void {
    if (!this.#isAlive) return;
    const { logFormat, onLog } = this.#configuration;
    const line = endLine(logFormat, this.#requestId, cause);
    if (line !== undefined) onLog(line, this.id);
    this.#crash(cause, endedError(this.#requestId, cause));
  }

  #crash(cause: CrashCause, error: LambdaError): void {
    if (!this.#isAlive) return;
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

  /** The invocation fails once the process is gone, so that nothing of it runs beside a retry. */
  #end(error: LambdaError): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#process.kill('SIGKILL');
    void this.#ended.then(() => {
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

function resultOf(message: Extract<EnvironmentMessage, { kind: 'response' | 'error' }>): InvocationResult {
  if (message.kind === 'error') return errorResult(message.error);
  const { payload } = message;
  const isTooLarge = Buffer.byteLength(payload) > LAMBDA_MAX_PAYLOAD_BYTES;
  return isTooLarge ? errorResult(responseTooLarge()) : { kind: 'response', payload };
}

function errorResult(error: LambdaError): InvocationResult {
  return { kind: 'error', functionError: 'Unhandled', payload: JSON.stringify(error) };
}
