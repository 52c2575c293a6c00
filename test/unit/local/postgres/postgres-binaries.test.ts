import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPostgresBinaries, makeReachable } from '../../../../local/postgres/postgres-binaries.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postgres-binaries-'));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true }));

/** A build in a folder with these rights. */
async function build(mode: number) {
  const root = join(folder, 'build');
  await mkdir(join(root, 'bin'), { recursive: true });
  const binaries = { initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
  for (const program of Object.values(binaries)) await writeFile(program, 'program', { mode: 0o700 });
  await chmod(root, mode);
  return binaries;
}

describe('makeReachable', () => {
  it('leaves programs alone that others can reach', async () => {
    const binaries = await build(0o755);
    expect(await makeReachable(binaries, join(folder, 'copy'))).toBe(binaries);
  });

  it('copies programs that others cannot reach, with the right to run them', async () => {
    const reachable = await makeReachable(await build(0o700), join(folder, 'copy'));
    expect(dirname(reachable.postgres)).toBe(join(folder, 'copy', 'bin'));
    for (const path of [join(folder, 'copy'), reachable.initdb, reachable.postgres]) {
      expect((await stat(path)).mode & 0o005).toBe(0o005);
    }
  });
});

describe('findPostgresBinaries', () => {
  it('finds programs that are there', async () => {
    const { initdb, postgres } = await findPostgresBinaries();
    for (const program of [initdb, postgres]) expect((await stat(program)).isFile()).toBe(true);
  });
});
