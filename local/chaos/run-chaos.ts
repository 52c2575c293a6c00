import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createEventSourceMapping } from '../mapping/event-source-mapping.ts';
import { createFolderDestination } from '../mapping/folder-destination.ts';
import type { PostgresServer } from '../postgres/postgres-server.ts';
import type { InputEvent } from '../run/event-input.ts';
import { createChaosInput } from './chaos-input.ts';
import type { ChaosPlan } from './chaos-plan.ts';
import { createCallFaults } from './faults/call-faults.ts';
import { POISON_KINDS, type FaultKind } from './faults/fault-kind.ts';
import { createFaultTally, type FaultTally } from './faults/fault-tally.ts';
import { createInvocationFaults } from './faults/invocation-faults.ts';
import { checkHistory } from './verdict/check-history.ts';
import { checkOutcome } from './verdict/check-outcome.ts';
import type { Airports } from './verdict/expected-outcome.ts';
import { createMappingHistory, type MappingHistory } from './verdict/mapping-history.ts';
import { readOutcome } from './verdict/read-outcome.ts';
import { startChaosWorld, type ChaosWorld } from './world/chaos-world.ts';

/** What runs of chaos share. */
export interface ChaosGround {
  readonly postgres: PostgresServer;
  /** JSON texts of the flights. */
  readonly flights: readonly string[];
  readonly airports: Airports;
  /** Path of the function's `index.mjs`. */
  readonly bundlePath: string;
  /** Takes each line the function writes. */
  readonly onLog: (line: string) => void;
}

/** What became of one run. */
export interface ChaosResult {
  readonly seed: number;
  readonly source: ChaosPlan['source'];
  /** Records put on the stream. */
  readonly records: number;
  /** Faults that happened. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Broken promises, one sentence each; empty for a clean run. */
  readonly violations: readonly string[];
  readonly seconds: number;
}

/** A drain of a few hundred records that takes longer is stuck: some record is delivered for ever. */
const MAX_RUN_MS = 120_000;
const LOOK_EVERY_MS = 10;
/** Enough for every fault of a plan to hit the same record, and few enough for what can never succeed. */
const RETRY_ATTEMPTS = 12;
/** Fast, so that many runs fit into minutes; what a mapping does is the same at any pace. */
const PACE = { idlePollMs: 10, minReadIntervalMs: 5, retryBackoff: { firstMs: 5, maxMs: 60 } } as const;
/** Share of the records that is on the stream before the consumer starts. */
const BACKLOG_SHARE = 0.6;

/**
 * Makes one run: fills a stream, drains it while everything in the plan goes wrong, and compares what is left with what
 * must be.
 *
 * @param plan of the run
 * @param databaseUrl a database that is ready and empty
 * @param ground what runs share
 */
export async function runChaos(plan: ChaosPlan, databaseUrl: string, ground: ChaosGround): Promise<ChaosResult> {
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-chaos-'));
  const run: ChaosRun = {
    plan,
    databaseUrl,
    folder,
    input: createChaosInput(plan, ground.flights),
    history: createMappingHistory(),
    tally: createFaultTally(),
  };
  try {
    await writeRunSettings(run);
    const stuck = await drain(run, ground);
    const outcome = await readOutcome(databaseUrl, folder);
    tallyInput(run);
    return {
      seed: plan.seed,
      source: plan.source,
      records: run.input.length,
      faults: run.tally.counts(),
      violations: [
        ...stuck,
        ...checkOutcome(run.input, ground.airports, outcome),
        ...checkHistory(run.history, outcome, run.input.length),
      ],
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface ChaosRun {
  readonly plan: ChaosPlan;
  readonly databaseUrl: string;
  readonly folder: string;
  readonly input: readonly InputEvent[];
  readonly history: MappingHistory;
  readonly tally: FaultTally;
}

async function drain(run: ChaosRun, ground: ChaosGround): Promise<string[]> {
  const { plan, input, history, tally, folder } = run;
  const world = await startChaosWorld({ ...run, bundlePath: ground.bundlePath, onLog: ground.onLog });
  const restarts: Promise<void>[] = [];
  try {
    world.dataApi.setFaults(createCallFaults(plan.callFaults, callTargets(world, ground.postgres, restarts), tally));
    const backlog = Math.floor(input.length * BACKLOG_SHARE);
    await world.stream.put(input.slice(0, backlog));
    const mapping = createEventSourceMapping({
      source: world.stream.source,
      invoker: world.runtime,
      onFailure: createFolderDestination(folder),
      faults: createInvocationFaults(plan.invocationFaults, tally),
      observe: history.observe,
      pace: PACE,
      settings: {
        batchSize: plan.batchSize,
        parallelizationFactor: plan.parallelizationFactor,
        maximumRetryAttempts: RETRY_ATTEMPTS,
      },
    });
    await mapping.start();
    await disturbAndFill(run, world, backlog);
    const isDone = await waitForSettled(history, input.length);
    await mapping.stop();
    return isDone ? [] : [`the drain was not done after ${MAX_RUN_MS / 1000} s`];
  } finally {
    await Promise.all(restarts);
    await world.close();
  }
}

/** The rest of the records arrives between the disturbances of the stream, so that parents and children have some. */
async function disturbAndFill(
  { plan, input, history, tally }: ChaosRun,
  { stream }: ChaosWorld,
  backlog: number,
): Promise<void> {
  const disturbances = plan.streamFaults.toSorted((a, b) => a.afterShare - b.afterShare);
  let put = backlog;
  for (const { kind, afterShare } of disturbances) {
    await waitForSettled(history, Math.floor(Math.min(afterShare, BACKLOG_SHARE) * backlog));
    if (await stream.disturb(kind)) tally.add(kind);
    const until = put + Math.floor((input.length - put) / 2);
    await stream.put(input.slice(put, until));
    put = until;
  }
  await stream.put(input.slice(put));
}

async function waitForSettled(history: MappingHistory, records: number): Promise<boolean> {
  const deadline = performance.now() + MAX_RUN_MS;
  while (history.settled().length < records) {
    if (performance.now() > deadline) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function callTargets({ runtime }: ChaosWorld, postgres: PostgresServer, restarts: Promise<void>[]) {
  return {
    restartDatabase: (mode: 'fast' | 'immediate') => {
      // One after the other: a database that is down cannot go down.
      restarts.push((restarts.at(-1) ?? Promise.resolve()).then(() => postgres.restart(mode)));
    },
    killBusyEnvironment: () => {
      const busy = runtime.environments().find(({ isBusy }) => isBusy);
      if (busy !== undefined) void runtime.kill(busy.id);
      return busy !== undefined;
    },
  };
}

async function writeRunSettings({ plan, databaseUrl }: ChaosRun): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('INSERT INTO run_settings VALUES ($1, $2)', [plan.quarantineFailures, plan.rowDelaySeconds]);
  } finally {
    await client.end();
  }
}

/** Faults that are records happen in every run that has them; the quarantine fails for each row that goes there first. */
function tallyInput({ plan, tally }: ChaosRun): void {
  for (const kind of POISON_KINDS) tally.add(kind, plan.poison.filter((poison) => poison.kind === kind).length);
  tally.add('duplicate-record', plan.repeatedFlights.length);
  if (plan.poison.length > 0) tally.add('quarantine-failed', plan.quarantineFailures);
}
