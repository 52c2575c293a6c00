import pg from 'pg';
import type { Arena } from '../arena.ts';
import type { Run } from '../drain.ts';
import { encodeWrites } from '../encode-batches.ts';
import type { Series, ThroughputScenario } from '../scenario.ts';
import { COMPARED, DEFAULT_SETTING } from '../scenario.ts';
import type { Setting } from './ours.ts';

/** Name of a series of this scenario. */
export function directId({ batchSize }: Setting): string {
  return `direct@0ms batch ${batchSize}`;
}

/** What the database alone can take: the same statement with the same parameters, made ready before the clock runs. */
export const direct: ThroughputScenario = {
  kind: 'throughput',
  name: 'direct',
  says: 'the same statement over node-postgres: no stream, no decoding, no Data API',
  open: async (arena, { events }) => {
    const pool = new pg.Pool({ connectionString: arena.postgres.url, max: COMPARED.lanes });
    const series = await Promise.all(
      [DEFAULT_SETTING, COMPARED].map((setting) => openSeries(arena, pool, { ...setting, events })),
    );
    return { series, close: () => pool.end() };
  },
};

async function openSeries(
  arena: Arena,
  pool: pg.Pool,
  { events, ...setting }: Setting & { readonly events: number },
): Promise<Series> {
  const { text, batches } = await encodeWrites(arena, { events, batchSize: setting.batchSize });
  const run = async (): Promise<Run> => {
    const waiting = batches.values();
    const startedAt = performance.now();
    const lane = async (): Promise<void> => {
      for (const values of waiting) await pool.query(text, [...values]);
    };
    await Promise.all(Array.from({ length: setting.lanes }, lane));
    return { events, seconds: (performance.now() - startedAt) / 1000, calls: 0, progress: [] };
  };
  const says = `${direct.says}; batch size ${setting.batchSize}, ${setting.lanes} connections`;
  const verified = ['flights', 'airport_days', 'latest_departures'] as const;
  return { id: directId(setting), says, latencyMs: 0, verified, run };
}
