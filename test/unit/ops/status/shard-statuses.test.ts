import { describe, expect, it } from 'vitest';
import { samplesOf, type ShardHistory } from '../../../../ops/status/commit-history.ts';
import type { Consumption } from '../../../../ops/status/consumption.ts';
import { lastMomentOf, shardStatuses } from '../../../../ops/status/shard-statuses.ts';
import type { ShardJudgement } from '../../../../progress/verdict.ts';

const NOW_MS = Date.parse('2026-11-26T12:00:00Z');
const MINUTE_MS = 60_000;

function history(rest: Partial<ShardHistory> = {}): ShardHistory {
  return { shardId: 's', minutes: [], mostPerMinute: 0, arrivalsPerSecond: undefined, ...rest };
}

function judged(rest: Partial<ShardJudgement> = {}): ShardJudgement {
  const remaining = { kind: 'measuring' } as const;
  return { shardId: 's', verdict: 'CATCHING_UP', cause: '', sinceMs: undefined, remaining, ageSeconds: 3_600, ...rest };
}

describe('what the batch log tells of the last hour', () => {
  it('is how far behind a shard was in each minute: by what was committed later, or is not committed now', () => {
    const minutes = [
      { ago: 5, records: 10, oldestArrivalMs: NOW_MS - 20 * MINUTE_MS },
      { ago: 2, records: 10, oldestArrivalMs: NOW_MS - 12 * MINUTE_MS },
    ];
    const samples = samplesOf({ shards: [history({ minutes })] }, [{ shardId: 's', ageSeconds: 600 }], NOW_MS);
    expect(samples).toHaveLength(60);
    const ages = samples.map(({ shards: [shard] }) => [shard?.ageSeconds, shard?.hasMoved]);
    expect(ages.at(-1)).toEqual([600, false]);
    expect(ages.at(-3)).toEqual([480, true]);
    expect(ages.at(-4)).toEqual([540, false]);
    expect(ages.at(-6)).toEqual([420, true]);
    expect(ages.at(-7)).toEqual([840, false]);
    expect(ages.at(-30)).toEqual([0, false]);
  });

  it('is nothing where the present is unknown, and no backlog where a shard is level now and was never read late', () => {
    const unknown = samplesOf({ shards: [] }, [{ shardId: 's', ageSeconds: undefined }], NOW_MS);
    expect(unknown[0]?.shards[0]?.ageSeconds).toBeUndefined();
    const idle = samplesOf({ shards: [] }, [{ shardId: 's', ageSeconds: 0 }], NOW_MS);
    expect(idle.every(({ shards: [shard] }) => shard?.ageSeconds === 0)).toBe(true);
  });
});

describe('what binds a shard', () => {
  const free: Consumption = { bytesPerRecord: 100, refusedReads: 0, busyLanes: 4, databasePercent: 50 };
  const minutes = [0, 1, 2, 3, 4].map((ago) => ({ ago, records: 60_000, oldestArrivalMs: 0 }));

  it.each([
    ['the lanes', free, 4, 'lanes'],
    ['the lanes', { ...free, busyLanes: 2 }, 4, 'lanes'],
    ['too few keys', { ...free, busyLanes: 1.9 }, 4, 'keys'],
    ['the only lane', { ...free, busyLanes: undefined }, 1, 'lanes'],
    ['what nobody knows', undefined, 4, undefined],
    ['the stream, by bytes', { ...free, bytesPerRecord: 1_700 }, 4, 'stream'],
    ['not the stream', { ...free, bytesPerRecord: 1_600 }, 4, 'lanes'],
    ['the stream, by refused reads', { ...free, refusedReads: 1 }, 4, 'stream'],
    ['the database', { ...free, databasePercent: 90 }, 4, 'database'],
  ] as const)('is %s', (_, consumption, parallelizationFactor, binding) => {
    const facts = { history: { shards: [history({ minutes })], buildVersion: 'b' }, positions: undefined };
    const [status] = shardStatuses([judged()], { ...facts, consumption, parallelizationFactor });
    expect(status).toMatchObject({ recordsPerSecond: 1_000, binding });
  });

  it('is nothing for a shard that is level, or stands still', () => {
    const facts = { history: undefined, positions: undefined, consumption: free, parallelizationFactor: 1 };
    for (const verdict of ['OK', 'STALLED', 'HELD', 'BLIND'] as const) {
      expect(shardStatuses([judged({ verdict })], facts)[0]?.binding).toBeUndefined();
    }
  });
});

describe('the last moment to start a catch-up', () => {
  const report = { timeToDataLossSeconds: 20 * 3_600, backlogAgeSeconds: 4 * 3_600 } as never;

  it('is when data is lost, less what the backlog takes at the fastest that was seen', () => {
    const shards = [history({ mostPerMinute: 12_000, arrivalsPerSecond: 100 })];
    const judgements = [judged({ ageSeconds: 4 * 3_600 })];
    expect(lastMomentOf(judgements, { history: { shards, buildVersion: '' }, report, nowMs: NOW_MS })).toEqual({
      lossMs: NOW_MS + 20 * 3_600_000,
      catchUpSeconds: 4 * 3_600,
    });
  });

  it('is unknown where it was never seen to be faster than what arrives, and that of the shard that loses first', () => {
    const shards = [history({ mostPerMinute: 6_000, arrivalsPerSecond: 100 })];
    const judgements = [judged({ shardId: 't', ageSeconds: 60 }), judged({ ageSeconds: 4 * 3_600 })];
    expect(lastMomentOf(judgements, { history: { shards, buildVersion: '' }, report, nowMs: NOW_MS })).toEqual({
      lossMs: NOW_MS + 20 * 3_600_000,
      catchUpSeconds: undefined,
    });
  });

  it('is of no interest where nothing is behind', () => {
    const facts = { history: undefined, report, nowMs: NOW_MS };
    expect(lastMomentOf([judged({ verdict: 'OK', ageSeconds: 0 })], facts)).toBeUndefined();
  });
});
