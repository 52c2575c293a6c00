import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFunctionBundle } from '../../build/bundle-function.ts';
import { flightsExample } from '../examples/flights-example.ts';
import { editsOf, type ChaosBuild } from './chaos-builds.ts';
import type { ChaosPlan } from './chaos-plan.ts';
import { MUTATIONS, type MutationName } from './mutation.ts';
import { runChaos, type ChaosResult, type Patience } from './run-chaos.ts';
import { editSources, type SourceEdits } from './source-edits.ts';
import type { Airports } from './verdict/expected-fates.ts';
import { startChaosDatabase } from './world/chaos-database.ts';
import { queryOnce } from '../postgres/query-once.ts';

/** Finding a record that loops takes several timeouts one after the other: 38 s were seen on a busy machine. */
const PATIENCE = {
  usual: { ms: 30_000, failures: Infinity },
  withKillers: { ms: 60_000, failures: Infinity },
  // Many a mutation shows in nothing else than a drain that is stuck. Records that end the process are found in fewer deliveries.
  mutated: { ms: 12_000, failures: 40 },
} as const;

/** A place to make runs of chaos on, one after the other. */
export interface ChaosPlayground {
  /**
   * Makes a run on a database of its own.
   *
   * @param plan of the run
   * @param mutation what to take out of the engine, if anything
   */
  readonly run: (plan: ChaosPlan, mutation?: MutationName) => Promise<ChaosResult>;
  readonly close: () => Promise<void>;
}

/**
 * Starts what runs share: one PostgreSQL and the bundles of the function, each made when a run first needs it.
 *
 * @param options who hears what the function writes
 */
export async function startChaosPlayground({
  onLog = () => undefined,
}: {
  readonly onLog?: ((line: string) => void) | undefined;
} = {}): Promise<ChaosPlayground> {
  await using starting = new AsyncDisposableStack();
  const database = await startChaosDatabase();
  starting.defer(() => database.close());
  const directory = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-bundle-'));
  starting.defer(() => rm(directory, { recursive: true, force: true }));
  const bundles = new Map<string, Promise<string>>();
  const bundlePath = (build: ChaosBuild, mutation?: MutationName): Promise<string> => {
    const name = [build, ...(mutation === undefined ? [] : [mutation])].join('-');
    const bundle = bundles.get(name) ?? writeBundle(join(directory, name), build, mutation);
    bundles.set(name, bundle);
    return bundle;
  };
  const airports = await readAirports(await database.create('chaos_reference'));
  const ground = { postgres: database.postgres, flights: await readFlights(), airports, onLog };
  const started = starting.move();
  let runs = 0;
  return {
    run: async (plan, mutation) => {
      runs += 1;
      const name = `chaos_${runs}`;
      const result = await runChaos(plan, await database.create(name), {
        ...ground,
        bundlePath: (build) => bundlePath(build, mutation),
        patience: patience(plan, mutation),
      });
      await database.drop(name);
      return result;
    },
    close: () => started.disposeAsync(),
  };
}

function patience({ killers }: ChaosPlan, mutation: MutationName | undefined): Patience {
  if (mutation !== undefined) return PATIENCE.mutated;
  return killers.length > 0 ? PATIENCE.withKillers : PATIENCE.usual;
}

async function writeBundle(directory: string, build: ChaosBuild, mutation: MutationName | undefined): Promise<string> {
  const changes: readonly (readonly [name: string, edits: SourceEdits])[] = [
    [`build ${build}`, editsOf(build)],
    ...(mutation === undefined ? [] : [[`mutation ${mutation}`, MUTATIONS[mutation].edits] as const]),
  ];
  const plugins = changes.map(([name, edits]) => editSources(name, edits));
  await writeFunctionBundle('local/chaos/function/handler.ts', directory, { plugins });
  return join(directory, 'index.mjs');
}

async function readFlights(): Promise<string[]> {
  const { backlog, events } = await flightsExample.input();
  const texts: string[] = [];
  for (const { data } of events()) if (texts.push(data) === backlog) break;
  return texts;
}

/** Those that are there once: what a lookup finds two of is nobody's airport. */
async function readAirports(databaseUrl: string): Promise<Airports> {
  const rows = await queryOnce<{ iata: string; city: string; state: string }>(
    databaseUrl,
    `SELECT iata, min(city) AS city, min(state) AS state FROM airports GROUP BY iata HAVING count(*) = 1`,
  );
  return new Map(rows.map(({ iata, city, state }) => [iata, { city, state }]));
}
