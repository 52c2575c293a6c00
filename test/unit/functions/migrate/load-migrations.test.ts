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

  test('takes the byte order mark of an editor away', async () => {
    await writeFile(join(folder, '001-a.sql'), "\ufeffSELECT 'ä'");
    await expect(loadMigrations('flights', folder)).resolves.toMatchObject([{ sql: "SELECT 'ä'" }]);
  });

  test('refuses every file that is no text in UTF-8', async () => {
    await writeFile(join(folder, '001-a.sql'), 'SELECT 1');
    await writeFile(join(folder, '002-utf-16.sql'), Buffer.from('SELECT 2', 'utf16le'));
    await writeFile(join(folder, '003-latin.sql'), Buffer.from("SELECT 'ä'", 'latin1'));
    await expect(loadMigrations('flights', folder)).rejects.toMatchObject({
      problems: ['002-utf-16.sql', '003-latin.sql'].map(
        (name) => `functions/flights/migrations/${name}: must be text in UTF-8, got other bytes; save it as UTF-8`,
      ),
    });
  });
});
