import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadMigrations } from '../../../../functions/migrate/load-migrations.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('loadMigrations', () => {
  test('reads the SQL files of a folder by name, and nothing else', async () => {
    await writeFile(join(folder, '002-b.sql'), 'SELECT 2');
    await writeFile(join(folder, '001-a.sql'), 'SELECT 1');
    await writeFile(join(folder, 'README.md'), 'no');
    await mkdir(join(folder, 'deeper'));
    await expect(loadMigrations('flights', folder)).resolves.toEqual([
      { set: 'flights', name: '001-a.sql', sql: 'SELECT 1' },
      { set: 'flights', name: '002-b.sql', sql: 'SELECT 2' },
    ]);
  });

  test('refuses a folder without SQL files, and one that is not there', async () => {
    await expect(loadMigrations('flights', folder)).rejects.toThrow(
      `the migrations of flights must be in ${folder}, got no .sql file`,
    );
    await expect(loadMigrations('flights', join(folder, 'none'))).rejects.toThrow('cannot be read');
  });
});
