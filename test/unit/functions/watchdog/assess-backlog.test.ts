import { describe, expect, test } from 'vitest';
import { assessBacklog } from '../../../../functions/watchdog/assess-backlog.ts';
import type { HeldPosition } from '../../../../functions/watchdog/read-held-positions.ts';
import type { ShardPosition, ShardProbe, ShardState } from '../../../../functions/watchdog/shard-state.ts';

const NOW = 1_800_000_000_000;

function shard(shardId: string, probe: ShardProbe, position: Partial<ShardPosition> = {}): ShardState {
  const known = { lastSequenceNumber: '1', lastArrivalMs: NOW, slowestLaneArrivalMs: undefined };
  return { probe, position: { shardId, ...known, ...position } };
}

function assess(
  shards: readonly ShardState[],
  parallelizationFactor = 1,
  held: readonly HeldPosition[] = [],
): ReturnType<typeof assessBacklog> {
  return assessBacklog({ shards, held, nowMs: NOW, retentionSeconds: 86_400, parallelizationFactor });
}

const CAUGHT_UP: ShardProbe = { kind: 'caught-up' };

describe('assessBacklog', () => {
  test('is 0 when every shard is caught up, and when there is none', () => {
    const nothing = {
      backlogAgeSeconds: 0,
      timeToDataLossSeconds: 86_400,
      worstShardId: undefined,
      shardsUnknown: 0,
      shardsUnreadable: 0,
    };
    const ages = ['a', 'b'].map((shardId) => ({ shardId, ageSeconds: 0 }));
    expect(assess([shard('a', CAUGHT_UP), shard('b', CAUGHT_UP)])).toEqual({ ...nothing, shardsJudged: 2, ages });
    expect(assess([])).toEqual({ ...nothing, shardsJudged: 0, ages: [] });
  });

  test('is the age of the oldest record that follows a committed position', () => {
    const shards = [
      shard('a', { kind: 'record', arrivalMs: NOW - 5_000 }),
      shard('b', { kind: 'record', arrivalMs: NOW - 90_000 }),
      shard('c', CAUGHT_UP),
    ];
    expect(assess(shards)).toMatchObject({
      backlogAgeSeconds: 90,
      timeToDataLossSeconds: 86_310,
      worstShardId: 'b',
    });
  });

  test('counts shards that nobody knows the age of, and takes no number from them', () => {
    const error = new Error('refused');
    const shards = [
      shard('a', { kind: 'unknown', knownArrivalMs: undefined }),
      shard('b', { kind: 'unreadable', error, knownArrivalMs: undefined }),
      shard('c', { kind: 'record', arrivalMs: NOW - 5_000 }),
    ];
    expect(assess(shards)).toMatchObject({
      backlogAgeSeconds: 5,
      shardsJudged: 1,
      shardsUnknown: 1,
      shardsUnreadable: 1,
    });
  });

  test('goes by what is known of a shard that does not tell: an earlier find, or a lane that lags', () => {
    const found = shard('a', { kind: 'unknown', knownArrivalMs: NOW - 7_000 });
    expect(assess([found])).toMatchObject({ backlogAgeSeconds: 7, shardsJudged: 1, shardsUnknown: 1 });
    const lagging = shard('a', { kind: 'unknown', knownArrivalMs: undefined }, { slowestLaneArrivalMs: NOW - 9_000 });
    expect(assess([lagging], 2)).toMatchObject({ backlogAgeSeconds: 9, shardsJudged: 1 });
    expect(assess([lagging], 1)).toMatchObject({ backlogAgeSeconds: 0, shardsJudged: 0 });
  });

  test('goes below 0 once records are being lost', () => {
    const lost = shard('a', { kind: 'record', arrivalMs: NOW - 86_401_000 });
    expect(assess([lost]).timeToDataLossSeconds).toBe(-1);
  });

  test('takes a record of the future for a new one', () => {
    expect(assess([shard('a', { kind: 'record', arrivalMs: NOW + 5_000 })]).backlogAgeSeconds).toBe(0);
  });

  test('counts the slowest moving lane where there are lanes, and only while something is left to read', () => {
    const slow = { slowestLaneArrivalMs: NOW - 600_000 };
    const moving = shard('a', { kind: 'record', arrivalMs: NOW - 1_000 }, slow);
    expect(assess([moving], 1).backlogAgeSeconds).toBe(1);
    expect(assess([moving], 2).backlogAgeSeconds).toBe(600);
    expect(assess([shard('a', CAUGHT_UP, slow)], 2).backlogAgeSeconds).toBe(0);
  });

  test('counts a lane that stands still, though all that can be seen of its shard is committed', () => {
    const stuck = held({ arrivalMs: NOW - 120_000 });
    expect(assess([shard('a', CAUGHT_UP)], 10, [stuck])).toMatchObject({
      backlogAgeSeconds: 120,
      timeToDataLossSeconds: 86_280,
      worstShardId: 'a',
    });
    const older = shard('b', { kind: 'record', arrivalMs: NOW - 300_000 });
    expect(assess([older], 10, [stuck])).toMatchObject({ backlogAgeSeconds: 300, worstShardId: 'b' });
  });
});

function held(rest: Partial<HeldPosition>): HeldPosition {
  const where = { shardId: 'a', sequenceNumber: '1', arrivalMs: NOW, sinceMs: NOW };
  return { ...where, reason: 'fuse', detail: 'roll back', codeVersion: 'build-1', ...rest };
}
