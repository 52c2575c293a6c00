import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEventFile } from '../../../../local/run/event-input.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-input-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a partition key in an input file', () => {
  it.each([
    ['text', '"k"', 'k'],
    ['a number', '7', '7'],
    ['a number beyond 2^53', '9007199254740993', '9007199254740993'],
  ])('may be %s, and keeps all its digits', async (_kind, key, expected) => {
    const file = join(folder, 'events.ndjson');
    const line = `{"id":${key}}`;
    await writeFile(file, `${line}\n`);
    const { events } = await readEventFile(file, 'id');
    expect([...events()]).toEqual([{ partitionKey: expected, data: line }]);
  });
});
