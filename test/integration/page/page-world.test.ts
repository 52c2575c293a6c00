import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../drills/page/launch-chromium.ts';
import type { PageSnapshot, PageSum } from '../../../local/page/page-snapshot.ts';
import { withoutBrowser } from '../../support/chromium.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Starts a program of this project that says where its page is. */
async function startProgram(...argv: readonly string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'bin/local.ts'), ...argv], { cwd: ROOT, detached: true });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (text: Buffer): void => {
      output += text.toString();
      const [found] = /http:\/\/127\.0\.0\.1:\d+\/\w+\//.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => {
      reject(new Error(`it ended by itself: ${output}`));
    });
  });
  return { child, url };
}

/** The sums of a recording that leave a record out, or have one in two places. */
async function openSums(recording: string): Promise<readonly PageSum[]> {
  const lines = (await readFile(recording, 'utf8')).trimEnd().split('\n');
  const sums = lines.map((line) => (JSON.parse(line) as PageSnapshot).sum);
  return sums.filter(({ in: put, ...places }) => put !== Object.values(places).reduce((total, value) => total + value));
}

async function end(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit') as Promise<[number | null]>;
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  const [code] = await exited;
  return code;
}

describe.skipIf(withoutBrowser())('npm start -- --page', () => {
  let browser: Browser;
  let page: Page;
  let folder: string;
  let program: Awaited<ReturnType<typeof startProgram>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'page-'));
    browser = await launchChromium();
    program = await startProgram('--page', '--events', '500', '--rate', '20', '--record', join(folder, 'run.ndjson'));
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(program.url);
  });
  afterAll(async () => {
    await end(program.child);
    await browser.close();
    await rm(folder, { recursive: true });
  });

  const press = async (button: string, says: string | RegExp) => {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByText(says).waitFor();
  };
  const verdict = (words: string) => page.locator('[data-part="verdict"]', { hasText: words }).waitFor();
  const closedSum = () => page.locator('[data-part="sum"]', { hasText: 'All records are accounted for.' }).waitFor();
  const text = (part: string) => page.locator(`[data-part="${part}"]`).innerText();
  const alarm = (name: string) => page.locator('[data-part="alarms"] tr', { hasText: name }).first().innerText();

  it('is caught up, with alarms that are quiet', async () => {
    await verdict('OK');
    await closedSum();
    expect(await text('alarm-words')).toBe('');
    expect(await alarm('MappingDisabled')).toContain('OK');
  });

  it('shows a stopped consumer: the age rises, the alarm turns, and the page goes out', async () => {
    await press('Stop the consumer', 'The event source mapping is disabled.');
    await verdict('STOPPED');
    await press('Let them pass', '5 minutes have passed.');
    await page.locator('[data-part="alarm-words"]', { hasText: 'IncidentNotKeepingUp' }).waitFor();
    expect(await text('age-caption')).toMatch(/^5 min, rising/);
    expect(await text('messages')).toMatch(/ALARM: IncidentNotKeepingUp To on-call@example.com: .*operations\.md/);
    expect(await text('last-chance')).toContain('The oldest record leaves the stream at');
  });

  it('shows it drain once it is started, and the alarm go off', async () => {
    await press('Start the consumer', 'The event source mapping is enabled.');
    await verdict('OK');
    await press('Let them pass', '5 minutes have passed.');
    await page.waitForFunction(`document.querySelector('[data-part="alarm-words"]').textContent === ''`);
    await page.locator('[data-part="messages"]', { hasText: /^\S+ OK: IncidentNotKeepingUp/ }).waitFor();
    await closedSum();
  });

  it('changes the factor, and shows as many lanes', async () => {
    await page.getByLabel('Parallelization factor').fill('4');
    await press('Set the mapping', 'a parallelization factor of 4.');
    await page.locator('[data-part="shards"]', { hasText: 'lane 3' }).waitFor();
    await verdict('OK');
  });

  it('shows bad events in the quarantine with their reason, and redrives them', async () => {
    await press('Put bad events', '5 bad events were put on the stream.');
    await page.locator('[data-part="quarantine"] tr', { hasText: 'airports' }).waitFor();
    expect(await text('quarantine')).toMatch(/^lookup-absent\s+5\s/);
    await press('Remove the cause and redrive', '5 records were put back on the stream.');
    await page.locator('[data-part="quarantine"]', { hasText: 'Nothing is open.' }).waitFor();
    await closedSum();
  });

  it('holds while the database is away, and says so', async () => {
    await press('Stop the database', 'The database no longer answers calls.');
    await verdict('HELD');
    await press('Start the database', 'The database answers again.');
    await verdict('OK');
  });

  it('ends with Ctrl-C, and what it recorded can be played again', async () => {
    expect(await end(program.child)).toBe(130);
    expect(await openSums(join(folder, 'run.ndjson'))).toEqual([]);
    program = await startProgram('--replay', join(folder, 'run.ndjson'));
    await page.goto(program.url);
    await page.getByLabel('Times as fast').fill('600');
    await press('Play', 'Playing, 600 times as fast.');
    await page.locator('[data-part="messages"]', { hasText: 'IncidentNotKeepingUp' }).waitFor();
  });
});
