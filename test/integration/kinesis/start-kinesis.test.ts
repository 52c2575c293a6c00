import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { GetRecordsCommand, GetShardIteratorCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { afterEach, describe, expect, it } from 'vitest';
import { createStream } from '../../../local/kinesis/create-stream.ts';
import { speedUpEmulator } from '../../../local/kinesis/emulator-speedup.ts';
import { fillStream } from '../../../local/kinesis/fill-stream.ts';
import { startKinesis, type KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import { isAlive } from '../../support/is-alive.ts';

const running: KinesisEmulator[] = [];
const clients: KinesisClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const emulator of running.splice(0)) await emulator.stop();
});

async function start(): Promise<{ emulator: KinesisEmulator; client: KinesisClient }> {
  const emulator = await startKinesis();
  const client = emulator.client();
  running.push(emulator);
  clients.push(client);
  return { emulator, client };
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const finish = (isConnected: boolean) => () => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once('connect', finish(true)).once('error', finish(false)).once('timeout', finish(false));
  });
}

describe('Kinesis emulator process', () => {
  it('answers the SDK on 127.0.0.1 and on no other address', async () => {
    const { emulator, client } = await start();
    expect(await createStream(client, { streamName: 'readings', shardCount: 2 })).toBe(
      'arn:aws:kinesis:us-east-1:000000000000:stream/readings',
    );
    const port = Number(new URL(emulator.endpoint).port);
    expect(await canConnect('127.0.0.1', port)).toBe(true);
    const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address, internal } of others) {
      if (!internal) expect(await canConnect(address, port)).toBe(false);
    }
  });

  it('runs several times side by side', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(first.emulator.endpoint).not.toBe(second.emulator.endpoint);
  });

  it('is gone after stop, however often that is called', async () => {
    const { emulator } = await start();
    expect(isAlive(emulator.pid)).toBe(true);
    await emulator.stop();
    expect(isAlive(emulator.pid)).toBe(false);
    await emulator.stop();
  });

  it('can be stopped after it has ended by itself', async () => {
    const { emulator } = await start();
    process.kill(emulator.pid, 'SIGKILL');
    await untilGone(emulator.pid);
    await emulator.stop();
  });

  it('does not outlive a parent that is killed', async () => {
    const source = `
      import { startKinesis } from './local/kinesis/start-kinesis.ts';
      const { pid } = await startKinesis();
      console.log(pid);
      setInterval(() => {}, 1_000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await untilGone(pid);
  });

  it('tells what went wrong when it does not start', async () => {
    await expect(startKinesis({ readyTimeoutMs: 1 })).rejects.toThrow(
      'the Kinesis emulator did not start: Error: it was not ready within 1 ms',
    );
  });
});

describe('filling a stream', () => {
  it('puts every record, more than one call takes, in the order of each key', async () => {
    const { client } = await start();
    await createStream(client, { streamName: 'readings', shardCount: 1 });
    const progress: number[] = [];
    const records = Array.from({ length: 2_345 }, (_, index) => ({
      partitionKey: `key-${index % 7}`,
      data: Buffer.from(String(index)),
    }));
    const summary = await fillStream(client, records, {
      streamName: 'readings',
      onProgress: (put) => progress.push(put),
    });
    expect(summary).toMatchObject({ records: 2_345, retried: 0 });
    expect(progress.at(-1)).toBe(2_345);

    const { ShardIterator: iterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: 'readings',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const { Records: read = [] } = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 10_000 }));
    expect(read).toHaveLength(2_345);
    for (let key = 0; key < 7; key += 1) {
      const ofKey = read.filter((record) => record.PartitionKey === `key-${key}`);
      const numbers = ofKey.map((record) => Number(Buffer.from(record.Data ?? []).toString()));
      expect(numbers).toEqual(records.flatMap((_, index) => (index % 7 === key ? [index] : [])));
    }
  });
});

describe('speed-up of the emulator', () => {
  it('applies to the installed version', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('kinesis-local'), 'utf8');
    expect(speedUpEmulator(source).notApplied).toEqual([]);
  });

  it('leaves other text alone and says so', () => {
    const { source, notApplied } = speedUpEmulator('something else');
    expect(source).toBe('something else');
    expect(notApplied).toHaveLength(2);
  });
});
