import { describe, expect, it } from 'vitest';
import type { MappingEvent } from '../../../../local/mapping/mapping-event.ts';
import { ConsumerView } from '../../../../local/page/consumer-view.ts';

const SHARD = 'shardId-000000000000';

/** An event of the mapping about so many records of the shard. */
function event(type: string, records: number, more: object = {}): MappingEvent {
  const list = Array.from({ length: records }, () => ({}));
  const counted = type === 'polled' || type === 'filtered' ? records : list;
  return {
    type,
    shardId: SHARD,
    atMs: 0,
    lane: 0,
    requestId: 'r',
    records: counted,
    ...more,
  } as unknown as MappingEvent;
}

describe('a consumer as the page sees it', () => {
  it('is as old as the oldest record that is not done', () => {
    const view = new ConsumerView();
    view.addPut(SHARD, 10);
    view.look(1_000);
    view.addPut(SHARD, 10);
    view.look(5_000);
    expect(view.look(61_000).shards[0]).toMatchObject({ put: 20, done: 0, ageSeconds: 60 });
    view.observe(event('resolved', 10));
    expect(view.look(61_000).shards[0]).toMatchObject({ done: 10, ageSeconds: 56 });
    view.observe(event('resolved', 10));
    expect(view.look(61_000).shards[0]).toMatchObject({ done: 20, ageSeconds: 0 });
  });

  it('is done with what was filtered or given up, and counts both', () => {
    const view = new ConsumerView();
    view.addPut(SHARD, 5);
    view.observe(event('filtered', 2));
    view.observe(event('discarded', 3));
    expect(view.counts()).toEqual({ put: 5, done: 5, filtered: 2, discarded: 3 });
  });

  it('knows of records that others put once they are read', () => {
    const view = new ConsumerView();
    view.addPut(SHARD, 5);
    view.observe(event('polled', 7));
    expect(view.counts()).toMatchObject({ put: 7, done: 0 });
  });

  it('has rates of the last seconds, and of the last step where time is skipped', () => {
    const view = new ConsumerView();
    view.look(0);
    view.addPut(SHARD, 100);
    view.observe(event('resolved', 40));
    expect(view.look(1_000).rates).toEqual({ inPerSecond: 100, outPerSecond: 40 });
    view.addPut(SHARD, 100);
    expect(view.look(11_000).rates).toEqual({ inPerSecond: 10, outPerSecond: 0 });
  });

  it('shows what each lane does, and how deliveries ended', () => {
    const view = new ConsumerView();
    view.setLanes(2);
    view.observe(event('invoked', 3, { attempt: 2 }));
    expect(view.look(0).shards[0]?.lanes).toEqual([
      { state: 'working', attempt: 2 },
      { state: 'idle', attempt: 1 },
    ]);
    view.observe(event('finished', 3, { verdict: { kind: 'checkpoint', index: 1 }, durationMs: 8 }));
    view.observe(event('retried', 2));
    const { shards, deliveries } = view.look(0);
    expect(shards[0]?.lanes[0]).toEqual({ state: 'waiting', attempt: 2 });
    expect(deliveries).toMatchObject([{ records: 3, attempt: 2, outcome: 'held after 1', isGood: false, tookMs: 8 }]);
    view.clearLanes();
    expect(view.look(0).shards[0]?.lanes[0]).toEqual({ state: 'idle', attempt: 1 });
  });
});
