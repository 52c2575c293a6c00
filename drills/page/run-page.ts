import { createWriteStream, type WriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { functionFolder, unknownFunctionProblem } from '../../build/function-folder.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { readLocalSettings } from '../../local/examples/local-settings.ts';
import { startLiveWorld } from '../../local/live/live-world.ts';
import { readRecording, replay } from '../../local/page/replay.ts';
import { startPage } from '../../local/page/start-page.ts';
import { openInput } from '../../local/run/open-input.ts';
import type { RunOptions } from '../../local/run/run-options.ts';
import type { Screen } from '../../command-line/screen.ts';
import { FLIGHTS_FROM_NOWHERE, NO_EVENTS } from '../live/bad-events.ts';
import { livePlan } from '../live/live-plan.ts';
import { synthesizeLiveStack } from '../live/live-stack.ts';
import { pageActions, pageForms } from './page-actions.ts';
import { PageWorld } from './page-world.ts';

/** A stage whose settings are those of a laptop: one that costs little. */
const STAGE = 'dev';

/** Without them there is nothing to see once the backlog is gone. */
const ARRIVALS_PER_SECOND = 50;

const SNAPSHOT_MS = 1_000;

/**
 * Shows a function live on a page: the local world under a clock that can be turned, with the watchdog and the alarms of
 * the stage that would be deployed. With `replay`, shows a recording instead.
 *
 * @param signal ends it
 * @returns true once it was ended
 * @throws UsageError for options that turn out wrong on closer look
 */
export async function runPage(options: RunOptions, screen: Screen, signal: AbortSignal): Promise<boolean> {
  return options.replay === undefined ? runLive(options, screen, signal) : runReplay(options.replay, screen, signal);
}

async function runLive(options: RunOptions, screen: Screen, signal: AbortSignal): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  screen.update('starting stack, PostgreSQL and Kinesis emulator …');
  const world = await openWorld(options, stack);
  screen.update('starting alarms …');
  const page = await startPage({
    title: `${options.functions.join(', ')} on this machine`,
    first: await world.begin(),
    forms: pageForms(world.controls),
    act: pageActions(world),
  });
  stack.use(page);
  const file = options.record === undefined ? undefined : openRecording(options.record, stack);
  world.listen((snapshot) => {
    page.show(snapshot);
    file?.write(`${JSON.stringify(snapshot)}\n`);
  });
  screen.say(`The page is at ${page.url}`);
  screen.say('Press Ctrl-C to end it.');
  await world.fill(options.events ?? 0);
  while (!signal.aborted) {
    await world.tick();
    await sleep(SNAPSHOT_MS, undefined, { signal }).catch(() => undefined);
  }
  return true;
}

async function runReplay(path: string, screen: Screen, signal: AbortSignal): Promise<boolean> {
  await using page = await replay(await readRecording(path, '--replay'));
  screen.say(`The recording is at ${page.url}`);
  screen.say('Press Ctrl-C to end it.');
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  return true;
}

function openRecording(path: string, stack: AsyncDisposableStack): WriteStream {
  const file = createWriteStream(path);
  stack.defer(() => new Promise<void>((resolve) => file.end(resolve)));
  return file;
}

/** Starts everything; the stack ends it. */
async function openWorld(options: RunOptions, stack: AsyncDisposableStack): Promise<PageWorld> {
  const [functionName = ''] = options.functions;
  const unknown = await unknownFunctionProblem('--function', functionName);
  if (unknown !== undefined) throw new UsageError([unknown]);
  const folder = functionFolder(functionName);
  const settings = await readLocalSettings(folder);
  const input = await openInput(options, [settings]);
  const live = await synthesizeLiveStack(STAGE, { functionName: folder.name });
  const world = stack.use(await startLiveWorld({ folder, example: settings.example }));
  await world.clock.run();
  const plan = livePlan(live.deployment, live.code);
  const { batchSize, parallelizationFactor, shards: shardCount } = options;
  const deployment = await world.deploy({
    ...plan,
    shardCount,
    mapping: { ...plan.mapping, batchSize, parallelizationFactor },
    pace: {},
  });
  deployment.dataApi.setLatencyMs(options.dataApiLatencyMs);
  const client = world.kinesis.client();
  stack.defer(() => {
    client.destroy();
  });
  return new PageWorld({
    functionName: folder.name,
    world,
    deployment,
    template: live.deployment,
    events: input.events()[Symbol.iterator](),
    badEvents: folder.name === 'flights' ? FLIGHTS_FROM_NOWHERE : NO_EVENTS,
    client,
    arrivalsPerSecond: options.rate > 0 ? options.rate : ARRIVALS_PER_SECOND,
  });
}
