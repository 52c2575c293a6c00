import pg from 'pg';
import type { PostgresServer } from '../../local/postgres/postgres-server.ts';
import { startPostgres } from '../../local/postgres/start-postgres.ts';
import { openArenaOn, type Arena } from '../arena.ts';
import { openFunctionContender, type FunctionContender } from '../function-contender.ts';
import { backendCpu, cpuBetween } from '../process-cpu.ts';
import { pruneWhile } from '../prune-while.ts';
import type { Figure, Finding, Scale, SingleScenario } from '../scenario.ts';
import { DEFAULT_SETTING } from '../scenario.ts';
import { compare, summarize } from '../statistics.ts';
import {
  checkDisk,
  CREATE_TABLES,
  type IdKind,
  loadWeek,
  newOrders,
  orderRecords,
  readTotals,
  verifyOrders,
} from '../week-of-orders.ts';

/** A week at 65 events a second. */
const ROWS = { quick: 1_000_000, full: 40_000_000 };
const EVENTS = { quick: 10_000, full: 50_000 };

/**
 * Caches of the database, from one that holds everything to a small one. A cluster gives its cache about three quarters of its
 * memory, which is 2 GiB for each ACU: the second is that of one ACU at most, and what the target is about.
 */
const SHARED_BUFFERS = { quick: ['1GB'], full: ['8GB', '1GB', '256MB'] } as const;
const JUDGED = '1GB';

/** The two databases of one server. */
const EMPTY = 'empty';
const GROWN = 'grown';

/** What a run of one side took. */
interface Measured {
  readonly microseconds: number;
  readonly cpuMicroseconds: number;
}

interface Side {
  readonly arena: Arena;
  readonly contender: FunctionContender;
  readonly ids: IdKind;
  readonly measured: Measured[];
}

/** Time per event with a week behind it, against empty tables, and whether old rows can be removed meanwhile. */
export const growth: SingleScenario = {
  kind: 'single',
  name: 'growth',
  says: `${ROWS.full.toLocaleString('en-US')} rows in ledger and tables, random UUIDs as event ids, against empty tables`,
  run: async (_arena, scale, onStep): Promise<Finding> => {
    const size = scale.isQuick ? 'quick' : 'full';
    await checkDisk(ROWS[size]);
    const postgres = await startPostgres();
    try {
      await prepare(postgres, ROWS[size], onStep);
      const findings: Finding[] = [];
      for (const buffers of SHARED_BUFFERS[size]) {
        await restartWith(postgres, { shared_buffers: buffers });
        findings.push(
          await measureBoth(postgres, { buffers, scale }, (step) => {
            onStep(`shared_buffers ${buffers}: ${step}`);
          }),
        );
      }
      onStep('pruning while a drain runs');
      const grown = await openSide(postgres, GROWN);
      try {
        const figures = await pruneWhile(grown.arena, () => measure(grown, EVENTS[size]));
        findings.push({ figures, ratios: {} });
      } finally {
        await closeSide(grown);
      }
      return {
        figures: [
          { says: 'rows behind the ledger and each table', value: ROWS[size], unit: '' },
          ...findings.flatMap(({ figures }) => figures),
        ],
        ratios: Object.assign({}, ...findings.map(({ ratios }) => ratios)) as Finding['ratios'],
      };
    } finally {
      await postgres.stop();
    }
  },
};

async function prepare(postgres: PostgresServer, rows: number, onStep: (step: string) => void): Promise<void> {
  await restartWith(postgres, { wal_level: 'minimal', max_wal_senders: '0' });
  await withClient(postgres.url, async (client) => {
    await client.query(`CREATE DATABASE ${EMPTY}`);
    await client.query(`CREATE DATABASE ${GROWN}`);
  });
  for (const databaseName of [EMPTY, GROWN]) {
    const arena = await openArenaOn(postgres, { databaseName });
    try {
      await arena.database.query(CREATE_TABLES);
      if (databaseName === GROWN) await loadWeek(arena.database, rows, onStep);
    } finally {
      await arena.close();
    }
  }
}

async function restartWith(postgres: PostgresServer, settings: Readonly<Record<string, string>>): Promise<void> {
  await withClient(postgres.url, async (client) => {
    for (const [name, value] of Object.entries(settings)) {
      await client.query(`ALTER SYSTEM SET ${name} = ${pg.escapeLiteral(value)}`);
    }
  });
  await postgres.restart('fast');
}

async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

async function openSide(postgres: PostgresServer, databaseName: string): Promise<Side> {
  const arena = await openArenaOn(postgres, { databaseName });
  const contender = await openFunctionContender(arena, 'bench/handlers/growing-orders.ts');
  return { arena, contender, ids: 'random', measured: [] };
}

async function closeSide({ arena, contender }: Side): Promise<void> {
  await contender.close();
  await arena.close();
}

async function measureBoth(
  postgres: PostgresServer,
  { buffers, scale }: { readonly buffers: string; readonly scale: Scale },
  onStep: (step: string) => void,
): Promise<Finding> {
  const events = EVENTS[scale.isQuick ? 'quick' : 'full'];
  const empty = await openSide(postgres, EMPTY);
  const grown = await openSide(postgres, GROWN);
  const ordered: Side = { ...grown, ids: 'time-ordered', measured: [] };
  const readBefore = await pagesRead(postgres);
  try {
    for (let round = 0; round <= scale.rounds; round += 1) {
      onStep(round === 0 ? 'warming up' : `round ${round} of ${scale.rounds}`);
      await emptyTables(empty.arena);
      for (const side of round % 2 === 0 ? [empty, grown, ordered] : [ordered, grown, empty]) {
        const measured = await measure(side, events);
        if (round > 0) side.measured.push(measured);
      }
    }
  } finally {
    await closeSide(empty);
    await closeSide(grown);
  }
  const readPerEvent = ((await pagesRead(postgres)) - readBefore) / (events * (scale.rounds + 1));
  return toFinding(buffers, { empty: empty.measured, grown: grown.measured, ordered: ordered.measured }, readPerEvent);
}

function toFinding(
  buffers: string,
  { empty, grown, ordered }: Readonly<Record<'empty' | 'grown' | 'ordered', readonly Measured[]>>,
  readPerEvent: number,
): Finding {
  const says = `shared_buffers ${buffers}`;
  const wall = (measured: readonly Measured[]): number[] => measured.map(({ microseconds }) => microseconds);
  const comparison = compare(wall(grown), wall(empty));
  const ratio = comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason };
  return {
    figures: [
      ...timesOf(`${says}, empty tables`, empty),
      ...timesOf(`${says}, with a week behind it`, grown),
      ...timesOf(`${says}, with a week behind it and time-ordered ids (UUID version 7)`, ordered),
      {
        says: `${says}, with a week behind it`,
        value: readPerEvent,
        unit: 'pages read per event from outside the cache',
      },
      ...(typeof ratio === 'number' ? [{ says: `${says}, time per event`, value: ratio, unit: 'times' }] : []),
    ],
    ratios: buffers === JUDGED ? { growthRatio: ratio } : {},
  };
}

function timesOf(says: string, measured: readonly Measured[]): Figure[] {
  return [
    { says, value: summarize(measured.map(({ microseconds }) => microseconds)).median, unit: 'µs per event' },
    {
      says,
      value: summarize(measured.map(({ cpuMicroseconds }) => cpuMicroseconds)).median,
      unit: "µs of the database's CPU per event",
    },
  ];
}

async function emptyTables({ database, reset }: Arena): Promise<void> {
  await reset();
  await database.query('TRUNCATE bench_orders, bench_totals');
}

async function measure({ arena, contender, ids }: Side, events: number): Promise<Measured> {
  const orders = newOrders(events, ids);
  const before = await readTotals(arena.database);
  const cpuBefore = await backendCpu(arena.database);
  const { seconds } = await contender.run({
    ...DEFAULT_SETTING,
    events,
    latencyMs: 0,
    records: () => orderRecords(orders),
  });
  const cpu = cpuBetween(cpuBefore, await backendCpu(arena.database));
  await verifyOrders(arena.database, orders, before);
  return { microseconds: (1e6 * seconds) / events, cpuMicroseconds: (1e6 * cpu) / events };
}

/** Sessions that have ended have told what they read. */
async function pagesRead(postgres: PostgresServer): Promise<number> {
  let read = NaN;
  await withClient(postgres.url, async (client) => {
    const { rows } = await client.query<{ read: number }>(
      'SELECT blks_read::float8 AS read FROM pg_stat_database WHERE datname = $1',
      [GROWN],
    );
    read = rows[0]?.read ?? NaN;
  });
  return read;
}
