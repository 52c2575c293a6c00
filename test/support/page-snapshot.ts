import type { PageForm } from '../../local/page/render-page.ts';
import type { PageSnapshot } from '../../local/page/page-snapshot.ts';

/** A page of a consumer in the middle of a catch-up, with an alarm and a quarantine. */
export function snapshot(changes: Partial<PageSnapshot> = {}): PageSnapshot {
  return {
    atMs: Date.UTC(2026, 10, 24, 9, 30),
    functionName: 'orders',
    verdict: { verdict: 'CATCHING_UP', words: 'catching up, 12 min left', sinceMs: Date.UTC(2026, 10, 24, 9, 25) },
    lastChance: 'Nothing is lost if a catch-up begins by 2026-11-25 08:10.',
    shards: [
      {
        shardId: 'shardId-000000000000',
        put: 1200,
        done: 300,
        ageSeconds: 95,
        lanes: [
          { state: 'working', attempt: 1 },
          { state: 'waiting', attempt: 3 },
        ],
      },
    ],
    sum: { in: 1200, inEffect: 280, withoutEffect: 10, quarantined: 7, waiting: 2, inBucket: 1, onTheWay: 900 },
    rates: { inPerSecond: 65, outPerSecond: 410 },
    batchMs: { decode: 1, lookup: 4, project: 2, write: 20 },
    cacheHitRatio: 0.92,
    alarms: [
      { name: 'orders-behind', state: 'ALARM', sinceMs: Date.UTC(2026, 10, 24, 9, 29), text: 'Behind.', isPage: true },
      { name: 'orders-errors', state: 'OK', sinceMs: undefined, text: 'The function fails.', isPage: false },
    ],
    messages: [{ atMs: Date.UTC(2026, 10, 24, 9, 29), alarmName: 'orders-behind', state: 'ALARM', text: 'Behind.' }],
    deliveries: [
      {
        atMs: Date.UTC(2026, 10, 24, 9, 29, 59),
        shardId: 'shardId-000000000000',
        lane: 0,
        records: 100,
        attempt: 1,
        outcome: 'all done',
        isGood: true,
        tookMs: 27,
      },
    ],
    quarantine: [{ reason: 'schema', events: 7, example: 'id: expected text, got nothing' }],
    controls: {
      isConsumerRunning: true,
      arrivalsPerSecond: 65,
      batchSize: 100,
      parallelizationFactor: 2,
      isDatabaseUp: true,
    },
    ...changes,
  };
}

/** Two buttons, one of them with a field. */
export const FORMS: readonly PageForm[] = [
  { action: 'stop', button: 'Stop the consumer' },
  {
    action: 'rate',
    button: 'Set the rate',
    fields: [{ name: 'rate', label: 'New events a second', min: 0, max: 1000, value: 65 }],
  },
];
