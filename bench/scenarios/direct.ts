import pg from 'pg';
import { scanPlaceholders } from '../../local/data-api/scan-placeholders.ts';
import { parameterText } from '../../data-api/statement-body.ts';
import { processBatch } from '../../processor/process-batch.ts';
import type { Arena } from '../arena.ts';
import type { Run } from '../drain.ts';
import { createFlightsEngine, recordBatches, storeOfWrites } from '../encode-batches.ts';
import type { ThroughputScenario } from '../scenario.ts';
import { COMPARED } from '../scenario.ts';

type Parameters = Readonly<Record<string, string>>;

/** What the database alone can take: the same statement with the same parameters, made ready before the clock runs. */
export const direct: ThroughputScenario = {
  kind: 'throughput',
  name: 'direct',
  says: 'the same statement over node-postgres: no stream, no decoding, no Data API',
  open: async (arena, { events }) => {
    const pool = new pg.Pool({ connectionString: arena.postgres.url, max: COMPARED.lanes });
    const { sql, batches } = await encode(arena, pool, events);
    const { text, names } = scanPlaceholders(sql, { strictQuirks: true });
    const run = async (): Promise<Run> => {
      const waiting = batches.values();
      const startedAt = performance.now();
      const lane = async (): Promise<void> => {
        for (const parameters of waiting) {
          await pool.query(
            text,
            names.map((name) => parameters[name]),
          );
        }
      };
      await Promise.all(Array.from({ length: COMPARED.lanes }, lane));
      return { events, seconds: (performance.now() - startedAt) / 1000, calls: 0, progress: [] };
    };
    const says = `${direct.says}; ${COMPARED.lanes} connections`;
    const verified = ['flights', 'airport_days', 'latest_departures'] as const;
    return { series: [{ id: 'direct@0ms', says, latencyMs: 0, verified, run }], close: () => pool.end() };
  },
};

async function encode(
  arena: Arena,
  pool: pg.Pool,
  events: number,
): Promise<{ readonly sql: string; readonly batches: readonly Parameters[] }> {
  const { rows } = await pool.query<{ iata: string; city: string; state: string }>(
    'SELECT iata, city, state FROM airports',
  );
  const airports = new Map(rows.map(({ iata, ...place }) => [iata, place]));
  const batches: Parameters[] = [];
  const store = storeOfWrites((parameters) => {
    const texts = Object.entries(parameters).map(([name, value]) => [name, parameterText(value)]);
    batches.push(Object.fromEntries(texts) as Parameters);
    return Promise.resolve({
      written: 0,
      superseded: 0,
      existing: 0,
      quarantined: 0,
      hasUnidentified: false,
      hasDue: false,
    });
  });
  const engine = createFlightsEngine(store, airports);
  for (const records of recordBatches(arena.events, events, COMPARED.batchSize)) {
    await processBatch(records, engine, () => 60_000);
  }
  return { sql: engine.compiled.writeSql, batches };
}
