import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunReport } from '../../../local/run/run-report.ts';
import { runProgram } from '../../support/run-program.ts';

it('a database that goes away in mid-drain loses nothing, quarantines nothing, and the drain goes on by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outage-'));
  try {
    const file = join(folder, 'report.json');
    const argv = ['--events', '2000', '--source', 'memory', '--batch-size', '100', '--data-api-latency-ms', '30'];
    const { code, stdout } = await runProgram('bin/local.ts', [...argv, '--database-down', '3', '--report', file]);
    const report = JSON.parse(await readFile(file, 'utf8')) as RunReport;

    expect(code).toBe(0);
    expect(stdout).toContain('PostgreSQL goes down for 3 s');
    expect(report).toMatchObject({ caughtUp: true, quarantined: 0, events: 2000 });
    // A write whose answer was lost has its effect all the same: its repetition finds duplicates.
    expect(report.written + report.duplicates).toBe(2000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
