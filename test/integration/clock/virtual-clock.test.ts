import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { followClock, installVirtualTime } from '../../../local/clock/database-time.ts';
import { VirtualClock } from '../../../local/clock/virtual-clock.ts';
import { createStream } from '../../../local/kinesis/create-stream.ts';
import { startKinesis } from '../../../local/kinesis/start-kinesis.ts';
import { createKinesisSource } from '../../../local/mapping/kinesis-source.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';

const DAY_MS = 86_400_000;
/** Between two looks at a clock, on a busy machine. */
const SLACK_MS = 60_000;

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

function open(): VirtualClock {
  return stack.use(new VirtualClock());
}

/** Runs a piece of JavaScript that logs one JSON text. */
async function inProcess(clock: VirtualClock, code: string): Promise<unknown> {
  const args = ['--input-type=module', '-e', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...clock.environment } });
  return JSON.parse(stdout);
}

function expectNow(ms: unknown, clock: VirtualClock): void {
  expect(Math.abs(Number(ms) - clock.now())).toBeLessThan(SLACK_MS);
}

describe('a virtual clock', () => {
  test('wakes a sleeper when it is turned past its time, and no earlier', async () => {
    const clock = open();
    let isAwake = false;
    const slept = clock.sleep(DAY_MS, new AbortController().signal).then(() => (isAwake = true));
    await clock.turnTo(clock.now() + DAY_MS / 2);
    expect(isAwake).toBe(false);
    await clock.turnTo(clock.now() + DAY_MS);
    await slept;
  });

  test('wakes a sleeper whose signal aborts', async () => {
    const abort = new AbortController();
    const slept = open().sleep(DAY_MS, abort.signal);
    abort.abort();
    await slept;
  });

  test('is never turned back', async () => {
    const clock = open();
    await clock.turnTo(clock.now() + DAY_MS);
    const before = clock.now();
    await clock.turnTo(before - DAY_MS);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
  });
});

describe('a virtual clock that stands still', () => {
  test('shows the same until it is turned, to this process and to others', async () => {
    const clock = open();
    const standsAtMs = clock.now();
    expect(await inProcess(clock, 'console.log(Date.now())')).toBe(standsAtMs);
    expect(clock.now()).toBe(standsAtMs);
  });

  test('runs when it is told to, from where it stands, and stops again', async () => {
    const clock = open();
    await clock.turnTo(clock.now() + DAY_MS);
    const before = clock.now();
    await clock.run();
    await clock.sleep(20, new AbortController().signal);
    await clock.stop();
    const after = clock.now();
    expect(after).toBeGreaterThan(before);
    expect(after - before).toBeLessThan(SLACK_MS);
    await sleep(20);
    expect(clock.now()).toBe(after);
  });
});

describe('a process that goes by a virtual clock', () => {
  test('has one time of day while it stands, however slowly it is put together', async () => {
    const clock = open();
    const timeOfDay = `
      const beganAt = process.hrtime.bigint();
      const origin = performance.timeOrigin;
      while (process.hrtime.bigint() - beganAt < 5_000_000n);
      console.log(origin + performance.now());`;
    expect(await inProcess(clock, timeOfDay)).toBe(clock.now());
  });

  test('sees its time in every form of Date, and in the time of day that performance has', async () => {
    const clock = open();
    await clock.turnTo(clock.now() + 2 * DAY_MS);
    const code = `const d = new Date();
      console.log(JSON.stringify([Date.now(), d.getTime(), Date.parse(Date()), performance.timeOrigin + performance.now(),
        d instanceof Date, new Date(5).getTime(), Date.UTC(1970, 0, 2)]))`;
    const [now, made, text, origin, ...rest] = (await inProcess(clock, code)) as unknown[];
    for (const moment of [now, made, text, origin]) expectNow(moment, clock);
    expect(rest).toEqual([true, 5, DAY_MS]);
  });

  test('hears of a turn while it runs', async () => {
    const clock = open();
    const seen = inProcess(
      clock,
      `const start = Date.now(); while (Date.now() - start < ${DAY_MS}); console.log(Date.now())`,
    );
    // More than once, in case it starts only after a turn.
    const turning = setInterval(() => void clock.turnTo(clock.now() + DAY_MS), 200);
    try {
      expect(await seen).toBeLessThanOrEqual(clock.now());
    } finally {
      clearInterval(turning);
    }
  });

  test('passes what it sleeps at once, by both of its clocks', async () => {
    const code = `import { setTimeout as sleep } from 'node:timers/promises';
      const [at, span] = [Date.now(), performance.now()];
      const value = await sleep(${DAY_MS}, 'slept');
      console.log(JSON.stringify([Date.now() - at, performance.now() - span, value]))`;
    const [wall, monotonic, value] = (await inProcess(open(), code)) as number[];
    for (const passed of [wall, monotonic]) {
      expect(passed).toBeGreaterThanOrEqual(DAY_MS);
      expect(passed).toBeLessThan(DAY_MS + SLACK_MS);
    }
    expect(value).toBe('slept');
  });
});

test('the Kinesis emulator stamps records with the time of a virtual clock', async () => {
  const clock = open();
  const kinesis = await startKinesis({ environment: clock.environment });
  stack.defer(() => kinesis.stop());
  const client = kinesis.client();
  stack.defer(() => {
    client.destroy();
  });
  const streamArn = await createStream(client, { streamName: 'clock', shardCount: 1 });
  await clock.turnTo(clock.now() + 3 * DAY_MS);
  await client.send(new PutRecordCommand({ StreamName: 'clock', PartitionKey: 'key', Data: Buffer.from('{}') }));
  const source = createKinesisSource(client, streamArn);
  const iterator = await source.openIterator('shardId-000000000000', { kind: 'trim-horizon' });
  const { records } = await source.readRecords(iterator, 1);
  expectNow(records[0]?.approximateArrivalMs, clock);
});

describe('a database that goes by a virtual clock', () => {
  test('has its time in statements, column defaults and databases that are copied from it', async () => {
    const clock = open();
    const postgres = await startPostgres();
    stack.defer(() => postgres.stop());
    const url = (name: string): string => Object.assign(new URL(postgres.url), { pathname: name }).href;
    const query = async (database: string, sql: string): Promise<readonly Record<string, unknown>[]> => {
      const client = new pg.Client({ connectionString: url(database) });
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(sql)).rows;
      } finally {
        await client.end();
      }
    };
    await query('postgres', 'CREATE DATABASE original');
    await installVirtualTime(url('original'));
    await query('original', 'CREATE TABLE noted (id integer, at timestamptz NOT NULL DEFAULT now())');
    await query('postgres', 'CREATE DATABASE copied TEMPLATE original');
    for (const name of ['original', 'copied']) stack.use(await followClock(clock, url(name)));
    await clock.turnTo(clock.now() + 4 * DAY_MS);
    for (const name of ['original', 'copied']) {
      await query(name, 'INSERT INTO noted VALUES (1)');
      const [row] = await query(
        name,
        `SELECT now() AS now, at, (SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'noted') AS schema
         FROM noted WHERE at > now() - interval '1 day'`,
      );
      expectNow((row?.['now'] as Date).getTime(), clock);
      expectNow((row?.['at'] as Date).getTime(), clock);
      expect(row?.['schema']).toBe('public');
    }
  });
});
