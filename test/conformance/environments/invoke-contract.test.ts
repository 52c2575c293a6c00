import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeFunctionBundle } from '../../../build/bundle-function.ts';
import {
  createFunctionRuntime,
  type FunctionRuntime,
  type FunctionRuntimeOptions,
} from '../../../local/environments/function-runtime.ts';
import type { EnvironmentFault, InvocationResult } from '../../../local/mapping/ports.ts';
import type { ProbeAction } from './functions/probe.ts';

const SIX_MEGABYTES = 6 * 1024 * 1024;

let folder: string;
let runtime: FunctionRuntime;
let lines: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'environments-'));
  await writeFunctionBundle('test/conformance/environments/functions/probe.ts', folder);
  await writeFile(join(folder, 'broken.mjs'), "throw new RangeError('cannot load');");
  await writeFile(join(folder, 'syntax.mjs'), 'export const handler = (');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => runtime.close());

function start(options: Partial<FunctionRuntimeOptions> = {}): void {
  lines = [];
  runtime = createFunctionRuntime({
    bundlePath: join(folder, 'index.mjs'),
    functionName: 'flights',
    timeoutMs: 20_000,
    onLog: (line) => lines.push(line),
    ...options,
  });
}

let requests = 0;
function invoke(action: ProbeAction, argument?: unknown, fault?: EnvironmentFault): Promise<InvocationResult> {
  const context = { requestId: `request-${(requests += 1)}`, ...(fault && { fault }) };
  return runtime.invoke(JSON.stringify({ do: action, argument }), context);
}

function answer(result: InvocationResult): unknown {
  if (result.kind !== 'response') throw new Error(`expected a response, got ${JSON.stringify(result)}`);
  return JSON.parse(result.payload);
}

function errorOf(result: InvocationResult): Record<string, unknown> {
  if (result.kind !== 'error') throw new Error(`expected an error, got ${JSON.stringify(result)}`);
  expect(result.functionError).toBe('Unhandled');
  return JSON.parse(result.payload) as Record<string, unknown>;
}

describe('answers', () => {
  it('are what the handler returns, as JSON', async () => {
    start();
    expect(answer(await invoke('echo', { é: [1, null, 'x'] }))).toEqual({ é: [1, null, 'x'] });
  });

  it('are null when the handler returns nothing', async () => {
    start();
    expect(await invoke('nothing')).toEqual({ kind: 'response', payload: 'null' });
  });

  it.each([
    { what: 'exactly 6 MB', length: SIX_MEGABYTES - 2, kind: 'response' },
    { what: 'one byte more', length: SIX_MEGABYTES - 1, kind: 'error' },
  ])('of $what: $kind', async ({ length, kind }) => {
    start();
    const result = await invoke('text', length);
    expect(result.kind).toBe(kind);
    if (kind === 'error') expect(errorOf(result)['errorType']).toBe('Function.ResponseSizeTooLarge');
  });

  it('are refused to a payload above 6 MB, which never reaches the function', async () => {
    start();
    const frame = JSON.stringify({ do: 'count', argument: '' }).length;
    const largest = await invoke('count', 'x'.repeat(SIX_MEGABYTES - frame));
    expect(answer(largest)).toBe(1);
    const larger = await invoke('count', 'x'.repeat(SIX_MEGABYTES - frame + 1));
    expect(larger).toEqual({ kind: 'refused', reason: 'RequestTooLargeException' });
    expect(answer(await invoke('count'))).toBe(2);
  });
});

describe('errors', () => {
  it('carry type, message and trace of what the handler threw', async () => {
    start();
    const error = errorOf(await invoke('throwError'));
    expect(error).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such flight' });
    expect((error['trace'] as string[])[0]).toBe('TypeError: no such flight');
  });

  it('name the type of what is no error', async () => {
    start();
    expect(errorOf(await invoke('throwText'))).toEqual({
      errorType: 'string',
      errorMessage: 'just text',
      trace: [],
    });
  });

  it('leave the environment alive', async () => {
    start();
    await invoke('throwError');
    expect(answer(await invoke('count'))).toBe(2);
    expect(runtime.environmentsStarted()).toBe(1);
  });

  it('end the environment when the payload is not JSON', async () => {
    start();
    const result = await runtime.invoke('{"do":', { requestId: 'bad' });
    expect(errorOf(result)).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: 'RequestId: bad Error: Runtime exited with error: exit status 1',
    });
  });
});

describe('an environment ends, and the next invocation gets a new one', () => {
  it.each([
    { action: 'exit', argument: 0, message: 'Error: Runtime exited without providing a reason' },
    { action: 'exit', argument: 3, message: 'Error: Runtime exited with error: exit status 3' },
    {
      action: 'fillMemory',
      argument: undefined,
      message: 'Error: Runtime exited with error: signal: aborted',
    },
  ] as const)('after $action $argument', async ({ action, argument, message }) => {
    start();
    const error = errorOf(await invoke(action, argument));
    expect(error['errorType']).toBe('Runtime.ExitError');
    expect(error['errorMessage']).toBe(`RequestId: request-${requests} ${message}`);
    expect(answer(await invoke('count'))).toBe(1);
    expect(runtime.environmentsStarted()).toBe(2);
  });

  it.each(['rejectLater', 'throwLater'] as const)('after %s', async (action) => {
    start();
    expect(errorOf(await invoke(action))).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: request-${requests} Error: Runtime exited with error: exit status 1`,
    });
    expect(answer(await invoke('count'))).toBe(1);
  });

  it.each(['sleep', 'spin'] as const)('after its timeout: %s', async (action) => {
    start({ timeoutMs: 1_000 });
    const error = errorOf(await invoke(action, 60_000));
    expect(error).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: request-${requests} Error: Task timed out after 1.00 seconds`,
    });
    expect(lines.some((line) => line.endsWith(`request-${requests} Task timed out after 1.00 seconds`))).toBe(true);
    expect(answer(await invoke('count'))).toBe(1);
  });

  it('when it is killed in the middle of an invocation', async () => {
    start();
    await invoke('count');
    const running = invoke('sleep', 60_000);
    await runtime.kill(runtime.environments().find(({ isBusy }) => isBusy)!.id);
    expect(errorOf(await running)['errorMessage']).toContain('signal: killed');
    expect(runtime.environments()).toEqual([]);
    expect(answer(await invoke('count'))).toBe(1);
  });

  it.each([
    { kind: 'killed-environment', moment: 'before-handler', handled: false },
    { kind: 'out-of-memory', moment: 'after-handler', handled: true },
  ] as const)('when a fault says $kind $moment', async ({ kind, moment, handled }) => {
    start();
    await invoke('count');
    const result = await invoke('log', ['handled'], { kind, moment });
    expect(errorOf(result)['errorMessage']).toContain('signal: killed');
    expect(lines.includes('handled')).toBe(handled);
    expect(answer(await invoke('count'))).toBe(1);
  });
});

describe('code that cannot be loaded', () => {
  it.each([
    { what: 'a module that throws', bundle: 'broken', handlerName: 'handler', type: 'RangeError' },
    {
      what: 'a module that is missing',
      bundle: 'missing',
      handlerName: 'handler',
      type: 'Runtime.ImportModuleError',
    },
    {
      what: 'a handler that is missing',
      bundle: 'index',
      handlerName: 'main',
      type: 'Runtime.HandlerNotFound',
    },
    {
      what: 'a handler that is no function',
      bundle: 'index',
      handlerName: 'notAFunction',
      type: 'Runtime.HandlerNotFound',
    },
  ])('$what fails each invocation with $type', async ({ bundle, handlerName, type }) => {
    start({ bundlePath: join(folder, `${bundle}.mjs`), handlerName });
    expect(errorOf(await invoke('count'))['errorType']).toBe(type);
    expect(errorOf(await invoke('count'))['errorType']).toBe(type);
  });
});

describe('environments', () => {
  it('serve one invocation at a time, are started when needed, and stay warm', async () => {
    start({ maxConcurrency: 3 });
    expect(runtime.environmentsStarted()).toBe(0);
    await Promise.all([invoke('sleep', 200), invoke('sleep', 200)]);
    expect(runtime.environmentsStarted()).toBe(2);
    for (let index = 0; index < 5; index += 1) await invoke('echo', index);
    expect(runtime.environmentsStarted()).toBe(2);
  });

  it('throttle when all are busy and no more are allowed', async () => {
    start({ maxConcurrency: 1 });
    const running = invoke('sleep', 300);
    expect(await invoke('count')).toEqual({ kind: 'throttled' });
    await running;
    expect(answer(await invoke('count'))).toBe(2);
  });

  it('stand still between invocations', async () => {
    start();
    const before = Number(answer(await invoke('ticks')));
    await new Promise((resolve) => setTimeout(resolve, 400));
    const after = Number(answer(await invoke('ticks')));
    // The timer of 5 ms fires once on waking up, and may during the two invocations.
    expect(after - before).toBeLessThan(20);
  });

  it('have variables of their own: those given, those Lambda sets, and none of this process', async () => {
    start({ environment: { DATABASE: 'flights', AWS_LAMBDA_FUNCTION_NAME: 'not this' }, memoryMb: 256 });
    const variables = answer(await invoke('environment')) as Record<string, string>;
    expect(variables).toMatchObject({
      DATABASE: 'flights',
      AWS_LAMBDA_FUNCTION_NAME: 'flights',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      _HANDLER: 'index.handler',
    });
    expect(variables).not.toHaveProperty('PATH');
  });

  it('give the handler a context with the names of the function', async () => {
    start({ timeoutMs: 5_000 });
    const context = answer(await invoke('context')) as Record<string, unknown>;
    expect(context).toMatchObject({
      functionName: 'flights',
      functionVersion: '1',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:flights:live',
      memoryLimitInMB: '128',
      awsRequestId: `request-${requests}`,
      logGroupName: '/aws/lambda/flights',
    });
    expect(context['logStreamName']).toMatch(/^\d{4}\/\d{2}\/\d{2}\/\[1\][0-9a-f]{32}$/);
    expect(context['remaining']).toBeLessThanOrEqual(5_000);
    expect(context['remaining']).toBeGreaterThan(0);
  });

  it('count the remaining time down', async () => {
    start();
    expect(answer(await invoke('remaining', 50))).toBeGreaterThanOrEqual(45);
  });

  it('hand over every line they write before the invocation is answered', async () => {
    start();
    const written = Array.from({ length: 500 }, (_, index) => `line ${index}`);
    await invoke('log', written);
    expect(lines.filter((line) => line.startsWith('line '))).toEqual(written);
    expect(lines).toContain('to stderr');
  });

  it('are gone after close, and later invocations are throttled', async () => {
    start();
    const running = invoke('sleep', 60_000);
    await runtime.close();
    expect(errorOf(await running)['errorMessage']).toContain('signal: killed');
    expect(await invoke('count')).toEqual({ kind: 'throttled' });
    expect(runtime.environments()).toEqual([]);
  });

  it('are refused with all options that are out of range', () => {
    start();
    const create = () =>
      createFunctionRuntime({
        bundlePath: '',
        functionName: 'f',
        timeoutMs: 0,
        memoryMb: 127,
        maxConcurrency: 1_001,
      });
    expect(create).toThrow(
      '`timeoutMs` must be an integer from 1 to 900000, got 0\n' +
        '`memoryMb` must be an integer from 128 to 10240, got 127\n' +
        '`maxConcurrency` must be an integer from 1 to 1000, got 1001',
    );
  });
});
