import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPage, type Page } from '../../../local/page/start-page.ts';
import { FORMS, snapshot } from '../../support/page-snapshot.ts';

let page: Page;
let done: { readonly action: string; readonly fields: Readonly<Record<string, number>> }[];

beforeEach(async () => {
  done = [];
  page = await startPage({
    title: 'orders',
    first: snapshot(),
    forms: FORMS,
    act: (action, fields) => {
      done.push({ action, fields });
      return action === 'stop' ? Promise.reject(new Error('it is stopped already')) : Promise.resolve('Rate set.');
    },
  });
});
afterEach(() => page[Symbol.asyncDispose]());

function submit(fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${page.url}actions`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
    redirect: 'manual',
  });
}

describe('what the page answers', () => {
  it('runs no script and loads nothing but its own', async () => {
    const response = await fetch(page.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? 'none';
    expect(policy).toContain("default-src 'none'");
    expect(await response.text()).toContain(`<script nonce="${nonce}">`);
  });

  it('is for those who know its address', async () => {
    const { origin } = new URL(page.url);
    for (const path of ['/', '/events', '/actions', '/0123/', '/0123/actions']) {
      expect((await fetch(`${origin}${path}`)).status).toBe(404);
    }
  });

  it('refuses a host name that somebody else made to resolve to this machine', async () => {
    const { port, pathname } = new URL(page.url);
    const asked = request({ host: '127.0.0.1', port, path: pathname, headers: { host: `evil.example:${port}` } }).end();
    const status = await new Promise((resolve) =>
      asked.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      }),
    );
    expect(status).toBe(403);
  });
});

describe('a form', () => {
  it('is sent with values within its bounds', async () => {
    const response = await submit({ action: 'rate', rate: '70' }, { accept: 'text/plain' });
    expect([response.status, await response.text()]).toEqual([200, 'Rate set.']);
    expect(done).toEqual([{ action: 'rate', fields: { rate: 70 } }]);
  });

  it.each(['', '1001', '-1', '1.5', 'many'])('does nothing with %j', async (rate) => {
    const response = await submit({ action: 'rate', rate }, { accept: 'text/plain' });
    expect([response.status, await response.text()]).toEqual([
      400,
      'New events a second must be a whole number from 0 to 1000.',
    ]);
    expect(done).toEqual([]);
  });

  it('says why something could not be done', async () => {
    const response = await submit({ action: 'stop' }, { accept: 'text/plain' });
    expect([response.status, await response.text()]).toEqual([400, 'it is stopped already']);
  });

  it('leads back to the page without a script', async () => {
    const response = await submit({ action: 'rate', rate: '70' });
    expect([response.status, response.headers.get('location')]).toEqual([303, page.url]);
  });

  it('that is none of the page does nothing', async () => {
    expect((await submit({ action: 'format-disk' }, { accept: 'text/plain' })).status).toBe(400);
    expect(done).toEqual([]);
  });
});

describe('the stream of snapshots', () => {
  it('begins with the newest, and a reader that is too slow misses those in between', async () => {
    const asked = request(`${page.url}events`).end();
    const response = await new Promise<NodeJS.ReadableStream>((resolve) => asked.on('response', resolve));
    const big = 'x'.repeat(1_000_000);
    // Nobody reads yet: the second and later ones find the connection full.
    for (let n = 1; n <= 40; n += 1) page.show(snapshot({ lastChance: `${n} ${big}` }));
    const shown: string[] = [];
    const read = text(response).then((all) => {
      for (const line of all.split('\n')) {
        if (!line.startsWith('data: ')) continue;
        const parts = JSON.parse(line.slice('data: '.length)) as Record<string, string>;
        shown.push(parts['last-chance']?.split(' ')[0] ?? '');
      }
    });
    await new Promise<void>((resolve) => {
      response.on('data', (chunk: Buffer) => {
        if (chunk.includes('40 xxx')) resolve();
      });
    });
    page.show(snapshot({ lastChance: 'last of all' }));
    await page[Symbol.asyncDispose]();
    await read;
    expect(shown[0]).toBe('Nothing');
    expect(shown).toContain('40');
    expect(shown.length).toBeLessThan(20);
  });
});
