import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentCrash } from '../../../local/environments/environment-protocol.ts';
import { createFunctionRuntime, type FunctionRuntime } from '../../../local/environments/function-runtime.ts';
import type { EnvironmentFault } from '../../../local/mapping/ports.ts';

const TIMEOUT_MS = 1_000;

let folder: string;
let runtime: FunctionRuntime | undefined;
let crashes: EnvironmentCrash[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crashes-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => runtime?.close());

async function start(code: string): Promise<FunctionRuntime> {
  const directory = await mkdtemp(join(folder, 'function-'));
  await writeFile(join(directory, 'index.mjs'), code);
  crashes = [];
  runtime = createFunctionRuntime({
    bundlePath: join(directory, 'index.mjs'),
    functionName: 'flights',
    timeoutMs: TIMEOUT_MS,
    onCrash: (crash) => crashes.push(crash),
  });
  return runtime;
}

async function crashOf(code: string): Promise<EnvironmentCrash | undefined> {
  const started = await start(code);
  const result = await started.invoke('{}', { requestId: 'request' });
  expect(crashes).toHaveLength(1);
  expect(result).toEqual({ kind: 'error', functionError: 'Unhandled', payload: JSON.stringify(crashes[0]?.error) });
  return crashes[0];
}

const handler = (body: string): string => `export const handler = async () => { ${body} };`;

describe('an environment that ends by itself tells', () => {
  it.each([
    { what: 'exit status 3', code: handler('process.exit(3);'), cause: { kind: 'exit', status: 3 } },
    { what: 'exit status 0', code: handler('return new Promise(() => {});'), cause: { kind: 'exit', status: 0 } },
    {
      what: 'the signal for a full heap',
      code: handler('for (const all = []; ; ) all.push(new Array(100_000).fill(1));'),
      cause: { kind: 'signal', signal: 'aborted' },
    },
    { what: 'the timeout', code: handler('for (;;);'), cause: { kind: 'timeout', timeoutMs: TIMEOUT_MS } },
  ])('$what', async ({ code, cause }) => {
    const crash = await crashOf(code);
    expect(crash).toMatchObject({ environmentId: 'flights-1', phase: 'invoke', cause, requestId: 'request' });
    expect(crash).not.toHaveProperty('uncaught');
  });

  it.each([
    { what: 'a rejection', body: "Promise.reject(new RangeError('lost'));" },
    { what: 'an exception', body: "setImmediate(() => { throw new RangeError('lost'); });" },
  ])('$what that nobody caught', async ({ body }) => {
    const crash = await crashOf(handler(body));
    expect(crash).toMatchObject({
      phase: 'invoke',
      cause: { kind: 'exit', status: 1 },
      error: { errorType: 'Runtime.ExitError' },
      uncaught: { errorType: 'RangeError', errorMessage: 'lost' },
    });
    expect(crash?.uncaught?.trace?.[0]).toBe('RangeError: lost');
  });

  it('what was thrown while loading, with its stack trace', async () => {
    const crash = await crashOf("throw new RangeError('cannot load');");
    expect(crash).toMatchObject({
      phase: 'init',
      cause: { kind: 'load-error' },
      error: { errorType: 'RangeError', errorMessage: 'cannot load' },
    });
    expect(crash?.error.trace?.[0]).toBe('RangeError: cannot load');
    expect(crash?.error.trace?.[1]).toContain('index.mjs:1:7');
  });

  it('that it exited while loading', async () => {
    expect(await crashOf('process.exit(4);')).toMatchObject({ phase: 'init', cause: { kind: 'exit', status: 4 } });
  });

  it('each time: every invocation starts a new one', async () => {
    const started = await start(handler('process.exit(1);'));
    await started.invoke('{}', { requestId: 'first' });
    await started.invoke('{}', { requestId: 'second' });
    expect(crashes.map(({ environmentId, requestId }) => [environmentId, requestId])).toEqual([
      ['flights-1', 'first'],
      ['flights-2', 'second'],
    ]);
  });
});

describe('an environment that is ended tells nothing', () => {
  it('when it is killed in the middle of an invocation', async () => {
    const started = await start(handler('await new Promise((done) => setTimeout(done, 60_000));'));
    const running = started.invoke('{}', { requestId: 'request' });
    await started.kill('flights-1');
    expect(await running).toMatchObject({ kind: 'error' });
    expect(crashes).toEqual([]);
  });

  it.each<EnvironmentFault>([
    { kind: 'killed-environment', moment: 'before-handler' },
    { kind: 'out-of-memory', moment: 'after-handler' },
  ])('when a fault says $kind $moment', async (fault) => {
    const started = await start(handler('return 1;'));
    expect(await started.invoke('{}', { requestId: 'request', fault })).toMatchObject({ kind: 'error' });
    expect(crashes).toEqual([]);
  });

  it('when it answers that the handler threw', async () => {
    const started = await start(handler("throw new Error('no');"));
    expect(await started.invoke('{}', { requestId: 'request' })).toMatchObject({ kind: 'error' });
    expect(crashes).toEqual([]);
  });
});
