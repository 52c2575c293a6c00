import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../command-line/usage-error.ts';
import type { PostgresServer } from '../../../local/postgres/postgres-server.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';
import { parseRunOptions } from '../../../local/run/run-options.ts';
import { runLocal } from '../../../local/run/run-local.ts';
import type { RunReport } from '../../../local/run/run-report.ts';
import type { FlightTables } from '../../support/expected-flight-tables.ts';
import { expectedFlightTables, FLIGHT_QUERIES } from '../../support/expected-flight-tables.ts';

let postgres: PostgresServer;
let databases = 0;
let databaseUrl: string;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

beforeEach(async () => {
  databases += 1;
  const name = `run_${databases}`;
  await withClient(postgres.url, (client) => client.query(`CREATE DATABASE ${name}`));
  databaseUrl = Object.assign(new URL(postgres.url), { pathname: name }).href;
});

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function run(...argv: readonly string[]): Promise<{ readonly report: RunReport; readonly said: string }> {
  const options = parseRunOptions([...argv, '--database-url', databaseUrl]);
  if (options === undefined) throw new Error('help was asked for');
  const said: string[] = [];
  const screen = { say: (line: string) => said.push(line), update: () => undefined };
  const [report] = (await runLocal(options, screen, new AbortController().signal)) ?? [];
  if (report === undefined) throw new Error('the run was ended early');
  return { report, said: said.join('\n') };
}

function readTables(): Promise<FlightTables> {
  return withClient(databaseUrl, async (client) => {
    const tables: Partial<Record<keyof FlightTables, unknown[]>> = {};
    for (const [name, sql] of Object.entries(FLIGHT_QUERIES)) {
      tables[name as keyof FlightTables] = (await client.query(sql)).rows;
    }
    return tables as FlightTables;
  });
}

describe('a local run', () => {
  it('leaves what a plain computation over the file gives: all flights, counters and latest departures', async () => {
    const { report, said } = await run();

    expect(await readTables()).toEqual(expectedFlightTables(20_000));
    expect(report).toMatchObject({
      function: 'flights',
      events: 20_000,
      written: 20_000,
      duplicates: 0,
      quarantined: 0,
      held: 0,
      lookups: 40_000,
      caughtUp: true,
      shards: 2,
      batchSize: 1000,
      parallelizationFactor: 2,
    });
    // One per batch in flight at the most; a warm one that is free is taken first.
    expect(report.environments).toBeGreaterThanOrEqual(1);
    expect(report.environments).toBeLessThanOrEqual(4);
    expect(report.cacheHits + report.cacheMisses).toBe(report.lookups);
    expect(report.cacheHitRatio).toBeCloseTo(report.cacheHits / report.lookups, 3);
    expect(report.averageBatchSize).toBeCloseTo(20_000 / report.batches, 0);
    // One write per batch, and one read for those that met an airport their environment did not know yet; two more where an
    // environment begins, or could be the next one to get a batch whose process died.
    expect(report.dataApiCalls).toBeGreaterThanOrEqual(report.batches + 2 * report.environments);
    expect(report.dataApiCalls).toBeLessThanOrEqual(2 * report.batches + 8 * report.environments);
    expect(said).toContain('Caught up.');
  });

  it('leaves the same tables with the smallest batches, one at a time', async () => {
    const small = await run('--batch-size', '1', '--parallelization-factor', '1', '--events', '500');
    expect(small.report).toMatchObject({ written: 500, batches: 500 });
    expect(small.report.environments).toBeLessThanOrEqual(2);
    expect(await readTables()).toEqual(expectedFlightTables(500));
  });

  it('leaves the same tables with the largest batches, forty at a time', async () => {
    const large = ['--batch-size', '10000', '--parallelization-factor', '10', '--shards', '4', '--events', '500'];
    expect((await run(...large)).report).toMatchObject({ written: 500 });
    expect(await readTables()).toEqual(expectedFlightTables(500));
  });

  it('changes nothing when the same backlog comes again', async () => {
    await run('--events', '3000', '--source', 'memory');
    const before = await readTables();
    const { report } = await run('--events', '3000', '--source', 'memory');

    expect(report).toMatchObject({ events: 3000, written: 0, duplicates: 3000, quarantined: 0 });
    expect(await readTables()).toEqual(before);
  });

  it('names the right that the user of a given database lacks', async () => {
    await withClient(databaseUrl, (client) => client.query("CREATE ROLE visitor LOGIN PASSWORD 'visitor'"));
    databaseUrl = Object.assign(new URL(databaseUrl), { username: 'visitor', password: 'visitor' }).href;

    const ended = run('--events', '1', '--source', 'memory');
    await expect(ended).rejects.toBeInstanceOf(UsageError);
    await expect(ended).rejects.toThrow(
      /user of `--database-url` must be allowed to create the schema event_processor .*got .*permission denied for database/,
    );
  });

  it('catches up while new events keep arriving, and has all of them in effect', async () => {
    const { report } = await run('--events', '2000', '--rate', '500', '--source', 'memory');

    expect(report.caughtUp).toBe(true);
    expect(report.events).toBeGreaterThanOrEqual(2000);
    expect(report.written).toBe(report.events);
    expect(await readTables()).toEqual(expectedFlightTables(report.events));
  });
});
