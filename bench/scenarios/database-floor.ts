import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Arena } from '../arena.ts';
import { encodeWrites } from '../encode-batches.ts';
import { backendOf, cpuSeconds } from '../process-cpu.ts';
import type { Finding, SingleScenario } from '../scenario.ts';
import { DEFAULT_SETTING } from '../scenario.ts';
import { compare, summarize } from '../statistics.ts';

const EVENTS = { quick: 10_000, full: 50_000 };
const ROUNDS = { quick: 5, full: 11 };
const TABLES = ['flights', 'airport_days', 'latest_departures'] as const;

/** The rows of `flights`, which say all that the other tables need. */
const CREATE_STAGE = `CREATE TEMP TABLE stage ON COMMIT DELETE ROWS AS SELECT * FROM flights WITH NO DATA`;

/** The least that leaves the same tables: no ids to compare, no JSON, nothing that may be refused. */
const SET_BASED = `WITH fresh AS (INSERT INTO flights SELECT * FROM stage ON CONFLICT (flight_id) DO NOTHING RETURNING *),
  days AS (
    INSERT INTO airport_days AS t (airport, day, flights, delayed_flights, delay_minutes)
    SELECT origin, departed_at::date, count(*), count(*) FILTER (WHERE delay > 0), sum(greatest(delay, 0))
    FROM fresh GROUP BY 1, 2
    ON CONFLICT (airport, day) DO UPDATE SET flights = t.flights + excluded.flights,
      delayed_flights = t.delayed_flights + excluded.delayed_flights,
      delay_minutes = t.delay_minutes + excluded.delay_minutes)
  INSERT INTO latest_departures AS t (airport, departed_at, flight_id, destination, delay)
  SELECT DISTINCT ON (origin) origin, departed_at, flight_id, destination, delay
  FROM fresh ORDER BY origin, departed_at DESC, flight_id DESC
  ON CONFLICT (airport) DO UPDATE SET departed_at = excluded.departed_at, flight_id = excluded.flight_id,
    destination = excluded.destination, delay = excluded.delay
  WHERE (t.departed_at, t.flight_id) < (excluded.departed_at, excluded.flight_id)`;

/** CPU of PostgreSQL per event: the statement of a batch against the least work that leaves the same tables. */
export const databaseFloor: SingleScenario = {
  kind: 'single',
  name: 'database-floor',
  says: "CPU of the database's process per event, against COPY into a staging table and one statement without JSON",
  run: async (arena, { isQuick }, onStep): Promise<Finding> => {
    const scale = isQuick ? 'quick' : 'full';
    const folder = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-bench-'));
    const client = new pg.Client({ connectionString: arena.postgres.url });
    await client.connect();
    try {
      onStep('encoding the batches');
      const work = {
        statement: await statements(arena, client, EVENTS[scale]),
        floor: await copies(arena, client, { events: EVENTS[scale], folder }),
      };
      const cpu = { statement: [] as number[], floor: [] as number[] };
      for (let round = 0; round <= ROUNDS[scale]; round += 1) {
        onStep(round === 0 ? 'warming up' : `round ${round} of ${ROUNDS[scale]}`);
        for (const name of ['statement', 'floor'] as const) {
          const seconds = await measure(arena, client, work[name]);
          await arena.verify(EVENTS[scale], TABLES);
          if (round > 0) cpu[name].push((1e6 * seconds) / EVENTS[scale]);
        }
      }
      return toFinding(cpu);
    } finally {
      await client.end();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Work = () => Promise<void>;

async function measure(arena: Arena, client: pg.Client, work: Work): Promise<number> {
  await arena.reset();
  const pid = await backendOf(client);
  const before = await cpuSeconds(pid);
  await work();
  return (await cpuSeconds(pid)) - before;
}

async function statements(arena: Arena, client: pg.Client, events: number): Promise<Work> {
  const { text, batches } = await encodeWrites(arena, { ...DEFAULT_SETTING, events });
  return async () => {
    for (const values of batches) await client.query(text, [...values]);
  };
}

/** The database reads the files itself, so that not even a protocol counts. */
async function copies(
  arena: Arena,
  client: pg.Client,
  { events, folder }: { readonly events: number; readonly folder: string },
): Promise<Work> {
  const files = await writeFiles(arena, client, { events, folder });
  await client.query(CREATE_STAGE);
  return async () => {
    for (const file of files) {
      await client.query('BEGIN');
      await client.query(`COPY stage FROM ${file}`);
      await client.query(SET_BASED);
      await client.query('COMMIT');
    }
  };
}

/**
 * Has the database write the rows of each batch to a file, in the order of their keys, which spares the floor a sort.
 *
 * @returns paths of the files as SQL literals
 */
async function writeFiles(
  arena: Arena,
  client: pg.Client,
  { events, folder }: { readonly events: number; readonly folder: string },
): Promise<readonly string[]> {
  // The database may run as another user.
  await chmod(folder, 0o777);
  const { text, batches } = await encodeWrites(arena, { ...DEFAULT_SETTING, events });
  const files: string[] = [];
  for (const values of batches) {
    await arena.reset();
    await client.query(text, [...values]);
    const file = pg.escapeLiteral(join(folder, `batch-${files.length}`));
    await client.query(`COPY flights TO ${file}`);
    files.push(file);
  }
  return files;
}

function toFinding({ statement, floor }: { readonly statement: number[]; readonly floor: number[] }): Finding {
  const comparison = compare(statement, floor);
  const unit = 'µs of CPU per event';
  return {
    figures: [
      { says: `the statement, batches of ${DEFAULT_SETTING.batchSize}`, value: summarize(statement).median, unit },
      { says: 'COPY and one statement without JSON', value: summarize(floor).median, unit },
    ],
    ratios: { cpuVsDatabaseFloor: comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason } },
  };
}
