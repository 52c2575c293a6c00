import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFunctionRuntime } from '../../../local/environments/function-runtime.ts';

/** A module and one event, and what Lambda's own runtime client made of them. */
interface Situation {
  readonly what: string;
  readonly code: string;
  /** Files beside the module. */
  readonly files?: Readonly<Record<string, string>>;
  /** JSON text of the event. @defaultValue '{}' */
  readonly event?: string;
  readonly recorded: Outcome;
}

interface Outcome {
  /** Parsed; either this or `error` is there. */
  readonly answer?: unknown;
  readonly error?: { readonly errorType?: string; readonly errorMessage: string };
  readonly environmentGoesOn: boolean;
  /** Standard output, without timestamps and with the first line of each stack only. */
  readonly log: readonly unknown[];
}

interface Recording {
  readonly memoryMb: number;
  readonly situations: readonly Situation[];
}

const { memoryMb, situations } = JSON.parse(
  await readFile(join(import.meta.dirname, 'official-client.json'), 'utf8'),
) as Recording;

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'official-client-')));
});
afterAll(() => rm(folder, { recursive: true }));

async function observe({ code, files = {}, event = '{}' }: Situation): Promise<Outcome> {
  const directory = await mkdtemp(join(folder, 'function-'));
  const bundlePath = join(directory, 'index.mjs');
  for (const [name, text] of Object.entries({ 'index.mjs': code, ...files })) {
    await writeFile(join(directory, name), text);
  }
  const lines: string[] = [];
  const onLog = (line: string): unknown => lines.push(line);
  const runtime = createFunctionRuntime({
    bundlePath,
    functionName: 'f',
    memoryMb,
    timeoutMs: 25_000,
    logFormat: 'JSON',
    onLog,
  });
  try {
    const result = await runtime.invoke(event, { requestId: 'REQUEST' });
    if (result.kind !== 'response' && result.kind !== 'error') throw new Error(`the invocation was ${result.kind}`);
    const environmentGoesOn = runtime.environments().length > 0;
    const neutral = (text: string): string => text.replaceAll(bundlePath, 'FILE').replaceAll(directory, 'DIR');
    return {
      ...(result.kind === 'response'
        ? { answer: JSON.parse(result.payload) as unknown }
        : { error: errorOf(neutral(result.payload)) }),
      environmentGoesOn,
      log: lines.flatMap((line) => logEntry(neutral(line), environmentGoesOn)),
    };
  } finally {
    await runtime.close();
  }
}

function errorOf(payload: string): NonNullable<Outcome['error']> {
  const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: string; errorMessage: string };
  return {
    ...(errorType !== undefined && { errorType }),
    errorMessage: errorMessage.replace('RequestId: REQUEST Error: ', ''),
  };
}

/** What a process that ends says on standard error, and what Lambda says of it, was not recorded. */
function logEntry(line: string, environmentGoesOn: boolean): readonly unknown[] {
  if (!/^{.*}$/.test(line)) return environmentGoesOn ? [line] : [];
  const { timestamp, ...entry } = JSON.parse(line) as { timestamp?: string };
  if (timestamp === undefined) return [];
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return [withoutTraces(entry)];
}

function withoutTraces(value: unknown, key?: string): unknown {
  if (typeof value === 'string') return value.split('\n    at ')[0];
  if (Array.isArray(value))
    return (key === 'stackTrace' ? value.slice(0, 1) : value).map((item) => withoutTraces(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutTraces(member, name)]));
}

describe.concurrent("what Lambda's own runtime client does, recorded, an environment does too", () => {
  it.each(situations)('$what', async (situation) => {
    expect(await observe(situation)).toEqual(situation.recorded);
  });
});
