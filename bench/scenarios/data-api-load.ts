import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createSeededRandom } from '../../local/chaos/seeded-random.ts';
import type { Arena } from '../arena.ts';
import { VerificationError } from '../arena.ts';
import { LoadClient } from '../load/load-client.ts';
import { createLoadRound, IDS_PER_ROUND, LOAD_TABLE } from '../load/load-round.ts';
import { loadProblems } from '../load/load-verdict.ts';
import type { DataApiProcess } from '../load/start-data-api-process.ts';
import { startDataApiProcess } from '../load/start-data-api-process.ts';
import type { Figure, Finding, SingleScenario } from '../scenario.ts';

const CLIENTS = 64;
const SECONDS = { quick: 6, full: 60 };
const POOL = { maxAutocommitSessions: 30, maxTransactions: 50 };
const DATABASE = 'data_api_load';
/** Ids of one client. */
const IDS_PER_CLIENT = 1_000_000_000;
const SAMPLE_INTERVAL_MS = 200;
/** The server ends connections that were idle for 10 s. */
const IDLE_CONNECTIONS_GONE_MS = 20_000;
const MEBIBYTE = 1024 * 1024;

/** Many clients at once: each answer right, each connection given back, and a heap that does not grow. */
export const dataApiLoad: SingleScenario = {
  kind: 'single',
  name: 'data-api-load',
  says: `the local Data API server, in a process of its own, under ${CLIENTS} clients with mixed statements`,
  run: async (arena, { isQuick }, onStep): Promise<Finding> => {
    await using opened = new AsyncDisposableStack();
    const database = await openDatabase(arena, opened);
    const before = await database.connections();
    const server = await startDataApiProcess({ ...POOL, databaseUrl: database.url });
    opened.defer(() => server.close());
    const crowd = createCrowd(server);
    opened.defer(crowd.close);
    const seconds = isQuick ? SECONDS.quick : SECONDS.full;
    const heap = [await server.heapBytes()];
    let most = 0;
    for (const half of [1, 2]) {
      onStep(`half ${half} of ${seconds} s, ${CLIENTS} clients`);
      most = Math.max(most, await watchConnections(database, crowd.run(seconds / 2)));
      heap.push(await server.heapBytes());
    }
    onStep('waiting for idle connections to go');
    const after = await connectionsLeft(database, before);
    const connections = { before, most, after, bound: POOL.maxAutocommitSessions + POOL.maxTransactions };
    const rows = { expected: crowd.seen.rows, got: await database.rows() };
    const problems = loadProblems({ ...crowd.seen, rows, connections });
    if (problems.length > 0) throw new VerificationError(problems.join('; '));
    return toFinding({ seconds, rounds: crowd.seen.rounds, rows: rows.got, connections, heap });
  },
};

interface LoadDatabase {
  readonly url: string;
  /** Connections to it now. */
  readonly connections: () => Promise<number>;
  /** Rows that the load has left. */
  readonly rows: () => Promise<number>;
}

/** A database of its own: every connection to it is the server's. It is counted from the one beside it. */
async function openDatabase({ postgres }: Arena, opened: AsyncDisposableStack): Promise<LoadDatabase> {
  const url = new URL(postgres.url);
  url.pathname = DATABASE;
  const beside = new pg.Client({ connectionString: postgres.url });
  await beside.connect();
  opened.defer(() => beside.end());
  await beside.query(`CREATE DATABASE ${DATABASE}`);
  opened.defer(async () => {
    await beside.query(`DROP DATABASE ${DATABASE} WITH (FORCE)`);
  });
  await inDatabase(url.href, LOAD_TABLE);
  return {
    url: url.href,
    connections: async () => {
      // Only clients: autovacuum and parallel workers are listed with the database that they work in.
      const count = `SELECT count(*)::int AS count FROM pg_stat_activity
        WHERE datname = '${DATABASE}' AND backend_type = 'client backend'`;
      return (await beside.query<{ count: number }>(count)).rows[0]?.count ?? NaN;
    },
    rows: async () => (await inDatabase(url.href, 'SELECT count(*)::int AS count FROM load_rows'))[0]?.count ?? NaN,
  };
}

async function inDatabase(connectionString: string, sql: string): Promise<{ readonly count: number }[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<{ count: number }>(sql)).rows;
  } finally {
    await client.end();
  }
}

interface Crowd {
  /** What has been done so far. */
  readonly seen: { rounds: number; rows: number; readonly wrong: string[] };
  /** All clients at once, each one round after the other. */
  readonly run: (seconds: number) => Promise<void>;
  readonly close: () => void;
}

function createCrowd(server: DataApiProcess): Crowd {
  const seen: Crowd['seen'] = { rounds: 0, rows: 0, wrong: [] };
  const members = Array.from({ length: CLIENTS }, (_, seed) => ({
    client: new LoadClient(server, DATABASE),
    random: createSeededRandom(seed),
    nextId: seed * IDS_PER_CLIENT,
  }));
  const runMember = async (member: (typeof members)[number], until: number): Promise<void> => {
    while (performance.now() < until) {
      const round = createLoadRound(member.random, member.nextId);
      member.nextId += IDS_PER_ROUND;
      seen.rounds += 1;
      seen.rows += round.rowsAdded;
      await member.client.run(round).catch((error: unknown) => seen.wrong.push(String(error)));
    }
  };
  return {
    seen,
    run: async (seconds) => {
      const until = performance.now() + seconds * 1_000;
      await Promise.all(members.map((member) => runMember(member, until)));
    },
    close: () => {
      for (const { client } of members) client.close();
    },
  };
}

/** The most connections there are while the work goes on. */
async function watchConnections(database: LoadDatabase, work: Promise<void>): Promise<number> {
  const done = work.then(() => true);
  let most = 0;
  do most = Math.max(most, await database.connections());
  while (!(await Promise.race([done, sleep(SAMPLE_INTERVAL_MS, false)])));
  return most;
}

async function connectionsLeft(database: LoadDatabase, wanted: number): Promise<number> {
  const until = performance.now() + IDLE_CONNECTIONS_GONE_MS;
  let left = await database.connections();
  while (left > wanted && performance.now() < until) {
    await sleep(SAMPLE_INTERVAL_MS);
    left = await database.connections();
  }
  return left;
}

interface Outcome {
  readonly seconds: number;
  readonly rounds: number;
  readonly rows: number;
  readonly connections: { readonly before: number; readonly most: number; readonly after: number };
  /** Bytes at the start, in the middle and at the end; clients rest meanwhile. */
  readonly heap: readonly number[];
}

/** The first half warms up. In the second only the ids of ended transactions add up, which the server limits to 10,000. */
function toFinding({ seconds, rounds, rows, connections, heap }: Outcome): Finding {
  const [start = NaN, middle = NaN, end = NaN] = heap;
  const count = (says: string, value: number, unit: string): Figure => ({ says, value, unit });
  const mebibytes = (says: string, bytes: number): Figure => ({ says, value: bytes / MEBIBYTE, unit: 'MiB' });
  return {
    figures: [
      count('clients at once', CLIENTS, 'clients'),
      count('time under load', seconds, 's'),
      count('rounds', rounds, 'rounds'),
      count('wrong answers', 0, 'answers'),
      count('rows written, and there', rows, 'rows'),
      count('database connections before', connections.before, 'connections'),
      count('most database connections', connections.most, 'connections'),
      count('database connections after', connections.after, 'connections'),
      mebibytes("heap of the server's process at the start, after a collection", start),
      mebibytes('heap in the middle', middle),
      mebibytes('heap at the end', end),
    ],
    ratios: { dataApiHeapGrowthBytes: Math.round(end - middle) },
  };
}
