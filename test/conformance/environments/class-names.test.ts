import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeFunctionBundle } from '../../../build/bundle-function.ts';
import { createFunctionRuntime, type FunctionRuntime } from '../../../local/environments/function-runtime.ts';
import type { ErrorClass } from './functions/failing.ts';

let folder: string;
let runtime: FunctionRuntime;
let lines: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'class-names-'));
  await writeFunctionBundle('test/conformance/environments/functions/failing.ts', join(folder, 'failing'));
  await writeFunctionBundle('functions/flights/handler.ts', join(folder, 'flights'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => runtime.close());

function start(name: string): void {
  lines = [];
  runtime = createFunctionRuntime({
    bundlePath: join(folder, name, 'index.mjs'),
    functionName: name,
    logFormat: 'JSON',
    onLog: (line) => lines.push(line),
  });
}

function loggedClass(): unknown {
  const entry = JSON.parse(lines[0] ?? '{}') as { level?: string; message?: { errorType?: string } };
  expect(entry.level).toBe('ERROR');
  return entry.message?.errorType;
}

describe('the log of a minified bundle names the class', () => {
  it.each<ErrorClass>([
    'UnnamedError',
    'NamedError',
    'SelfReferringError',
    'AssignedError',
    'ChildError',
    'LocalError',
    'BadRequestException',
  ])('%s', async (errorClass) => {
    start('failing');
    await runtime.invoke(JSON.stringify(errorClass), { requestId: 'request' });
    expect(loggedClass()).toBe(errorClass);
  });

  it('of an error while loading', async () => {
    start('flights');
    await runtime.invoke('{}', { requestId: 'request' });
    expect(loggedClass()).toBe('EnvironmentError');
  });
});
