import type { AppendedRecord } from '../../local/mapping/memory-source.ts';
import type { Arena } from '../arena.ts';
import type { Finding, RatioName, SingleScenario } from '../scenario.ts';
import { DEFAULT_SETTING, IN_REGION_LATENCY_MS } from '../scenario.ts';
import type { Side } from '../side-by-side.ts';
import { drainSideBySide } from '../side-by-side.ts';
import { summarize } from '../statistics.ts';

const MEBIBYTE = 1024 * 1024;
/** What a shard gives to all its readers. {@link https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html} */
const SHARD_BYTES_PER_SECOND = 2 * MEBIBYTE;

/** Bytes of a record with its partition key, as Kinesis counts them, and the ratio they give. */
const SIZES = [
  [150, 'shardLimitRatio150B'],
  [1024, 'shardLimitRatio1KB'],
  [10 * 1024, 'shardLimitRatio10KB'],
] as const satisfies readonly (readonly [number, RatioName])[];

/** Bytes of one run. */
const BYTES = { quick: 4 * MEBIBYTE, full: 20 * MEBIBYTE };
const PARTITION_KEY = 'key';

/** Whether the consumer is the limit, or the shard. */
export const shardLimit: SingleScenario = {
  kind: 'single',
  name: 'shard-limit',
  says: `bytes a second of one shard, factor 1, ${IN_REGION_LATENCY_MS} ms a call, compared with its limit of 2 MB/s`,
  run: async (arena, { isQuick, rounds }, onStep): Promise<Finding> => {
    await arena.database.query(
      'CREATE TABLE IF NOT EXISTS bench_bodies (id text COLLATE "C" PRIMARY KEY, body text NOT NULL)',
    );
    const finding: Finding[] = [];
    for (const [size, ratio] of SIZES) {
      const events = Math.ceil((isQuick ? BYTES.quick : BYTES.full) / size);
      const bytesPerSecond = await drainSize(arena, { size, events, rounds }, onStep);
      finding.push({
        figures: [{ says: `records of ${size} bytes`, value: bytesPerSecond / MEBIBYTE, unit: 'MiB/s' }],
        ratios: { [ratio]: bytesPerSecond / SHARD_BYTES_PER_SECOND },
      });
    }
    return {
      figures: finding.flatMap(({ figures }) => figures),
      ratios: Object.assign({}, ...finding.map(({ ratios }) => ratios)) as Finding['ratios'],
    };
  },
};

async function drainSize(
  arena: Arena,
  { size, events, rounds }: { readonly size: number; readonly events: number; readonly rounds: number },
  onStep: (step: string) => void,
): Promise<number> {
  const side: Side = {
    name: `records of ${size} bytes`,
    entry: 'bench/handlers/sized-events.ts',
    records: () => sizedRecords(events, size),
    tables: ['bench_bodies'],
    digest: `SELECT count(*) || ' of ' || coalesce(min(length(body)), 0) AS row FROM bench_bodies`,
    expected: [`${events} of ${bodyOf(0, size).length}`],
  };
  const settings = { events, batchSize: DEFAULT_SETTING.batchSize, lanes: 1, latencyMs: IN_REGION_LATENCY_MS, rounds };
  const [rates = []] = await drainSideBySide(arena, [side], { settings, onStep });
  return summarize(rates).median * size;
}

function* sizedRecords(events: number, size: number): Generator<AppendedRecord> {
  for (let n = 0; n < events; n += 1) {
    const data = JSON.stringify({ id: idOf(n), body: bodyOf(n, size) });
    yield { partitionKey: PARTITION_KEY, data: Buffer.from(data).toString('base64') };
  }
}

/** Of one length, so that all records are of one size. */
function idOf(n: number): string {
  return `event-${String(n).padStart(9, '0')}`;
}

function bodyOf(n: number, size: number): string {
  const rest = JSON.stringify({ id: idOf(n), body: '' }).length + PARTITION_KEY.length;
  return `${n} `.padEnd(size - rest, 'lorem ipsum ');
}
