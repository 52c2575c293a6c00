import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionFolder } from '../../../../build/function-folder.ts';
import { readLocalSettings } from '../../../../local/examples/local-settings.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-settings-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(settings: string | undefined) {
  const file = join(folder, 'local.json');
  await (settings === undefined ? rm(file, { force: true }) : writeFile(file, settings));
  return readLocalSettings(functionFolder(folder));
}

describe('local.json', () => {
  it('names partition key, events and the SQL that fills reference tables', async () => {
    await writeFile(join(folder, 'events.json'), '[{"shop":"a"},{"shop":"b"}]');
    await writeFile(join(folder, 'reference.sql'), "INSERT INTO shops VALUES ('a;b');\n-- More.\nSELECT 1;");
    const { partitionKey, example } = await read(
      '{"partitionKey":"shop","events":"events.json","reference":"reference.sql"}',
    );
    expect(partitionKey).toBe('shop');
    expect([...((await example?.input())?.events() ?? [])].map((event) => event.partitionKey)).toEqual(['a', 'b']);
    const statements: string[] = [];
    await example?.loadReference((sql) => {
      statements.push(sql);
      return Promise.reject(new Error('is not asked for rows')).catch(() => ({}) as never);
    });
    expect(statements).toEqual(["INSERT INTO shops VALUES ('a;b')", 'SELECT 1']);
  });

  it('may be missing, or name a key only', async () => {
    expect(await read(undefined)).toEqual({ partitionKey: undefined, randomKey: false, example: undefined });
    expect(await read('{"partitionKey":"shop"}')).toEqual({
      partitionKey: 'shop',
      randomKey: false,
      example: undefined,
    });
  });

  it.each([
    ['{', /local\.json must be JSON: /],
    ['{"events":7,"partitionkey":"id"}', /partitionKey: .*\n.*events: .*\n.*partitionkey/s],
  ])('that is not usable is told with its place: %s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
