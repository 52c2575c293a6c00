import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createFunctionRuntime, type FunctionRuntime } from '../../../local/environments/function-runtime.ts';

let folder: string;
let runtime: FunctionRuntime;
let waiting: Promise<void>;
let wait: () => void;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployed-'));
  // Says that it has begun, and ends when the test writes a file.
  const slow = `import { access } from 'node:fs/promises';
    export const handler = async ({ until }) => {
      console.log('begun');
      while (until && !(await access(until).then(() => true, () => false))) await new Promise((next) => setTimeout(next, 10));
      return 'old';
    };`;
  await writeFile(join(folder, 'old.mjs'), slow);
  await writeFile(join(folder, 'new.mjs'), "export const handler = async () => 'new';");
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => runtime.close());

function start(): void {
  waiting = new Promise((resolve) => (wait = resolve));
  runtime = createFunctionRuntime({
    bundlePath: join(folder, 'old.mjs'),
    functionName: 'deployed',
    timeoutMs: 60_000,
    onLog: (line) => {
      if (line.includes('begun')) wait();
    },
  });
}

async function invoke(payload: object = {}): Promise<unknown> {
  const result = await runtime.invoke(JSON.stringify(payload), { requestId: crypto.randomUUID() });
  return result.kind === 'response' ? JSON.parse(result.payload) : result;
}

it('runs new code in a new environment, and ends those of the code before', async () => {
  start();
  expect(await invoke()).toBe('old');
  runtime.deploy(join(folder, 'new.mjs'));
  expect(await invoke()).toBe('new');
  expect(runtime.environments()).toMatchObject([{ id: 'deployed-2' }]);
});

it('lets an invocation under way end where it began', async () => {
  start();
  const until = join(folder, 'go');
  const running = invoke({ until });
  await waiting;
  runtime.deploy(join(folder, 'new.mjs'));
  expect(await invoke()).toBe('new');
  expect(runtime.environments()).toMatchObject([
    { id: 'deployed-1', isBusy: true },
    { id: 'deployed-2', isBusy: false },
  ]);
  await writeFile(until, '');
  expect(await running).toBe('old');
  expect(runtime.environments()).toMatchObject([{ id: 'deployed-2' }]);
});
