/**
 * Entry of an execution environment: a process that loads the bundle, then serves one invocation after the other, with
 * the behaviour of Lambda's runtime client for Node.js 24. Between two invocations the process stands still, timers and
 * sockets included, as it does on Lambda.
 *
 * @module
 */
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CHANNEL_FD, readInvocation } from './environment-protocol.ts';
import type { EnvironmentMessage } from './environment-protocol.ts';
import { createLambdaContext } from './lambda-context.ts';
import { describeThrown } from './lambda-error.ts';
import { loadHandler } from './load-handler.ts';
import type { Handler } from './load-handler.ts';
import { JSONStringifyError } from './runtime-errors.ts';
import { createRuntimeLog } from './runtime-log.ts';
import type { RuntimeLog } from './runtime-log.ts';

// Only listens: the exception then ends the process as it does on Lambda, before its invocation is answered.
process.on('uncaughtExceptionMonitor', (error) => {
  tell({ kind: 'uncaught', error: describeThrown(error) });
});

function tell(message: EnvironmentMessage): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < bytes.length;) written += writeSync(CHANNEL_FD, bytes, written);
}

async function load(log: RuntimeLog): Promise<Handler> {
  try {
    return await loadHandler(String(process.env['LAMBDA_TASK_ROOT']), String(process.env['_HANDLER']));
  } catch (error) {
    log.error(error);
    tell({ kind: 'load-error', error: describeThrown(error) });
    throw error;
  }
}

async function serve(handler: Handler, ...invocation: Parameters<Handler>): Promise<EnvironmentMessage> {
  const result = await handler(...invocation);
  // What the handler left behind gets one turn to fail the invocation.
  await nextTurn();
  const payload = jsonText(result);
  // The client hands the text to native code, which takes nothing else: a function, a symbol, a `toJSON` without result.
  if (payload === undefined) throw new TypeError('Wrong arguments');
  return { kind: 'response', payload };
}

function jsonText(result: unknown): string | undefined {
  try {
    return JSON.stringify(result === undefined ? null : result);
  } catch {
    throw new JSONStringifyError();
  }
}

async function failureOf(thrown: unknown, log: RuntimeLog): Promise<EnvironmentMessage> {
  await nextTurn();
  log.error(thrown);
  return { kind: 'error', error: describeThrown(thrown) };
}

async function run(): Promise<void> {
  const log = createRuntimeLog();
  const handler = await load(log);
  tell({ kind: 'ready' });
  for (;;) {
    const invocation = readInvocation();
    // Nobody is left who could send one or stop this process.
    if (invocation === undefined) process.exit(0);
    // One turn, so that sockets which were closed meanwhile are seen before the handler uses them.
    await nextTurn();
    log.requestId = invocation.head.requestId;
    const event: unknown = JSON.parse(invocation.event);
    const answer = await serve(handler, event, createLambdaContext(invocation.head)).catch((thrown: unknown) =>
      failureOf(thrown, log),
    );
    await flushed(process.stdout);
    await flushed(process.stderr);
    tell(answer);
  }
}

/** Many lines don't fit into a pipe at once, and the rest would stay behind in the process that stands still. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}

// Not awaited: a process with nothing left to do exits with 0, one whose entry awaits for ever with 13.
void run();
