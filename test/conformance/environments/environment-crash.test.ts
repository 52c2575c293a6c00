import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentCrash } from '../../../local/environments/environment-protocol.ts';
import { createFunctionRuntime, type FunctionRuntime } from '../../../local/environments/function-runtime.ts';
import type { EnvironmentFault } from '../../../local/mapping/ports.ts';
import { isAlive } from '../../support/is-alive.ts';

const FUNCTION_RUNTIME_URL = new URL('../../../local/environments/function-runtime.ts', import.meta.url).href;
const TIMEOUT_MS = 20_000;
const SHORT_TIMEOUT_MS = 500;

let folder: string;
let runtime: FunctionRuntime | undefined;
let crashes: EnvironmentCrash[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crashes-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => runtime?.close());

async function start(code: string, timeoutMs = TIMEOUT_MS): Promise<FunctionRuntime> {
  const directory = await mkdtemp(join(folder, 'function-'));
  await writeFile(join(directory, 'index.mjs'), code);
  crashes = [];
  runtime = createFunctionRuntime({
    bundlePath: join(directory, 'index.mjs'),
    functionName: 'flights',
    timeoutMs,
    onCrash: (crash) => crashes.push(crash),
  });
  return runtime;
}

async function crashOf(code: string, timeoutMs?: number): Promise<EnvironmentCrash | undefined> {
  const started = await start(code, timeoutMs);
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
    {
      what: 'the timeout',
      code: handler('for (;;);'),
      cause: { kind: 'timeout', timeoutMs: SHORT_TIMEOUT_MS },
      timeoutMs: SHORT_TIMEOUT_MS,
    },
  ])('$what', async ({ code, cause, timeoutMs }) => {
    const crash = await crashOf(code, timeoutMs);
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

  it('that there is no code', async () => {
    crashes = [];
    const onCrash = (crash: EnvironmentCrash): unknown => crashes.push(crash);
    const bundlePath = join(folder, 'nowhere', 'index.mjs');
    runtime = createFunctionRuntime({ bundlePath, functionName: 'flights', onCrash });
    await runtime.invoke('{}', { requestId: 'request' });
    expect(crashes).toMatchObject([
      { phase: 'init', cause: { kind: 'load-error' }, error: { errorType: 'Runtime.ImportModuleError' } },
    ]);
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

describe('an environment in an endless loop', () => {
  it.each(['process.exit()', "process.kill(process.pid, 'SIGKILL')"])(
    'ends with the process that started it, after %s',
    async (end) => {
      const code = "console.log('pid', process.pid); export const handler = () => { for (;;); };";
      await writeFile(join(folder, 'endless.mjs'), code);
      const script = `
        import { createFunctionRuntime } from ${JSON.stringify(FUNCTION_RUNTIME_URL)};
        const onLog = (line) => {
          console.log(line);
          setTimeout(() => ${end}, 200);
        };
        const runtime = createFunctionRuntime({ bundlePath: 'endless.mjs', functionName: 'flights', timeoutMs: 20_000, onLog });
        await runtime.invoke('{}', { requestId: 'request' });`;
      const { stdout } = await outputOf(script);
      const pid = Number(/^pid (\d+)$/m.exec(stdout)?.[1]);
      expect(pid).toBeGreaterThan(0);
      try {
        await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
      } finally {
        if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      }
    },
  );
});

/** Runs a module, however it ends. */
function outputOf(script: string): Promise<{ readonly stdout: string }> {
  const options = { cwd: folder, env: { TMPDIR: folder } };
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options);
  return running.catch((error: unknown) => error as { readonly stdout: string });
}

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
