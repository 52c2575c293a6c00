import pg from 'pg';
import type { Run } from '../drain.ts';
import { encodeWrites } from '../encode-batches.ts';
import type { ThroughputScenario } from '../scenario.ts';
import { COMPARED } from '../scenario.ts';

/** What the database alone can take: the same statement with the same parameters, made ready before the clock runs. */
export const direct: ThroughputScenario = {
  kind: 'throughput',
  name: 'direct',
  says: 'the same statement over node-postgres: no stream, no decoding, no Data API',
  open: async (arena, { events }) => {
    const pool = new pg.Pool({ connectionString: arena.postgres.url, max: COMPARED.lanes });
    const { text, batches } = await encodeWrites(arena, events);
    const run = async (): Promise<Run> => {
      const waiting = batches.values();
      const startedAt = performance.now();
      const lane = async (): Promise<void> => {
        for (const values of waiting) await pool.query(text, [...values]);
      };
      await Promise.all(Array.from({ length: COMPARED.lanes }, lane));
      return { events, seconds: (performance.now() - startedAt) / 1000, calls: 0, progress: [] };
    };
    const says = `${direct.says}; ${COMPARED.lanes} connections`;
    const verified = ['flights', 'airport_days', 'latest_departures'] as const;
    return { series: [{ id: 'direct@0ms', says, latencyMs: 0, verified, run }], close: () => pool.end() };
  },
};
