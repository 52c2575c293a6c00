import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findLocalWorlds } from '../../../command-line/local-worlds.ts';
import { runLocal } from '../../../local/run/run-local.ts';
import { parseRunOptions } from '../../../local/run/run-options.ts';
import { createScratchProject, workingFunction, type ScratchProject } from '../../support/scratch-project.ts';

let project: ScratchProject;
let folder: string;

const { 'projection.ts': projection } = workingFunction('watched');
const BROKEN = projection.replace("from 'zod'", "from 'zod/missing'");
/** Writes a column that the first version of the table does not have. */
const NOTED = projection
  .replace("state: 'text' }", "state: 'text', note: 'text?' }")
  .replace('({ orders: event })', "({ orders: { ...event, note: 'new' } })");

beforeAll(async () => {
  project = await createScratchProject();
  folder = join(project.root, 'functions/watched');
  await project.addFunction('watched', {
    // It cannot be used so far.
    'projection.ts': BROKEN,
    'local.json': '{"partitionKey":"id","events":"events.ndjson"}',
    // More than arrive while the test runs.
    'events.ndjson': Array.from({ length: 50_000 }, (_, n) => `{"id":"o${n}","state":"new"}`).join('\n'),
  });
});
afterAll(() => project.remove());

/** What a run has said. */
class Heard {
  readonly lines: string[] = [];
  failure: unknown;

  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.failure !== undefined) throw this.failure as Error;
      await sleep(50);
    }
  }
}

async function buildVersionOfStack(): Promise<string | undefined> {
  const world = (await findLocalWorlds()).find(({ pid }) => pid === process.pid);
  const client = new CloudFormationClient({
    endpoint: world?.endpoints.others ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: world?.stacks[0]?.stackName }));
  return Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'BuildVersion')?.OutputValue;
}

it('a function follows its files while its world runs: what cannot be used is told, what can is deployed with its migrations', async () => {
  const heard = new Heard();
  const ending = new AbortController();
  const screen = { say: (line: string) => void heard.lines.push(line), update: () => undefined };
  const argv = ['--function', folder, '--source', 'memory', '--watch', '--events', '10', '--rate', '20'];
  const running = runLocal(parseRunOptions(argv)!, screen, ending.signal);
  const failed = running.catch((error: unknown) => (heard.failure = error));

  expect(await heard.until(/not usable/)).toMatch(/zod\/missing[^]*Waiting for a change/);
  await writeFile(join(folder, 'projection.ts'), projection);
  const url = (await heard.until(/^ {2}psql /)).trim().slice('psql '.length);

  await writeFile(join(folder, 'projection.ts'), BROKEN);
  const refused = await heard.until(/is not used/);
  expect(refused).toMatch(
    /^watched: the change of .*projection\.ts is not used, and build (\w+) runs on: .*[^]*zod\/missing/,
  );
  const first = /build (\w+)/.exec(refused)?.[1];
  expect(await buildVersionOfStack()).toBe(first);

  await writeFile(join(folder, 'migrations/002-note.sql'), 'ALTER TABLE orders ADD COLUMN note text;\n');
  await writeFile(join(folder, 'projection.ts'), NOTED);
  const second = /build (\w+)/.exec(await heard.until(/runs now/))?.[1];
  expect(second).not.toBe(first);
  expect(await buildVersionOfStack()).toBe(second);
  expect(heard.lines).toContain('watched: applied watched/002-note.sql');

  const client = new Client({ connectionString: url });
  await client.connect();
  let notes: readonly object[] = [];
  while (notes.length < 2) {
    ({ rows: notes } = await client.query<object>('SELECT DISTINCT note FROM orders ORDER BY note'));
    await sleep(50);
  }
  expect(notes).toEqual([{ note: 'new' }, { note: null }]);
  await client.end();
  ending.abort();
  expect(await failed).toMatchObject([{ caughtUp: true, quarantined: 0 }]);
  expect(heard.lines.filter((line) => line.startsWith('WARN') || line.startsWith('CRASH'))).toEqual([]);
});
