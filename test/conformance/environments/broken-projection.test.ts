import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFunctionBundle } from '../../../build/bundle-function.ts';
import { createFunctionRuntime } from '../../../local/environments/function-runtime.ts';

it('logs every problem of a projection that cannot work, under the name of its class, when it is loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'broken-projection-'));
  const lines: string[] = [];
  const runtime = createFunctionRuntime({
    bundlePath: join(folder, 'index.mjs'),
    functionName: 'orders',
    logFormat: 'JSON',
    onLog: (line) => lines.push(line),
  });
  try {
    await writeFunctionBundle('test/conformance/environments/functions/broken-projection.ts', folder);
    const result = await runtime.invoke('{}', { requestId: 'request' });

    const problems = [
      expect.stringMatching(/^`name` must be /) as string,
      expect.stringMatching(/^table `orders`: column `id` must be of a type from .*, got "varchar"$/) as string,
    ];
    const { level, message } = JSON.parse(lines[0] ?? '{}') as { level: string; message: Record<string, string> };
    expect({ level, message }).toMatchObject({ level: 'ERROR', message: { errorType: 'ProjectionError', problems } });
    expect(message['errorMessage']?.split('\n')).toEqual([
      'the projection is invalid:',
      expect.stringMatching(/^- `name` must be /) as string,
      expect.stringMatching(/^- table `orders`: column `id` /) as string,
    ]);
    expect(message['stackTrace']?.[0]).toBe('ProjectionError: the projection is invalid:');
    expect(result.kind === 'error' && JSON.parse(result.payload)).toMatchObject({
      errorType: 'ProjectionError',
      errorMessage: message['errorMessage'],
    });
  } finally {
    await runtime.close();
    await rm(folder, { recursive: true });
  }
});
