import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ListSubscriptionsByTopicCommand } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { announceLocalWorld, findLocalWorlds, localWorldsFolder } from '../../../command-line/local-worlds.ts';
import type { LocalWorld } from '../../../contract/local-world.ts';
import { startAwsServices, type AwsServices } from '../../../local/aws/aws-services.ts';
import { openTarget } from '../../../ops/stack/open-target.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { localWorld } from '../../support/local-world.ts';

const { outputs } = deployedStack();

let folder: string;
let services: AwsServices;
let announcement: AsyncDisposable;

function world(rest: Partial<LocalWorld> = {}): LocalWorld {
  return localWorld(services, rest);
}

async function announce(announced: LocalWorld): Promise<void> {
  services.world = announced;
  announcement = await announceLocalWorld(announced);
}

beforeAll(async () => {
  services = await startAwsServices();
  services.stacks.set('flights-local', { status: 'CREATE_COMPLETE', outputs });
  services.mappings.set(outputs.MappingId, { state: 'Enabled', changedAtMs: 1_000 });
  services.topics.set(outputs.PageTopicArn, 2);
  services.buckets.set('failed', new Map([['a b/1', { body: '{}', modifiedAtMs: 0 }]]));
});

afterAll(() => services[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worlds-'));
  vi.stubEnv('TMPDIR', folder);
  await announce(world());
});

afterEach(async () => {
  await announcement[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('a world on this machine', () => {
  it('is found by whoever asks for the only one, or for its stack', async () => {
    for (const local of [true, 'flights-local'] as const) {
      using target = await openTarget({ local, json: false });
      expect(target.stack).toMatchObject({ stackName: 'flights-local', outputs });
      expect(target.isLocal).toBe(true);
    }
  });

  it('is all that a command reaches, whatever the environment says', async () => {
    for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_LAMBDA', 'AWS_ENDPOINT_URL_S3']) {
      vi.stubEnv(name, 'http://127.0.0.1:1');
    }
    vi.stubEnv('STACK_NAME', 'flights-prod');
    using target = await openTarget({ local: true, stack: 'flights-prod', region: 'eu-west-1', json: false });
    const mapping = await (
      await target.client('lambda')
    ).send(new GetEventSourceMappingCommand({ UUID: outputs.MappingId }));
    expect(mapping).toMatchObject({ State: 'Enabled', LastModified: new Date(1_000) });
    const s3 = await target.client('s3');
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'failed' }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['a b/1']);
    const sns = await target.client('sns');
    const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: outputs.PageTopicArn }));
    expect(Subscriptions).toHaveLength(2);
  });

  it('without a stream says so where one is needed', async () => {
    using target = await openTarget({ local: true, json: false });
    await expect(target.client('kinesis')).rejects.toThrow('keeps its own in memory');
  });

  it('is not there any more when its process is gone, or is another one by now', async () => {
    await announcement[Symbol.asyncDispose]();
    await announceLocalWorld(world({ pid: 2 ** 22 + 1 }));
    await writeFile(join(localWorldsFolder(), 'broken.json'), '{');
    expect(await findLocalWorlds()).toEqual([]);
    expect(await readdir(localWorldsFolder())).toEqual([]);

    await announceLocalWorld(world());
    services.world = world({ startedAt: '2026-11-26T10:00:00.000Z' });
    await expect(openTarget({ local: true, json: false })).rejects.toThrow(
      '`--local` found no running local world; start one with',
    );
  });

  it('is never one of another machine', async () => {
    await announcement[Symbol.asyncDispose]();
    for (const host of ['http://10.0.0.1', 'https://lambda.eu-west-1.amazonaws.com']) {
      await announceLocalWorld(world({ endpoints: { dataApi: services.endpoint, others: host } }));
      expect(await findLocalWorlds()).toEqual([]);
    }
  });

  it('must be named where it is one of several, or has several functions', async () => {
    await announcement[Symbol.asyncDispose]();
    const stacks = ['orders-local', 'flights-local'].map((stackName) => ({ stackName, functionName: stackName }));
    await announce(world({ stacks }));
    await expect(openTarget({ local: true, json: false })).rejects.toThrow(
      `\`--local\` must name one of orders-local (process ${process.pid} in /projects/flights, since 2026-11-26T09:12Z), flights-local`,
    );
    await expect(openTarget({ local: 'flight', json: false })).rejects.toThrow('got "flight"');
    using target = await openTarget({ local: 'flights-local', json: false });
    expect(target.stack.stackName).toBe('flights-local');
  });
});
