import { describe, expect, it } from 'vitest';
import { createCheckpointHistory } from '../../../../local/mapping/checkpoint-history.ts';
import { countEvent, NO_EVENT_COUNTS } from '../../../../local/mapping/event-counts.ts';
import { failsOn, MappingHarness } from './mapping-harness.ts';

function countsOf(harness: MappingHarness) {
  return harness.events.reduce(countEvent, NO_EVENT_COUNTS);
}

const settings = {
  batchSize: 4,
  maximumRetryAttempts: 1,
  bisectBatchOnFunctionError: false,
  filters: [{ partitionKey: ['key'] }],
};

describe('EventCount metrics', () => {
  it('count retried records again, and failed ones from the reported one on', async () => {
    const harness = new MappingHarness(failsOn('3'), { settings });
    harness.append(['x'], 'other');
    harness.append(['1', '2', '3', '4']);
    await harness.drain();
    // [1,2,3,4] fails at 3, then [3,4] fails twice and is stored.
    expect(countsOf(harness)).toMatchObject({
      PolledEventCount: 5,
      FilteredOutEventCount: 1,
      InvokedEventCount: 4 + 2 + 2,
      FailedInvokeEventCount: 2 + 2 + 2,
      DroppedEventCount: 0,
      OnFailureDestinationDeliveredEventCount: 2,
      DestinationDeliveryFailures: 0,
    });
  });

  it('count records as dropped when the destination does not take them', async () => {
    const onFailure = { deliver: () => Promise.reject(new Error('access denied')) };
    const harness = new MappingHarness(failsOn('1'), { settings, onFailure });
    harness.append(['1', '2']);
    await harness.drain();
    expect(countsOf(harness)).toMatchObject({
      DroppedEventCount: 2,
      OnFailureDestinationDeliveredEventCount: 0,
      DestinationDeliveryFailures: 1,
    });
  });

  it('have a datapoint of zero for a read without records', async () => {
    const harness = new MappingHarness(failsOn());
    await harness.drain();
    const { length } = harness.eventsOf('polled');
    expect(length).toBeGreaterThan(0);
    expect(countsOf(harness)).toMatchObject({ PolledEventCount: 0, polls: length });
  });
});

describe('checkpoint history', () => {
  it('keeps every checkpoint of each shard, in order', async () => {
    const harness = new MappingHarness(failsOn(), { settings: { batchSize: 1 }, shardCount: 2 });
    for (let index = 0; index < 10; index += 1) harness.append([String(index)], `key-${index}`);
    await harness.drain();
    const history = createCheckpointHistory();
    harness.events.forEach(history.observe);
    expect(history.shardIds()).toHaveLength(2);
    const numbers = history
      .shardIds()
      .map((shardId) => history.of(shardId).map(({ sequenceNumber }) => sequenceNumber));
    expect(numbers.flat()).toHaveLength(10);
    for (const ofShard of numbers) expect(ofShard).toEqual(ofShard.toSorted());
    expect(history.of('unknown')).toEqual([]);
  });

  it('lets the oldest go beyond its bound', () => {
    const history = createCheckpointHistory(2);
    for (const sequenceNumber of ['1', '2', '3']) {
      history.observe({ type: 'checkpoint', shardId: 's', atMs: 0, sequenceNumber });
    }
    expect(history.of('s').map(({ sequenceNumber }) => sequenceNumber)).toEqual(['2', '3']);
  });
});
