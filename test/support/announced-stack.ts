import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { announceLocalWorld } from '../../command-line/local-worlds.ts';
import { startAwsServices, type AwsServices } from '../../local/aws/aws-services.ts';
import { deployedStack } from './deployed-stack.ts';
import { localWorld } from './local-world.ts';
import { startStubStreamSummary } from './stub-stream-summary.ts';

/** A world on this machine that commands find, with the stack `flights-local` and a stream that only tells about itself. */
export interface AnnouncedStack extends AsyncDisposable {
  readonly services: AwsServices;
  /** `TMPDIR` of programs that are to find it. */
  readonly folder: string;
}

/**
 * Announces a world in a folder for temporary files of its own, where commands of other tests do not look.
 *
 * @param streamSummary as `DescribeStreamSummary` has it
 * @param now milliseconds since 1970, by which schedules happen
 */
export async function announceStack(
  streamSummary: Parameters<typeof startStubStreamSummary>[0],
  now?: () => number,
): Promise<AnnouncedStack> {
  await using starting = new AsyncDisposableStack();
  const { outputs } = deployedStack();
  const folder = await mkdtemp(join(tmpdir(), 'worlds-'));
  starting.defer(() => rm(folder, { recursive: true }));
  vi.stubEnv('TMPDIR', folder);
  starting.defer(() => {
    vi.unstubAllEnvs();
  });
  const kinesis = starting.use(await startStubStreamSummary(streamSummary));
  const services = starting.use(await startAwsServices(now));
  services.stacks.set('flights-local', { status: 'UPDATE_COMPLETE', outputs });
  services.functions.set(outputs.FunctionName, { environment: {} });
  services.functions.set(outputs.WatchdogFunctionName, {
    environment: { DEPLOYMENT: 'flights-test', METRICS_NAMESPACE: 'Own' },
  });
  const { endpoint } = services;
  const world = localWorld(services, { endpoints: { dataApi: endpoint, others: endpoint, kinesis: kinesis.endpoint } });
  services.world = world;
  starting.use(await announceLocalWorld(world));
  const started = starting.move();
  return { services, folder, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
