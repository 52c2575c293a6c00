/**
 * Entry of an execution environment: loads the bundle, then serves one invocation after the other. Between two
 * invocations the thread sleeps, so that timers and sockets stand still as they do on Lambda.
 *
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { EnvironmentMessage, EnvironmentSetup, InvocationMessage } from './environment-protocol.ts';
import { createLambdaContext } from './lambda-context.ts';
import { describeThrown } from './lambda-error.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const setup = workerData as EnvironmentSetup;
const sent = new Int32Array(setup.sent);
let served = 0;

function tell(message: EnvironmentMessage): void {
  setup.port.postMessage(message);
}

// Only listens: the exception then ends the environment as it would on Lambda, before its invocation is answered.
process.on('uncaughtExceptionMonitor', (error) => {
  tell({ kind: 'uncaught', error: describeThrown(error) });
});

async function loadHandler(): Promise<Handler> {
  const bundle = (await import(setup.bundleUrl).catch(failImport)) as Readonly<Record<string, unknown>>;
  const handler = bundle[setup.handlerName];
  if (typeof handler === 'function') return handler as Handler;
  const error = new Error(`index.${setup.handlerName} is undefined or not exported`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

/** Lambda's runtime gives these two a name of its own; what the module throws itself keeps its name. */
function failImport(error: unknown): never {
  if (error instanceof SyntaxError) error.name = 'Runtime.UserCodeSyntaxError';
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
    error.name = 'Runtime.ImportModuleError';
  }
  throw error;
}

async function serve(handler: Handler, { payload, requestId, deadlineMs }: InvocationMessage): Promise<void> {
  let answer: EnvironmentMessage;
  try {
    const context = createLambdaContext(setup.function, setup.logStreamName, { requestId, deadlineMs });
    const result = await handler(JSON.parse(textOf(payload)), context);
    answer = { kind: 'response', payload: jsonText(result) };
  } catch (thrown) {
    answer = { kind: 'error', error: describeThrown(thrown) };
  }
  // What the handler left behind gets one turn to fail the invocation, as in Lambda's runtime.
  await nextTurn();
  await flushed(process.stdout);
  await flushed(process.stderr);
  tell(answer);
}

/** On Lambda the event comes as a text; the bytes are freed at once, so that the collector need not count them. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): string {
  const text = Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
  buffer.transfer(0);
  return text;
}

/** A handler that returns nothing, or something JSON has no form for, answers null. */
function jsonText(result: unknown): string {
  const text: unknown = JSON.stringify(result);
  return typeof text === 'string' ? text : 'null';
}

/** Output is handed over only while the thread runs, so the last lines would stay behind in the frozen thread. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}

async function nextInvocation(): Promise<InvocationMessage> {
  Atomics.wait(sent, 0, served);
  // One turn, so that sockets which were closed meanwhile are seen before the handler uses them.
  await nextTurn();
  served += 1;
  const received = receiveMessageOnPort(setup.port);
  if (received === undefined) throw new Error('an invocation was announced and did not come');
  return received.message as InvocationMessage;
}

async function run(): Promise<void> {
  const handler = await loadHandler().catch((error: unknown) => {
    tell({ kind: 'load-error', error: describeThrown(error) });
  });
  if (handler === undefined) return;
  tell({ kind: 'ready' });
  for (;;) await serve(handler, await nextInvocation());
}

// Not awaited: an environment with nothing left to do exits with 0, a module that awaits for ever with 13.
void run();
