import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '../../support/is-alive.ts';

const LOAD_BUNDLE_URL = new URL('../../../build/load-bundle.ts', import.meta.url).href;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guarded-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a bundle that loops while it is loaded', () => {
  it('ends with the process that loads it, even when that is killed', async () => {
    const pidFile = join(folder, 'pid');
    await writeFile(
      join(folder, 'index.mjs'),
      `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); for (;;);`,
    );
    const bundle = { entry: 'functions/endless/handler.ts', directory: folder };
    const script = `
      import { existsSync } from 'node:fs';
      import { loadBundle } from ${JSON.stringify(LOAD_BUNDLE_URL)};
      setInterval(() => existsSync(${JSON.stringify(pidFile)}) && process.kill(process.pid, 'SIGKILL'), 50);
      await loadBundle(${JSON.stringify(bundle)});`;
    const loading = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await once(loading, 'exit');
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(pid).toBeGreaterThan(0);
    try {
      await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });
});
