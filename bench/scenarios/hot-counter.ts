import type { AppendedRecord } from '../../local/mapping/memory-source.ts';
import type { Finding, SingleScenario } from '../scenario.ts';
import { DEFAULT_SETTING, IN_REGION_LATENCY_MS } from '../scenario.ts';
import type { Side } from '../side-by-side.ts';
import { drainSideBySide } from '../side-by-side.ts';
import { compare, summarize } from '../statistics.ts';

const EVENTS = { quick: 40_000, full: 100_000 };
const LANES = 10;
/** Partition keys: enough to fill all lanes. */
const KEYS = 200;

const CREATE_TABLES = `CREATE TABLE IF NOT EXISTS bench_events (id text COLLATE "C" PRIMARY KEY, cents integer NOT NULL);
  CREATE TABLE IF NOT EXISTS bench_counters (
    number integer PRIMARY KEY, events bigint NOT NULL, cents bigint NOT NULL) WITH (fillfactor = 70)`;

/** Ten lanes that all add to one row, each for as long as its statement takes. */
export const hotCounter: SingleScenario = {
  kind: 'single',
  name: 'hot-counter',
  says: `one counter for all ${LANES} lanes at ${IN_REGION_LATENCY_MS} ms a call, against a counter per partition key`,
  run: async (arena, { isQuick, rounds }, onStep): Promise<Finding> => {
    await arena.database.query(CREATE_TABLES);
    const events = isQuick ? EVENTS.quick : EVENTS.full;
    const sides = [
      createSide('one counter', events, () => 0),
      createSide('a counter per partition key', events, (key) => key),
    ];
    const [shared = [], own = []] = await drainSideBySide(arena, sides, {
      settings: { events, batchSize: DEFAULT_SETTING.batchSize, lanes: LANES, latencyMs: IN_REGION_LATENCY_MS, rounds },
      onStep,
    });
    const comparison = compare(shared, own);
    return {
      figures: [
        { says: 'one counter', value: summarize(shared).median, unit: 'events/s' },
        { says: 'a counter per partition key', value: summarize(own).median, unit: 'events/s' },
      ],
      ratios: { hotCounterRatio: comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason } },
    };
  },
};

function createSide(name: string, events: number, counterOf: (key: number) => number): Side {
  const sums = new Map<number, { events: number; cents: number }>();
  for (const { key, cents } of countedEvents(events)) {
    const sum = sums.get(counterOf(key)) ?? { events: 0, cents: 0 };
    sums.set(counterOf(key), { events: sum.events + 1, cents: sum.cents + cents });
  }
  return {
    name,
    entry: 'bench/handlers/counted-events.ts',
    records: () => toRecords(events, counterOf),
    tables: ['bench_events', 'bench_counters'],
    digest: `SELECT jsonb_build_array(number, events, cents)::text AS row FROM bench_counters
      UNION ALL SELECT count(*)::text FROM bench_events`,
    expected: [...sums]
      .map(([counter, sum]) => `[${counter}, ${sum.events}, ${sum.cents}]`)
      .concat(String(events))
      .sort(),
  };
}

function* countedEvents(
  events: number,
): Generator<{ readonly id: string; readonly key: number; readonly cents: number }> {
  for (let n = 0; n < events; n += 1) yield { id: `event-${n}`, key: (n * 7919) % KEYS, cents: n % 1000 };
}

function* toRecords(events: number, counterOf: (key: number) => number): Generator<AppendedRecord> {
  for (const { id, key, cents } of countedEvents(events)) {
    const data = JSON.stringify({ id, counter: counterOf(key), cents });
    yield { partitionKey: `key-${key}`, data: Buffer.from(data).toString('base64') };
  }
}
