import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { writeFunctionBundle } from '../../build/bundle-function.ts';
import { flightsExample } from '../examples/flights-example.ts';
import type { ChaosPlan } from './chaos-plan.ts';
import { mutationPlugin, type MutationName } from './mutation.ts';
import { runChaos, type ChaosResult } from './run-chaos.ts';
import type { Airports } from './verdict/expected-outcome.ts';
import { startChaosDatabase } from './world/chaos-database.ts';

/** A place to make runs of chaos on, one after the other. */
export interface ChaosPlayground {
  /** Makes a run on a database of its own. */
  readonly run: (plan: ChaosPlan) => Promise<ChaosResult>;
  readonly close: () => Promise<void>;
}

/**
 * Starts what runs share: one PostgreSQL and one bundle of the function.
 *
 * @param options what to take out of the engine, if anything, and who hears what the function writes
 */
export async function startChaosPlayground(options: {
  readonly mutation?: MutationName | undefined;
  readonly onLog?: (line: string) => void;
}): Promise<ChaosPlayground> {
  await using starting = new AsyncDisposableStack();
  const database = await startChaosDatabase();
  starting.defer(() => database.close());
  const directory = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-bundle-'));
  starting.defer(() => rm(directory, { recursive: true, force: true }));
  const plugins = options.mutation === undefined ? [] : [mutationPlugin(options.mutation)];
  await writeFunctionBundle('local/chaos/function/handler.ts', directory, plugins);
  const first = await database.create('chaos_reference');
  const ground = {
    postgres: database.postgres,
    flights: await readFlights(),
    airports: await readAirports(first),
    bundlePath: join(directory, 'index.mjs'),
    onLog: options.onLog ?? (() => undefined),
  };
  const started = starting.move();
  let runs = 0;
  return {
    run: async (plan) => {
      runs += 1;
      const name = `chaos_${runs}`;
      const result = await runChaos(plan, await database.create(name), ground);
      await database.drop(name);
      return result;
    },
    close: () => started.disposeAsync(),
  };
}

async function readFlights(): Promise<string[]> {
  const { backlog, events } = await flightsExample.input();
  const texts: string[] = [];
  for (const { data } of events()) if (texts.push(data) === backlog) break;
  return texts;
}

async function readAirports(databaseUrl: string): Promise<Airports> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ iata: string; city: string; state: string }>(
      'SELECT iata, city, state FROM airports',
    );
    return new Map(rows.map(({ iata, city, state }) => [iata, { city, state }]));
  } finally {
    await client.end();
  }
}
