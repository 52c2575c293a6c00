import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { METRICS_DIMENSION } from '../../../contract/metrics.ts';
import { boostScheduleName, OWN_CLUSTER_OUTPUT } from '../../../contract/stack-outputs.ts';
import type { AwsServices } from '../../../local/aws/aws-services.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';
import { MappingSettingsError } from '../../../local/mapping/mapping-settings.ts';
import type { BoostReport } from '../../../ops/boost/boost-report.ts';
import { announceStack, type AnnouncedStack } from '../../support/announced-stack.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { runProgram, type ProgramResult } from '../../support/run-program.ts';

const { outputs } = deployedStack();

let announced: AnnouncedStack;
let services: AwsServices;

const CLUSTER = 'flights';

/** The shortest boost stays for a minute; on a clock that is ahead, its schedule happens that much sooner. */
const AHEAD_MS = 55_000;

beforeAll(async () => {
  announced = await announceStack({ OpenShardCount: 1, RetentionPeriodHours: 168 }, () => Date.now() + AHEAD_MS);
  services = announced.services;
});

afterAll(() => announced[Symbol.asyncDispose]());

beforeEach(() => {
  for (const { cancel } of services.schedules.values()) cancel();
  services.schedules.clear();
  Object.assign(services, { metrics: new MetricStore() });
  setMapping({});
  setOwned({});
  publish(['Own', 'BacklogAge', { [METRICS_DIMENSION]: 'flights-test' }], 3_600);
  for (let minute = 0; minute < 60; minute += 1) {
    publish(['AWS/Kinesis', 'IncomingRecords', { StreamName: 'flights' }], 60_000, minute);
    publish(['AWS/Kinesis', 'IncomingBytes', { StreamName: 'flights' }], 60_000 * 60, minute);
  }
});

function setMapping(settings: Readonly<Record<string, number>>, state = 'Enabled'): void {
  const usual = { batchSize: 100, parallelizationFactor: 1, maxBatchingWindowSeconds: 1 };
  services.mappings.set(outputs.MappingId, { state, changedAtMs: 0, settings: { ...usual, ...settings } });
}

/** What a stack may have beside its mapping: a cluster of its own, and a reservation for its function. */
function setOwned({ capacity, reserved }: { capacity?: { minAcu: number; maxAcu: number }; reserved?: number }): void {
  const own = capacity === undefined ? {} : { [OWN_CLUSTER_OUTPUT]: CLUSTER };
  services.stacks.set('flights-local', { status: 'UPDATE_COMPLETE', outputs: { ...outputs, ...own } });
  services.clusters.clear();
  if (capacity !== undefined) services.clusters.set(CLUSTER, capacity);
  services.functions.set(outputs.FunctionName, {
    environment: {},
    ...(reserved !== undefined && { reservedConcurrency: reserved }),
  });
}

function publish(
  [namespace, name, dimensions]: readonly [string, string, Readonly<Record<string, string>>],
  value: number,
  minute = 0,
): void {
  const now = Date.now();
  const timestampMs = now - 60_000 * minute;
  services.metrics.put({ metric: { namespace, name, dimensions }, timestampMs, values: [value] }, now);
}

function boost(...argv: readonly string[]): Promise<ProgramResult> {
  return runProgram('bin/ops.ts', ['boost', '--local', ...argv], {
    env: { TMPDIR: announced.folder, PATH: process.env['PATH'] ?? '' },
  });
}

async function reportOf(...argv: readonly string[]): Promise<BoostReport> {
  const { stdout } = await boost('--json', ...argv);
  return JSON.parse(stdout) as BoostReport;
}

function mapping() {
  return services.mappings.get(outputs.MappingId)?.settings;
}

describe('ops boost', () => {
  it('says what it would turn, and changes nothing without --apply', async () => {
    const report = await reportOf('--within', '20m');
    expect(report).toMatchObject({
      outcome: 'planned',
      before: { batchSize: 100, parallelizationFactor: 1 },
      isInTime: true,
    });
    expect(report.timeToCaughtUpSeconds?.before).toBeGreaterThan(1_200);
    expect(report.timeToCaughtUpSeconds?.after).toBeLessThanOrEqual(1_200);
    expect(mapping()).toMatchObject({ batchSize: 100, parallelizationFactor: 1 });
    expect(services.schedules.size).toBe(0);
  });

  it('turns the mapping, and has it set back by the scheduler when the command has long ended', async () => {
    const report = await reportOf('--within', '20m', '--for', '60s', '--apply');
    expect(report.outcome).toBe('applied');
    expect(mapping()).toMatchObject(report.after ?? {});
    const endsInMs = Date.parse(report.endsAt ?? '') - Date.now();
    expect(endsInMs).toBeGreaterThan(0);
    expect(endsInMs).toBeLessThanOrEqual(61_000);
    const client = new SchedulerClient({
      endpoint: services.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const { Target, ActionAfterCompletion } = await client.send(
      new GetScheduleCommand({ Name: boostScheduleName(outputs.MappingId, 'mapping') }),
    );
    expect(ActionAfterCompletion).toBe('DELETE');
    expect(Target?.RoleArn).toBe(outputs.BoostRoleArn);
    expect(JSON.parse(Target?.Input ?? '')).toEqual({
      Uuid: outputs.MappingId,
      BatchSize: 100,
      ParallelizationFactor: 1,
    });
  });

  it('refuses a second one, says when a deployment has changed the mapping meanwhile, and ends it on request', async () => {
    const first = await reportOf('--within', '20m', '--apply');
    setMapping({ batchSize: 700 });
    const { code, stdout } = await boost('--within', '10m', '--apply');
    expect(code).toBe(2);
    expect(stdout).toContain('a boost is on already; let it end, or end it with `--end` first');
    expect(stdout).toContain('it has batchSize 700 and parallelizationFactor 1');
    expect(await reportOf('--end')).toMatchObject({ outcome: 'ended', after: first.before });
    expect(mapping()).toMatchObject({ batchSize: 100, parallelizationFactor: 1 });
    expect(services.schedules.size).toBe(0);
    expect(await reportOf('--end')).toMatchObject({ outcome: 'none' });
  });

  it('refuses where it would not help: a disabled mapping, a held position, a shard that gives no more', async () => {
    setMapping({}, 'Disabled');
    expect(await boost('--within', '20m', '--apply')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('the mapping is disabled') as string,
    });
    setMapping({});
    publish(['Own', 'PositionsHeld', { [METRICS_DIMENSION]: 'flights-test' }], 1);
    expect((await reportOf('--within', '20m', '--apply')).reason).toContain('1 positions are held');
    Object.assign(services, { metrics: new MetricStore() });
    publish(['Own', 'BacklogAge', { [METRICS_DIMENSION]: 'flights-test' }], 3_600);
    publish(['AWS/Kinesis', 'IncomingRecords', { StreamName: 'flights' }], 600_000);
    publish(['AWS/Kinesis', 'IncomingBytes', { StreamName: 'flights' }], 600_000 * 2_000);
    const { outcome, reason } = await reportOf('--within', '2m', '--apply');
    expect(outcome).toBe('refused');
    expect(reason).toContain('more shards do not help an existing backlog');
    expect(services.schedules.size).toBe(0);
  });

  it('leaves alone what is over in time anyway', async () => {
    expect(await reportOf('--within', '7d', '--apply')).toMatchObject({ outcome: 'notNeeded' });
    expect(mapping()).toMatchObject({ batchSize: 100, parallelizationFactor: 1 });
  });

  it('turns the capacity of a cluster of its own where that binds, and sets it back', async () => {
    // Half an ACU writes 5,000 records a second, as the planner takes it; one lane could do three times as many.
    setOwned({ capacity: { minAcu: 0.5, maxAcu: 0.5 } });
    setMapping({ batchSize: 1_000 });
    const { stdout } = await boost('--within', '8m', '--apply');
    expect(stdout).toContain('  databaseMaxCapacity 0.5 → 1\n');
    expect(services.clusters.get(CLUSTER)).toEqual({ minAcu: 0.5, maxAcu: 1 });
    // What is not turned needs no end.
    expect([...services.schedules.keys()]).toEqual([boostScheduleName(outputs.MappingId, 'cluster')]);
    expect(await reportOf('--end')).toMatchObject({ outcome: 'ended', after: { minAcu: 0.5, maxAcu: 0.5 } });
    expect(services.clusters.get(CLUSTER)).toEqual({ minAcu: 0.5, maxAcu: 0.5 });
    expect(services.schedules.size).toBe(0);
  });

  it('buys the minimum as well where growing would take too long, and says what that costs', async () => {
    setOwned({ capacity: { minAcu: 0.5, maxAcu: 0.5 } });
    setMapping({ batchSize: 10_000 });
    const report = await reportOf('--within', '3m', '--for', '1h');
    expect(report.after).toMatchObject({ batchSize: 10_000, minAcu: 4, maxAcu: 4 });
    expect(report.capacityCostUsd).toBeCloseTo(0.12 * 3.5, 5);
  });

  it('refuses where the cluster binds and is somebody else’s', async () => {
    setMapping({ batchSize: 1_000 });
    publish(['AWS/RDS', 'ServerlessDatabaseCapacity', { DBClusterIdentifier: CLUSTER }], 0.5);
    publish(['AWS/RDS', 'ACUUtilization', { DBClusterIdentifier: CLUSTER }], 100);
    const { outcome, reason } = await reportOf('--within', '8m', '--apply');
    expect(outcome).toBe('refused');
    expect(reason).toContain('the cluster does not belong to this stack');
    expect(services.schedules.size).toBe(0);
  });

  it('gives a function with a reservation as many environments as it has lanes then, up to what the account has left', async () => {
    setOwned({ reserved: 1 });
    setMapping({ batchSize: 1_000 });
    // A second for a batch, so that nothing but more lanes is in time.
    publish(['Own', 'BatchMs', { [METRICS_DIMENSION]: 'flights-test' }], 1_000);
    publish(['Own', 'RecordsReceived', { [METRICS_DIMENSION]: 'flights-test' }], 1_000);
    publish(['Own', 'DataApiCalls', { [METRICS_DIMENSION]: 'flights-test' }], 1);
    const { before, after } = await reportOf('--within', '8m', '--apply');
    expect(before?.concurrency).toBe(1);
    expect(after?.concurrency).toBe(after?.parallelizationFactor);
    expect(after?.concurrency).toBeGreaterThan(1);
    expect(services.functions.get(outputs.FunctionName)?.reservedConcurrency).toBe(after?.concurrency);
    expect(services.schedules.size).toBe(2);
    await reportOf('--end');
    expect(services.functions.get(outputs.FunctionName)?.reservedConcurrency).toBe(1);
    expect(mapping()).toMatchObject({ batchSize: 1_000, parallelizationFactor: 1 });
  });

  it('is ended by the scheduler when the command was killed', async () => {
    setOwned({ capacity: { minAcu: 0.5, maxAcu: 0.5 } });
    const argv = ['bin/ops.ts', 'boost', '--local', '--within', '4m', '--for', '60s', '--apply'];
    const env = { TMPDIR: announced.folder, PATH: process.env['PATH'] };
    const command = spawn(process.execPath, argv, { env, stdio: 'ignore' });
    const ended = once(command, 'exit');
    while (mapping()?.batchSize === 100 && mapping()?.parallelizationFactor === 1) await sleep(10);
    command.kill('SIGKILL');
    await ended;
    expect(services.schedules.size).toBe(2);
    expect(services.clusters.get(CLUSTER)?.maxAcu).toBeGreaterThan(0.5);
    while (services.schedules.size > 0) await sleep(50);
    expect(mapping()).toMatchObject({ batchSize: 100, parallelizationFactor: 1 });
    expect(services.clusters.get(CLUSTER)).toEqual({ minAcu: 0.5, maxAcu: 0.5 });
  });

  it('sets back what it has turned when the rest can not be turned', async () => {
    setOwned({ capacity: { minAcu: 0.5, maxAcu: 0.5 } });
    const usual = services.mappings.get(outputs.MappingId);
    services.mappings.set(outputs.MappingId, {
      state: 'Enabled',
      changedAtMs: 0,
      ...usual,
      update: () => {
        throw new MappingSettingsError(['no']);
      },
    });
    const { code, stderr } = await boost('--within', '4m', '--apply');
    expect(code).toBe(3);
    expect(stderr).toContain('Lambda UpdateEventSourceMapping: InvalidParameterValueException');
    expect(services.clusters.get(CLUSTER)).toEqual({ minAcu: 0.5, maxAcu: 0.5 });
    // The mapping can not be set back either, so its end stays, whatever it is worth.
    expect([...services.schedules.keys()]).toEqual([boostScheduleName(outputs.MappingId, 'mapping')]);
  });

  it('needs to be told how soon, or to end one', async () => {
    expect(await boost()).toMatchObject({ code: 2, stderr: 'pass either `--within TIME` or `--end`\n' });
  });
});

describe('the schedules of a world', () => {
  const name = boostScheduleName(outputs.MappingId, 'mapping');

  function create(atMs: number): Promise<Response> {
    const input = { Uuid: outputs.MappingId, BatchSize: 100, ParallelizationFactor: 1 };
    const target = { Arn: 'arn:aws:scheduler:::aws-sdk:lambda:updateEventSourceMapping', Input: JSON.stringify(input) };
    const at = new Date(atMs).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
    const body = JSON.stringify({ ScheduleExpression: `at(${at})`, Target: target });
    return fetch(`${services.endpoint}/schedules/${name}`, { method: 'POST', body });
  }

  it('happen by themselves, and are gone then', async () => {
    setMapping({ batchSize: 5_000, parallelizationFactor: 10 });
    expect((await create(Date.now() + AHEAD_MS + 1_000)).status).toBe(200);
    while (services.schedules.has(name)) await sleep(20);
    expect(mapping()).toMatchObject({ batchSize: 100, parallelizationFactor: 1 });
  });

  it('have a name of their own', async () => {
    expect((await create(Date.now() + 3_600_000)).status).toBe(200);
    expect((await create(Date.now() + 3_600_000)).status).toBe(409);
  });
});
