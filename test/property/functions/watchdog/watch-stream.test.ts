import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serviceError } from '../../../support/stub-stream.ts';
import { WatchedStubs } from '../../../support/watched-stream.ts';

const HOUR_MS = 3_600_000;

/** Of the stub of the stream. */
const RETENTION_MINUTES = 24 * 60;

/** Minutes before now at which records came in, how many of them are committed, and how the shard behaves. */
const shard = fc.record({
  // One that leaves the stream while the run lasts is there or not, depending on when the shard is asked.
  arrivals: fc.array(
    fc.integer({ min: 1, max: 72 * 60 }).filter((minutes) => minutes !== RETENTION_MINUTES),
    { maxLength: 12 },
  ),
  committed: fc.nat({ max: 12 }),
  forgotten: fc.constantFrom('refused' as const, 'stuck' as const),
  reachHours: fc.constantFrom(1, 5, 100),
  isClosed: fc.boolean(),
  isBroken: fc.boolean(),
  throttles: fc.nat({ max: 2 }),
});

type ShardPlan = typeof shard extends fc.Arbitrary<infer Plan> ? Plan : never;

/** Adds the shard and returns when its oldest record that is neither committed nor trimmed came in. */
function addShard(world: WatchedStubs, id: string, plan: ShardPlan): number | undefined {
  const records = [...plan.arrivals]
    .sort((a, b) => b - a)
    .map((minutes, index) => ({ sequence: 100 + index, arrivalMs: world.hoursAgo(minutes / 60) }));
  const last = records[Math.min(plan.committed, records.length) - 1];
  const throttled = serviceError('ProvisionedThroughputExceededException');
  const failures = plan.isBroken
    ? { GetRecordsCommand: { always: serviceError('KMSDisabledException') } }
    : { GetRecordsCommand: Array.from({ length: plan.throttles }, () => throttled) };
  const { forgotten, isClosed } = plan;
  world.addShard(id, { records, forgotten, isClosed, failures, reachMs: plan.reachHours * HOUR_MS }, last);
  return records.find(
    ({ sequence, arrivalMs }) => sequence > (last?.sequence ?? 0) && arrivalMs >= world.stream.horizonMs,
  )?.arrivalMs;
}

test('the backlog is that of the oldest record which is neither committed nor gone, whatever the shards do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(shard, { minLength: 1, maxLength: 5 }), async (plans) => {
      const world = new WatchedStubs();
      const waiting = plans.map((plan, index) => ({ plan, oldestMs: addShard(world, `shard-${index}`, plan) }));
      const readable = waiting.filter(({ plan }) => !plan.isBroken);
      let report = await world.run();
      // What the reads of one run do not settle, those of the next ones do: the environment stays.
      for (let runs = 1; report.shardsUnknown > 0 && runs < 5; runs += 1) report = await world.run();
      expect(report).toMatchObject({
        shardsUnknown: 0,
        shardsUnreadable: plans.length - readable.length,
        shardsJudged: readable.length,
      });
      const oldest = Math.min(...readable.flatMap(({ oldestMs }) => oldestMs ?? []));
      const ageMs = oldest === Infinity ? 0 : world.clock.now() - oldest;
      expect(report.backlogAgeSeconds).toBe(ageMs / 1000);
    }),
  );
});
