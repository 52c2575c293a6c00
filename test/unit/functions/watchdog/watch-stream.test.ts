import { describe, expect, test } from 'vitest';
import { serviceError } from '../../../support/stub-stream.ts';
import { WatchedStubs } from '../../../support/watched-stream.ts';

const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;
const CAUGHT_UP = { backlogAgeSeconds: 0, timeToDataLossSeconds: DAY_SECONDS, shardsUnknown: 0, shardsUnreadable: 0 };

/** A shard whose only record is committed and, after two days, gone. */
function idleForTwoDays(forgotten: 'refused' | 'stuck'): WatchedStubs {
  const world = new WatchedStubs();
  const record = { sequence: 1, arrivalMs: world.hoursAgo(48) };
  world.addShard('idle', { records: [record], forgotten }, record);
  return world;
}

describe('a shard that was idle for longer than the retention', () => {
  test.each(['refused', 'stuck'] as const)('is caught up, though its committed number is %s', async (forgotten) => {
    const world = idleForTwoDays(forgotten);
    await expect(world.run()).resolves.toMatchObject({ ...CAUGHT_UP, shardsJudged: 1 });
    expect(world.stream.calls[0]).toBe('idle TRIM_HORIZON');
  });

  test.each(['refused', 'stuck'] as const)(
    'is caught up when the stream forgot the number earlier than it was due: %s',
    async (forgotten) => {
      const world = new WatchedStubs();
      world.addShard('idle', { forgotten }, { sequence: 1, arrivalMs: world.hoursAgo(23) });
      await expect(world.run()).resolves.toMatchObject({ ...CAUGHT_UP, shardsJudged: 1 });
    },
  );

  test.each(['refused', 'stuck'] as const)('that gets a record is measured right in the next run: %s', async (kind) => {
    const world = idleForTwoDays(kind);
    await world.run();
    world.stream.shards.get('idle')?.records.push({ sequence: 2, arrivalMs: world.clock.now() });
    world.clock.advance(60_000);
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 60, worstShardId: 'idle' });
    world.forgetMemory();
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 60, worstShardId: 'idle' });
  });

  test('is read through its gaps, and a record behind many empty reads is found', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(48) };
    const waiting = { sequence: 2, arrivalMs: world.hoursAgo(2) };
    world.addShard('gaps', { records: [committed, waiting], reachMs: HOUR_MS }, committed);
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: expect.closeTo(7_200, -2) as number });
  });

  test('reads on from the committed number when the stream still has it', async () => {
    const world = new WatchedStubs();
    world.stream.retentionHours = 47;
    const committed = { sequence: 5, arrivalMs: world.hoursAgo(48) };
    const shard = world.addShard('late-trim', { records: [] }, committed);
    // The oldest record left has a committed number: it was trimmed later than the retention says.
    shard.records.push({ sequence: 4, arrivalMs: world.hoursAgo(46) }, { sequence: 5, arrivalMs: world.hoursAgo(45) });
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 0, shardsJudged: 1, shardsUnknown: 0 });
    expect(world.stream.calls).toContain('late-trim AFTER_SEQUENCE_NUMBER');
  });
});

describe('a shard in which neither a record nor the end is found', () => {
  test('is unknown, counted as that, and no number', async () => {
    const world = new WatchedStubs();
    world.addShard('stuck', { isStuck: true }, { sequence: 1, arrivalMs: world.hoursAgo(48) });
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 0, shardsJudged: 0, shardsUnknown: 1 });
    expect(world.stream.calls.filter((call) => call === 'stuck read').length).toBeLessThanOrEqual(24);
  });

  test('is read on from there in the next run, so that it is known before long', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(48) };
    world.addShard('long-gap', { records: [committed], reachMs: 0.75 * HOUR_MS }, committed);
    await expect(world.run()).resolves.toMatchObject({ shardsUnknown: 1, shardsJudged: 0 });
    world.clock.advance(60_000);
    await expect(world.run()).resolves.toMatchObject({ ...CAUGHT_UP, shardsJudged: 1 });
  });

  test('keeps the age that an earlier run found after the same position', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(2) };
    const waiting = { sequence: 2, arrivalMs: world.hoursAgo(1) };
    const shard = world.addShard('a', { records: [committed, waiting] }, committed);
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 3_600 });
    shard.isStuck = true;
    world.clock.advance(60_000);
    await expect(world.run()).resolves.toMatchObject({ shardsUnknown: 1, worstShardId: 'a' });
    await expect(world.run()).resolves.toMatchObject({ shardsUnknown: 1, worstShardId: 'a' });
    // Once the position has moved, that age says nothing any more.
    world.positions.set('a', waiting);
    await expect(world.run()).resolves.toMatchObject({ shardsUnknown: 1, worstShardId: undefined, shardsJudged: 0 });
  });
});

describe('a shard that cannot be read', () => {
  test.each(['GetShardIteratorCommand', 'GetRecordsCommand'] as const)(
    'does not silence the others: %s fails',
    async (command) => {
      const world = new WatchedStubs();
      const error = serviceError('KMSAccessDeniedException');
      const committed = { sequence: 1, arrivalMs: world.hoursAgo(2) };
      world.addShard('broken', { failures: { [command]: { always: error } } }, committed);
      world.addShard('fine', { records: [committed, { sequence: 2, arrivalMs: world.hoursAgo(1) }] }, committed);
      const report = await world.run();
      expect(report).toMatchObject({ shardsUnreadable: 1, shardsJudged: 1, worstShardId: 'fine' });
      expect(report.unreadable).toEqual([{ shardId: 'broken', error }]);
      expect(report.backlogAgeSeconds).toBeCloseTo(3_600, -2);
    },
  );

  test('is read in a further turn when it was throttled', async () => {
    const world = new WatchedStubs();
    const throttled = serviceError('ProvisionedThroughputExceededException');
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(1) };
    world.addShard(
      'busy',
      { records: [committed], failures: { GetRecordsCommand: [throttled, throttled] } },
      committed,
    );
    await expect(world.run()).resolves.toMatchObject({ ...CAUGHT_UP, shardsJudged: 1 });
  });

  test('is one that is gone since it was listed', async () => {
    const world = new WatchedStubs();
    world.addShard('gone', {
      failures: { GetShardIteratorCommand: { always: serviceError('ResourceNotFoundException') } },
    });
    world.addShard('there');
    await expect(world.run()).resolves.toMatchObject({ shardsUnreadable: 1, shardsJudged: 1 });
  });
});

describe('an iterator', () => {
  test('that expired is opened anew', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(1) };
    const shard = world.addShard('a', { records: [committed] }, committed);
    await world.run();
    world.stream.iteratorLastsMs = 30_000;
    shard.records.push({ sequence: 2, arrivalMs: world.clock.now() });
    world.clock.advance(60_000);
    await expect(world.run()).resolves.toMatchObject({ shardsUnreadable: 0, worstShardId: 'a' });
  });

  test('of an earlier run is not used once it is old', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(1) };
    world.addShard('a', { records: [committed] }, committed);
    await world.run();
    world.stream.calls.length = 0;
    world.clock.advance(30 * 60_000);
    await world.run();
    expect(world.stream.calls[0]).toBe('a AFTER_SEQUENCE_NUMBER');
  });
});

describe('a closed shard', () => {
  test('that was read to its end is caught up', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(1) };
    world.addShard('closed', { records: [committed], isClosed: true }, committed);
    await expect(world.run()).resolves.toMatchObject({ ...CAUGHT_UP, shardsJudged: 1 });
  });

  test('that is not finished holds its child: the records of both wait', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(3) };
    world.addShard(
      'parent',
      { records: [committed, { sequence: 2, arrivalMs: world.hoursAgo(2) }], isClosed: true },
      committed,
    );
    world.addShard('child', { records: [{ sequence: 3, arrivalMs: world.hoursAgo(1) }] });
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 7_200, worstShardId: 'parent' });
    world.positions.set('parent', { sequence: 2, arrivalMs: world.hoursAgo(2) });
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 3_600, worstShardId: 'child' });
  });
});

describe('a shard of which nothing is committed', () => {
  test('is reckoned with from where the mapping began', async () => {
    const record = (world: WatchedStubs) => ({ records: [{ sequence: 1, arrivalMs: world.hoursAgo(2) }] });
    const oldest = new WatchedStubs();
    oldest.addShard('a', record(oldest));
    await expect(oldest.run()).resolves.toMatchObject({ backlogAgeSeconds: 7_200 });

    const latest = new WatchedStubs({ startingPosition: 'LATEST' });
    latest.addShard('a', record(latest));
    latest.deployedAtMs = latest.hoursAgo(1);
    await expect(latest.run()).resolves.toMatchObject(CAUGHT_UP);

    const at = new WatchedStubs({ startingPosition: '2026-11-26T09:00:00Z' });
    at.addShard('a', record(at));
    await expect(at.run()).resolves.toMatchObject({ backlogAgeSeconds: 7_200 });
  });

  test('is no trouble when the clock of the database is ahead', async () => {
    const world = new WatchedStubs({ startingPosition: 'LATEST' });
    world.addShard('a');
    world.deployedAtMs = world.clock.now() + 30_000;
    await expect(world.run()).resolves.toMatchObject(CAUGHT_UP);
  });
});

describe('a database that cannot be read', () => {
  const down = serviceError('AccessDeniedException', 'no');

  test('leaves the positions of the run before: the backlog grows from there, and the report says so', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(1) };
    const shard = world.addShard('a', { records: [committed] }, committed);
    await world.run();
    world.databaseError = down;
    shard.records.push({ sequence: 2, arrivalMs: world.clock.now() });
    world.clock.advance(600_000);
    const report = await world.run();
    expect(report).toMatchObject({ backlogAgeSeconds: 600, worstShardId: 'a' });
    expect(report.positionsError).toBeInstanceOf(Error);
    world.databaseError = undefined;
    expect((await world.run()).positionsError).toBeUndefined();
  });

  test('leaves everything unknown when no run before has read it', async () => {
    const world = new WatchedStubs();
    world.addShard('a');
    world.databaseError = down;
    const report = await world.run();
    expect(report).toMatchObject({ shardsJudged: 0, shardsUnknown: 1 });
    expect(report.positionsError).toBeInstanceOf(Error);
    expect(world.stream.calls).toEqual([]);
  });

  test('counts a shard that came meanwhile as one of which nothing is committed', async () => {
    const world = new WatchedStubs();
    world.addShard('old');
    await world.run();
    world.databaseError = down;
    world.addShard('new', { records: [{ sequence: 7, arrivalMs: world.clock.now() }] });
    world.clock.advance(60_000);
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 60, worstShardId: 'new' });
  });
});

describe('what the runs of an environment remember', () => {
  test('is whether a position has moved, and the age, of a lane that stands still too', async () => {
    const world = new WatchedStubs({ parallelizationFactor: 10 });
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(1) };
    world.addShard('busy', { records: [committed] }, committed);
    const arrivalMs = world.clock.now() - 600_000;
    await world.run();
    world.held = [{ shardId: 'busy', sequence: 1, arrivalMs }];
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 600, worstShardId: 'busy' });
    world.positions.set('busy', { sequence: 2, arrivalMs: world.clock.now() });
    await world.run();
    const seen = world.samples.map(({ shards }) => shards[0]);
    expect(seen.map((shard) => [shard?.ageSeconds, shard?.hasMoved])).toEqual([
      [0, undefined],
      [600, false],
      [600, true],
    ]);
  });

  test('is no age and no movement without the database', async () => {
    const world = new WatchedStubs();
    const committed = { sequence: 1, arrivalMs: world.hoursAgo(1) };
    world.addShard('a', { records: [committed, { sequence: 2, arrivalMs: world.hoursAgo(1) }] }, committed);
    await world.run();
    world.databaseError = serviceError('AccessDeniedException');
    await expect(world.run()).resolves.toMatchObject({ backlogAgeSeconds: 3_600 });
    expect(world.samples.at(-1)?.shards).toEqual([{ shardId: 'a', ageSeconds: undefined, hasMoved: undefined }]);
  });

  test('is an hour', async () => {
    const world = new WatchedStubs();
    world.addShard('idle');
    for (let run = 0; run < 62; run += 1) {
      await world.run();
      world.clock.advance(60_000);
    }
    expect(world.samples).toHaveLength(60);
    expect(world.samples.at(-1)?.atMs).toBe(world.clock.now() - 60_000);
  });
});
