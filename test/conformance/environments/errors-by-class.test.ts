import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOG_QUERIES } from '../../../lib/monitoring/log-queries.ts';
import { createFunctionRuntime } from '../../../local/environments/function-runtime.ts';
import { runLogsInsightsQuery } from '../../support/logs-insights.ts';

const CODE = `
const FATES = {
  throws: () => { throw new TypeError('no such flight'); },
  loses: () => { Promise.reject(new RangeError('lost')); },
  logs: () => { console.error('position held: no table'); },
  exits: () => { process.exit(3); },
  fills: () => { for (const all = []; ; ) all.push(new Array(100_000).fill(1)); },
  answers: () => { console.log('TypeError: handled'); },
};
export const handler = async (fate) => FATES[fate]();`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'errors-by-class-'));
  await writeFile(join(folder, 'index.mjs'), CODE);
  await writeFile(join(folder, 'endless.mjs'), 'export const handler = () => { for (;;); };');
});
afterAll(() => rm(folder, { recursive: true }));

async function logOf(name: string, fates: readonly string[], timeoutMs = 20_000): Promise<readonly string[]> {
  const lines: string[] = [];
  const runtime = createFunctionRuntime({
    bundlePath: join(folder, `${name}.mjs`),
    functionName: 'flights',
    timeoutMs,
    logFormat: 'JSON',
    onLog: (line) => lines.push(line),
  });
  for (const fate of fates) await runtime.invoke(JSON.stringify(fate), { requestId: 'request' });
  await runtime.close();
  return lines;
}

it('the query Errors by class finds everything that goes wrong in an environment', async () => {
  const lines = [
    ...(await logOf('index', ['throws', 'throws', 'loses', 'logs', 'exits', 'fills', 'answers'])),
    ...(await logOf('endless', ['ever'], 500)),
  ];
  const query = LOG_QUERIES.find(({ title }) => title === 'Errors by class');
  const rows = runLogsInsightsQuery(query?.lines ?? [], lines);
  expect(Object.fromEntries(rows.map(({ class: name, times }) => [name, times]))).toEqual({
    TypeError: 2,
    RangeError: 1,
    'position held': 1,
    'heap out of memory': 1,
    timeout: 1,
    // Each process that ended, whatever it said before.
    'Runtime.ExitError': 3,
  });
});
