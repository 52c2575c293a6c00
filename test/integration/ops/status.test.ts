import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownFunctionFolder } from '../../../build/function-folder.ts';
import { createWatchMemory } from '../../../functions/watchdog/watch-stream.ts';
import { flightsExample } from '../../../local/examples/flights-example.ts';
import { startLiveWorld, type LiveWorld } from '../../../local/live/live-world.ts';
import { describeStatus, statusExitCode } from '../../../ops/status/describe-status.ts';
import { readStatus, readWatchdogSettings } from '../../../ops/status/read-status.ts';
import { runStatus } from '../../../ops/status/run-status.ts';
import type { Status } from '../../../ops/status/status.ts';
import { LookedAfterStack, type PlacedRecord } from '../../support/looked-after-stack.ts';

let world: LiveWorld;

beforeAll(async () => {
  world = await startLiveWorld({ folder: ownFunctionFolder('flights'), example: flightsExample });
});

afterAll(() => world[Symbol.asyncDispose]());

/** How a command sees the stack. */
async function look(stack: LookedAfterStack): Promise<Status> {
  using target = await stack.open();
  const environment = await readWatchdogSettings(target);
  return await readStatus({ target, environment, memory: createWatchMemory(), now: () => world.clock.now() });
}

async function pass(minutes: number): Promise<void> {
  await world.clock.turnTo(world.clock.now() + minutes * 60_000);
}

/** The first line, without the name of the stack and the time. */
function told(status: Status): string {
  const lines = describeStatus(status, 'UTC');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const end = lines.indexOf('');
  return lines
    .slice(0, end)
    .map((line) => line.trim())
    .join(' ')
    .replace(/^\S+ [\d-]*\s?\d\d:\d\d {2}/, '');
}

describe('ops status', () => {
  it('is fine with a consumer that is level', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'healthy');
    await stack.commit([await stack.put(0)]);
    await stack.commit([await stack.put(1)]);
    await pass(2);
    const status = await look(stack);
    expect(told(status)).toBe('OK: caught up');
    expect(statusExitCode(status)).toBe(0);
    expect(status).toMatchObject({
      functionVersion: '7',
      buildVersion: '0123456789abcdef',
      pageSubscribers: 1,
      failedBatches: 0,
      quarantine: { open: 0, waiting: 0 },
      watchdog: 'silent',
      alarms: 'none',
      failures: [],
    });
  });

  it('names a consumer that somebody switched off, since when, and when data is lost', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'stopped');
    await stack.commit([await stack.put(0)]);
    await pass(1);
    await stack.put(0);
    stack.setMapping('Disabled');
    await pass(20);
    const status = await look(stack);
    expect(told(status)).toMatch(/^STOPPED since (\S+ )?\d\d:\d\d: the mapping is disabled$/);
    expect(statusExitCode(status)).toBe(2);
    expect(status.shards[0]).toMatchObject({ verdict: 'STALLED', ageSeconds: 1_200, recordsPerSecond: 0 });
    expect(describeStatus(status, 'UTC').join('\n')).toMatch(/^act by {4}unknown: .*records will\s+be\s+lost\s+from/m);
  });

  it('names a consumer that moves nothing though it is switched on', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'still');
    await stack.commit([await stack.put(0)]);
    await pass(1);
    await stack.put(0);
    await pass(20);
    expect(told(await look(stack))).toMatch(/^STOPPED since .*: no shard makes progress, 20 min behind$/);
  });

  it('names a lane that is stuck while others move, and why', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'stuck');
    const stuck = await stack.put(0);
    for (let minute = 0; minute < 12; minute += 1) {
      await pass(1);
      await stack.commit([await stack.put(0)]);
    }
    await stack.sql(
      `INSERT INTO event_processor.held_position (function_name, shard_id, sequence_number, arrived_at, reason, detail,
         code_version, held_since) VALUES ('flights', $1, $2, to_timestamp($3), 'transient', 'somebody holds a lock', 'b',
         now() - interval '10 minutes')`,
      [stuck.shardId, stuck.sequenceNumber, stuck.arrivalMs / 1000],
    );
    const status = await look(stack);
    expect(told(status)).toMatch(/^HELD since .*: somebody holds a lock$/);
    expect(statusExitCode(status)).toBe(2);
    expect(status.shards.map(({ verdict, ageSeconds }) => [verdict, ageSeconds])).toEqual([
      ['HELD', 720],
      ['OK', 0],
    ]);
  });

  it('names a shard that falls behind for want of partition keys, beside one that is level', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'hot');
    const backlog: PlacedRecord[] = [];
    const metric = {
      namespace: 'AWS/Lambda',
      name: 'Duration',
      dimensions: { FunctionName: 'hot-processor' },
    };
    for (let minute = 0; minute < 40; minute += 1) {
      backlog.push(await stack.put(0), await stack.put(0));
      await stack.commit([await stack.put(1)]);
      const next = backlog.shift();
      if (next !== undefined) await stack.commit([next], 600);
      // One lane of the four is at work all the time.
      world.services.metrics.put({ metric, timestampMs: world.clock.now(), values: [58_000] }, world.clock.now());
      await pass(1);
    }
    const status = await look(stack);
    expect(told(status)).toMatch(/^SLOW: not catching up at this rate since .*: \d+ min behind$/);
    expect(statusExitCode(status)).toBe(1);
    expect(status.shards[0]).toMatchObject({ verdict: 'SLOW', binding: 'keys', recordsPerSecond: 8 });
    expect(status.shards[1]).toMatchObject({ verdict: 'OK', binding: undefined });
  });

  it('says how long a catch-up takes, and is told again and again where somebody watches', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'catching');
    const backlog: PlacedRecord[] = [];
    for (let minute = 0; minute < 90; minute += 1) {
      backlog.push(await stack.put(0));
      await pass(1);
    }
    for (let minute = 0; minute < 40; minute += 1) {
      await stack.commit(backlog.splice(0, 2));
      await pass(1);
    }
    using target = await stack.open();
    const lines: string[] = [];
    const watching = new AbortController();
    const console = {
      say: (line: string) => {
        lines.push(line);
        if (lines.length === 2) watching.abort();
      },
      progress: () => undefined,
      signal: watching.signal,
      isTerminal: false,
      now: () => world.clock.now(),
    };
    expect(await runStatus(target, { watch: true, every: 0.01, json: false }, console)).toBe(1);
    expect(lines).toEqual([0, 1].map(() => expect.stringMatching(/\d\d:\d\d CATCHING UP, 4\d min left$/) as string));
    expect(await runStatus(target, { watch: false, every: 15, json: true }, console)).toBe(1);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      judgement: { verdict: 'CATCHING_UP', sinceAt: null },
      shards: [{ positionAt: expect.stringMatching(/Z$/) as string, verdict: 'CATCHING_UP' }, { verdict: 'OK' }],
      lastMoment: { lossAt: expect.stringMatching(/Z$/) as string },
      mapping: { changedAt: expect.stringMatching(/Z$/) as string },
      exitCode: 1,
    });
  });

  it('calls for somebody when a quarantine is full, though nothing is behind', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'full');
    await stack.commit([await stack.put(0)]);
    await stack.sql(`INSERT INTO event_processor.quarantine (function_name, shard_id, sequence_number, sub_sequence_number,
        partition_key, arrived_at, payload, reason, detail, code_version, attempts, quarantined_at)
      SELECT 'flights', 'shardId-000000000000', n, 0, 'k', now(), '', 'schema', 'bad', 'b', 1, now() - interval '3 hours'
      FROM generate_series(1, 12000) AS n`);
    const status = await look(stack);
    expect(told(status)).toBe('OK: caught up; 10,000 or more quarantined events to be redriven');
    expect(statusExitCode(status)).toBe(2);
    expect(describeStatus(status).join('\n')).toContain('quarantine 10,000 or more open, oldest 3 h');
  });

  it('sees nothing without its database, says so, and claims no zero', { timeout: 90_000 }, async () => {
    await using stack = await LookedAfterStack.deploy(world, 'dead');
    await stack.put(0);
    await pass(10);
    stack.dataApi.setFaults(() => ({ kind: 'error', name: 'DatabaseUnavailableException', when: 'before' }));
    const status = await look(stack);
    expect(told(status)).toMatch(
      /^BLIND: the ages of all shards are unknown; .*the database was not ready within 20 s/,
    );
    expect(statusExitCode(status)).toBe(3);
    const text = describeStatus(status).join('\n');
    expect(text).toMatch(/^0 +unknown +unknown +unknown +blind/m);
    expect(text).toContain('quarantine unknown');
    stack.dataApi.setFaults(undefined);
  });

  it('names the permission that is missing, and tells the rest all the same', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'denied');
    await stack.commit([await stack.put(0)]);
    world.services.buckets.delete('denied-failed');
    world.services.topics.set('arn:aws:sns:us-east-1:000000000000:denied', 'refused');
    const status = await look(stack);
    expect(status.failures).toEqual([
      'cannot see the on-failure bucket: S3 ListObjectsV2: AccessDenied: Access Denied; ' +
        'you need s3:ListBucket; attach the policy in the output OperatorPolicyArn, which grants it',
    ]);
    expect(told(status)).toBe('OK: caught up');
    expect(statusExitCode(status)).toBe(3);
    const text = describeStatus(status).join('\n');
    expect(text).toMatch(/^waiting {3}quarantine 0 open, 0 retried automatically; on-failure objects unknown$/m);
    expect(text).toMatch(/^pages {5}unknown$/m);
  });

  it('lists the alarms that are on, those of the stack alone, what the watchdog said last, and what Lambda gave up', async () => {
    await using stack = await LookedAfterStack.deploy(world, 'loud');
    await stack.commit([await stack.put(0)]);
    const sinceMs = world.clock.now() - 600_000;
    world.services.alarms = () => [
      { name: 'loud-MonitoringAlarmsBehind9B43FB60-1X2Y', kind: 'metric', state: 'ALARM', reason: '', sinceMs },
      { name: 'loud-NotKeepingUp', kind: 'composite', state: 'ALARM', reason: '', sinceMs: sinceMs + 60_000 },
      { name: 'loud-MonitoringAlarmsDurationC56F6DCA-3Z', kind: 'metric', state: 'OK', reason: '', sinceMs },
      { name: 'loud-eu-MonitoringAlarmsBehind9B43FB60-4W', kind: 'metric', state: 'ALARM', reason: '', sinceMs },
      { name: 'loud-eu-NotKeepingUp', kind: 'composite', state: 'ALARM', reason: '', sinceMs },
    ];
    const metric = { namespace: 'KinesisToAurora', name: 'Verdict', dimensions: { service: 'loud' } };
    const said = { metric, timestampMs: world.clock.now() - 60_000, values: [2] };
    world.services.metrics.put(said, said.timestampMs);
    world.services.buckets.get('loud-failed')?.set('aws/lambda/1', { body: '', modifiedAtMs: 0 });
    const status = await look(stack);
    world.services.alarms = () => [];
    expect(status.alarms).toEqual([
      { name: 'Behind', sinceMs },
      { name: 'NotKeepingUp', sinceMs: sinceMs + 60_000 },
    ]);
    expect(told(status)).toBe('OK: caught up; 1 batch that Lambda gave up to be redriven');
    expect(status.watchdog).toMatchObject({ verdict: 'SLOW' });
    expect(describeStatus(status).join('\n')).toMatch(/^watchdog {2}said slow at (\S+ )?\d\d:\d\d$/m);
  });
});
