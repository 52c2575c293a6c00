import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { METRICS_DIMENSION } from '../../../contract/metrics.ts';
import type { AwsServices } from '../../../local/aws/aws-services.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';
import { parsePlanOptions } from '../../../ops/plan/plan-options.ts';
import type { PlanConsole } from '../../../ops/plan/run-plan.ts';
import type { Plan } from '../../../planner/plan.ts';
import { announceStack, type AnnouncedStack } from '../../support/announced-stack.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { planText } from '../../support/plan-text.ts';

const { outputs } = deployedStack();
const MINUTE_MS = 60_000;

let announced: AnnouncedStack;
let services: AwsServices;

beforeAll(async () => {
  announced = await announceStack({
    OpenShardCount: 2,
    RetentionPeriodHours: 48,
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
  });
  services = announced.services;
});

afterAll(() => announced[Symbol.asyncDispose]());

beforeEach(() => {
  setMapping('Enabled');
  Object.assign(services, { metrics: new MetricStore() });
});

function setMapping(state: string): void {
  services.mappings.set(outputs.MappingId, {
    state,
    changedAtMs: 0,
    settings: { batchSize: 500, parallelizationFactor: 3, maxBatchingWindowSeconds: 1 },
  });
}

/** Publishes a value for so many minutes up to now. */
function publish(
  [namespace, name, dimensions]: readonly [string, string, Readonly<Record<string, string>>],
  value: (minute: number) => readonly number[],
  minutes = 59,
): void {
  const now = Date.now();
  for (let minute = 0; minute < minutes; minute += 1) {
    const timestampMs = now - MINUTE_MS * minute;
    services.metrics.put({ metric: { namespace, name, dimensions }, timestampMs, values: value(minute) }, now);
  }
}

const own = (name: string) => ['Own', name, { [METRICS_DIMENSION]: 'flights-test' }] as const;
const stream = (name: string) => ['AWS/Kinesis', name, { StreamName: 'flights' }] as const;
const cluster = (name: string) => ['AWS/RDS', name, { DBClusterIdentifier: 'flights' }] as const;

/** Half an hour behind, with batches of 100 and of 400 records at 30 ms and 0.1 ms a record. */
function publishAll(): void {
  publish(stream('IncomingRecords'), () => [6_000]);
  publish(stream('IncomingBytes'), () => [6_000 * 60]);
  const records = (minute: number): number => (minute % 2 === 0 ? 100 : 400);
  publish(own('RecordsReceived'), (minute) => [records(minute), records(minute)]);
  publish(own('BatchMs'), (minute) => [30 + 0.1 * records(minute), 30 + 0.1 * records(minute)]);
  publish(own('DataApiCalls'), () => [1, 1]);
  publish(own('BacklogAge'), () => [1_800], 2);
  publish(cluster('ServerlessDatabaseCapacity'), () => [4], 4);
  publish(cluster('ACUUtilization'), () => [25], 4);
}

async function planLocal(line = '', measure?: PlanConsole['measure']): Promise<Plan> {
  return JSON.parse(await planText(`--local flights-local --json ${line}`, measure)) as Plan;
}

describe('npm run plan of a stack', () => {
  it('takes from it how it is configured, what comes in and waits, and how long batches take', async () => {
    publishAll();
    const { backlogRecords, timeToCaughtUpSeconds, bindingRate, shards, latestStartSeconds, notes } = await planLocal();
    expect(shards).toHaveLength(2);
    // Of the minutes at both ends a part counts.
    expect(backlogRecords).toBeGreaterThan(28 * 6_000);
    expect(backlogRecords).toBeLessThan(32 * 6_000);
    // Three lanes of 500 records in 80 ms, by the line through batches of other sizes.
    expect(bindingRate).toBeCloseTo((3 * 500) / 0.08, -1);
    expect(timeToCaughtUpSeconds?.low).toBeCloseTo((backlogRecords ?? 0) / 2 / bindingRate, -1);
    expect(latestStartSeconds).toBeGreaterThan(40 * 3_600);
    expect(latestStartSeconds).toBeLessThan(48 * 3_600);
    expect(notes).toHaveLength(1);
  });

  it('takes batches of one size for what they took', async () => {
    publishAll();
    Object.assign(services, { metrics: new MetricStore() });
    publish(stream('IncomingRecords'), () => [600]);
    publish(stream('IncomingBytes'), () => [600 * 60]);
    publish(own('BacklogAge'), () => [1_800], 2);
    publish(own('RecordsReceived'), () => [10, 10]);
    publish(own('BatchMs'), () => [600, 600]);
    publish(own('DataApiCalls'), () => [1, 1]);
    const { bindingRate } = await planLocal('--batch-size 10');
    expect(bindingRate).toBeCloseTo((3 * 10) / 0.6, 0);
  });

  it('lets an option come first', async () => {
    publishAll();
    const { bindingRate } = await planLocal('--batch-size 100');
    expect(bindingRate).toBeCloseTo((3 * 100) / 0.04, -1);
  });

  it('takes the time of a batch from a measurement instead, and the size of records from the stack', async () => {
    publishAll();
    const { bindingRate, notes } = await planLocal('--calibrate', () =>
      Promise.resolve({
        functionName: 'flights',
        batches: [100, 400, 100, 400].map((records) => ({ records, ms: 3 + 0.05 * records })),
        callsPerBatch: 1,
        recordBytes: 1_000_000,
        events: 1_000,
        quarantinedShare: 0,
        duplicateShare: 0,
      }),
    );
    expect(bindingRate).toBeCloseTo((3 * 500) / (0.003 + 0.017 + 500 * 0.00005), -1);
    expect(notes.join()).not.toContain('the batch time is that of the example function');
  });

  it('gives no time for a mapping that is disabled, or a position that is held', async () => {
    publishAll();
    setMapping('Disabled');
    expect(await planLocal()).toMatchObject({
      timeToCaughtUpSeconds: null,
      reason: 'not at this rate: the mapping is disabled',
      changes: [],
    });
    setMapping('Enabled');
    publish(own('PositionsHeld'), () => [2], 2);
    expect((await planLocal()).reason).toContain('2 positions are held');
  });

  it('says that nobody knows where the watchdog is silent, and what else is not known', async () => {
    const { timeToCaughtUpSeconds, reason, notes } = await planLocal();
    expect(timeToCaughtUpSeconds).toBeNull();
    expect(reason).toContain('the watchdog has been silent for five minutes');
    expect(notes.join()).toContain('the batch time is that of the example function');
    expect(notes.join()).toContain('the capacity of the database is unknown');
  });

  it('goes by the age of what was delivered where there is no watchdog', async () => {
    publishAll();
    Object.assign(services, { metrics: new MetricStore() });
    publish(['AWS/Lambda', 'IteratorAge', { FunctionName: outputs.FunctionName }], () => [600_000], 2);
    publish(stream('IncomingRecords'), () => [6_000]);
    const { backlogRecords } = await planLocal();
    expect(backlogRecords).toBeGreaterThan(8 * 6_000);
    expect(backlogRecords).toBeLessThan(12 * 6_000);
  });

  it('refuses two sources at once', () => {
    expect(() => parsePlanOptions(['--local', '--from-stack', 'flights-prod'])).toThrow('name two sources');
    expect(() => parsePlanOptions(['--region', 'eu-west-1', '--arrival-rate', '1'])).toThrow(
      'goes with `--from-stack`',
    );
  });
});
