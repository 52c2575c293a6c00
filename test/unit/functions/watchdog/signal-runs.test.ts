import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRunsSignal } from '../../../../functions/watchdog/signal-runs.ts';

let signals: { readonly body: string; readonly contentType: string | undefined }[];
let statuses: number[];
let url: string;
const server = createServer((request, response) => {
  void text(request).then((body) => {
    signals.push({ body, contentType: request.headers['content-type'] });
    response.writeHead(statuses.shift() ?? 200).end();
  });
});

beforeEach(async () => {
  signals = [];
  statuses = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signal?signature=x`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('the signal that the watchdog runs', () => {
  test('is given after the sixth run, when there is something for alarms to see, and once', async () => {
    const signal = createRunsSignal(url);
    for (let run = 1; run <= 5; run += 1) await signal();
    expect(signals).toEqual([]);
    for (let run = 6; run <= 8; run += 1) await signal();
    expect(signals).toHaveLength(1);
    expect(JSON.parse(signals[0]?.body ?? '')).toMatchObject({ Status: 'SUCCESS', UniqueId: 'watchdog' });
    expect(signals[0]?.contentType ?? '').toBe('');
  });

  test('is given again when it did not arrive, and not when the address has expired', async () => {
    statuses = [503, 403];
    const signal = createRunsSignal(url);
    for (let run = 1; run <= 10; run += 1) await signal();
    expect(signals).toHaveLength(2);
  });

  test('never fails a run, and is not given where nobody waits', async () => {
    await expect(createRunsSignal('')()).resolves.toBeUndefined();
    const unreachable = createRunsSignal('http://127.0.0.1:1/');
    for (let run = 1; run <= 6; run += 1) await expect(unreachable()).resolves.toBeUndefined();
  });
});
