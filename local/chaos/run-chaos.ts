import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createEventSourceMapping } from '../mapping/event-source-mapping.ts';
import { createFolderDestination } from '../mapping/folder-destination.ts';
import type { PostgresServer } from '../postgres/postgres-server.ts';
import type { ChaosBuild } from './chaos-builds.ts';
import { createChaosInput, type ChaosInput, type RowsBefore } from './chaos-input.ts';
import type { ChaosPlan, PlannedIncident, PlannedStreamFault } from './chaos-plan.ts';
import { createCallFaults } from './faults/call-faults.ts';
import type { FaultKind } from './faults/fault-kind.ts';
import { createFaultTally, tallyPlan, type FaultTally } from './faults/fault-tally.ts';
import { beginIncident, type IncidentScene } from './faults/incidents.ts';
import { insertTariffs } from './faults/late-tariffs.ts';
import { createInvocationFaults } from './faults/invocation-faults.ts';
import { healToTheEnd, keepAsking, makeDue } from './heal-entries.ts';
import { checkHistory } from './verdict/check-history.ts';
import { checkOutcome } from './verdict/check-outcome.ts';
import type { Airports } from './verdict/expected-fates.ts';
import { createMappingHistory, type MappingHistory } from './verdict/mapping-history.ts';
import { readOutcome } from './verdict/read-outcome.ts';
import { executePatiently } from './world/chaos-database.ts';
import { startChaosWorld, type ChaosWorld } from './world/chaos-world.ts';

/** What runs of chaos share. */
export interface ChaosGround {
  readonly postgres: PostgresServer;
  /** JSON texts of the flights. */
  readonly flights: readonly string[];
  readonly airports: Airports;
  /** Path of a build's `index.mjs`. */
  readonly bundlePath: (build: ChaosBuild) => Promise<string>;
  readonly patience: Patience;
  /** Takes each line the function writes. */
  readonly onLog: (line: string) => void;
}

/** How long a drain may stand still before it is taken for stuck: some record is delivered for ever. */
export interface Patience {
  /** Milliseconds in which nothing moves. */
  readonly ms: number;
  /** Deliveries in a row that fail while nothing moves: the same on any machine. */
  readonly failures: number;
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

const LOOK_EVERY_MS = 10;
/** Without end, as in a deployed stack: whatever a record is, the function must get past it. */
const RETRY_ATTEMPTS = -1;
/** Fast, so that many runs fit into minutes; what a mapping does is the same at any pace. */
const PACE = { idlePollMs: 10, minReadIntervalMs: 5, retryBackoff: { firstMs: 5, maxMs: 60 } } as const;
/** Share of the records that is on the stream before the consumer starts. */
const BACKLOG_SHARE = 0.6;
/** An incident lasts for so many failed invocations: enough to halve a batch until single records are left. */
const FAILURES_OF_AN_INCIDENT = 12;
/** Or for so long, where too little is left to be delivered. */
const MAX_INCIDENT_MS = 2_500;

/**
 * Makes one run: fills a stream, drains it while everything in the plan goes wrong, and compares what is left with what
 * must be.
 *
 * @param plan of the run
 * @param databaseUrl a database that is ready and empty, for a user who may do anything
 * @param ground what runs share
 */
export async function runChaos(plan: ChaosPlan, databaseUrl: string, ground: ChaosGround): Promise<ChaosResult> {
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-chaos-'));
  const input = createChaosInput(plan, ground.flights);
  const run: ChaosRun = {
    plan,
    databaseUrl,
    folder,
    input,
    history: createMappingHistory(),
    tally: createFaultTally(),
    patience: ground.patience,
  };
  try {
    await prepareDatabase(run);
    const stuck = await drain(run, ground);
    const outcome = await readOutcome(databaseUrl, folder);
    tallyPlan(plan, input, run.tally);
    return {
      seed: plan.seed,
      source: plan.source,
      records: input.events.length,
      faults: run.tally.counts(),
      violations: [
        ...stuck,
        ...checkOutcome({ ...input, airports: ground.airports }, outcome),
        ...checkHistory(run.history, outcome, input.events.length),
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
  readonly input: ChaosInput;
  readonly history: MappingHistory;
  readonly tally: FaultTally;
  readonly patience: Patience;
}

async function drain(run: ChaosRun, ground: ChaosGround): Promise<string[]> {
  const { plan, databaseUrl, tally } = run;
  const { postgres, onLog, bundlePath } = ground;
  const world = await startChaosWorld({ plan, databaseUrl, bundlePath: await bundlePath('deployed'), onLog });
  const restarts: Promise<void>[] = [];
  try {
    world.dataApi.setFaults(createCallFaults(plan.callFaults, callTargets(world, postgres, restarts), tally));
    if (!(await drainAndDisturb(run, { world, databaseUrl, bundlePath }))) {
      return ['the drain stood still: nothing moved any more'];
    }
    await Promise.all(restarts);
    world.dataApi.setFaults(undefined);
    if (plan.bookings.length > 0) await healToTheEnd({ invoker: world.function, databaseUrl });
    return [];
  } finally {
    await Promise.all(restarts);
    await world.close();
  }
}

/** Whether the drain came to its end. */
async function drainAndDisturb(run: ChaosRun, scene: IncidentScene): Promise<boolean> {
  const { plan, history, tally, input } = run;
  const { world } = scene;
  const backlog = Math.floor(input.events.length * BACKLOG_SHARE);
  await world.stream.put(input.events.slice(0, backlog));
  const mapping = createEventSourceMapping({
    source: world.stream.source,
    invoker: world.function,
    onFailure: createFolderDestination(run.folder),
    faults: createInvocationFaults(plan.invocationFaults, tally),
    observe: history.observe,
    pace: PACE,
    settings: {
      batchSize: plan.batchSize,
      parallelizationFactor: plan.parallelizationFactor,
      bisectBatchOnFunctionError: plan.bisectsBatches,
      maximumRetryAttempts: RETRY_ATTEMPTS,
    },
  });
  await mapping.start();
  const stopAsking = plan.bookings.length > 0 ? keepAsking(world.function) : () => Promise.resolve();
  try {
    await disturbAndFill(run, scene, backlog);
    return await finishDrain(run, world.stream);
  } finally {
    await mapping.stop();
    await stopAsking();
  }
}

/** Of all records, in the end: they come when all before them are settled, and what is late by then is there. */
const LAST_SHARE = 0.08;

function lastOf({ input: { events }, plan }: ChaosRun): number {
  return plan.bookings.length === 0 ? 0 : Math.ceil(events.length * LAST_SHARE);
}

/**
 * Waits for the end of the drain.
 *
 * @returns whether it came
 */
async function finishDrain(run: ChaosRun, stream: ChaosWorld['stream']): Promise<boolean> {
  const { events } = run.input;
  const last = lastOf(run);
  if (last > 0) {
    if (!(await waitForSettled(run, events.length - last))) return false;
    await insertTariffs(run.databaseUrl, 'last');
    await makeDue(run.databaseUrl);
    await stream.put(events.slice(-last));
  }
  return waitForSettled(run, events.length);
}

/** The rest of the records arrives between the disturbances, so that each has some to meet. */
async function disturbAndFill(run: ChaosRun, scene: IncidentScene, backlog: number): Promise<void> {
  const { plan, history, tally, databaseUrl } = run;
  const events = run.input.events.slice(0, run.input.events.length - lastOf(run));
  const { stream } = scene.world;
  const disturbances = [...plan.streamFaults, ...plan.incidents].sort((a, b) => a.afterShare - b.afterShare);
  let put = backlog;
  const putMore = async (): Promise<void> => {
    const until = put + Math.floor((events.length - put) / 2);
    await stream.put(events.slice(put, until));
    put = until;
  };
  for (const disturbance of disturbances) {
    await waitForSettled(run, Math.floor(Math.min(disturbance.afterShare, BACKLOG_SHARE) * backlog));
    const hasHappened = isIncident(disturbance)
      ? await sufferIncident(disturbance, { scene, history, putMore })
      : await stream.disturb(disturbance.kind);
    if (hasHappened) tally.add(disturbance.kind);
    await putMore();
  }
  if (plan.bookings.length > 0) await insertTariffs(databaseUrl, 'during');
  await stream.put(events.slice(put));
}

function isIncident(disturbance: PlannedStreamFault | PlannedIncident): disturbance is PlannedIncident {
  return disturbance.kind === 'bad-deploy' || disturbance.kind === 'missing-grant';
}

/**
 * Lets an incident last until enough invocations have met it.
 *
 * @returns whether any has
 */
async function sufferIncident(
  incident: PlannedIncident,
  parts: { readonly scene: IncidentScene; readonly history: MappingHistory; readonly putMore: () => Promise<void> },
): Promise<boolean> {
  const { scene, history, putMore } = parts;
  const end = await beginIncident(incident, scene);
  const failuresBefore = history.failures();
  await putMore();
  const deadline = performance.now() + MAX_INCIDENT_MS;
  while (history.failures() < failuresBefore + FAILURES_OF_AN_INCIDENT && performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
  }
  await end();
  return history.failures() > failuresBefore;
}

/** A person who looks at a held build comes after so much of the patience with it. */
const COMES_AFTER_SHARE = 1 / 4;

async function waitForSettled(run: ChaosRun, records: number): Promise<boolean> {
  const { history, patience } = run;
  let settled = -1;
  let since = { atMs: 0, failures: 0 };
  let isAllowed = !needsPerson(run.plan);
  const isOver = (share: number): boolean =>
    performance.now() > since.atMs + patience.ms * share ||
    history.failures() > since.failures + patience.failures * share;
  while (history.settled().length < records) {
    if (history.settled().length > settled) since = { atMs: performance.now(), failures: history.failures() };
    if (isOver(1)) return false;
    if (!isAllowed && isOver(COMES_AFTER_SHARE)) {
      isAllowed = true;
      await executePatiently(run.databaseUrl, ALLOW_UNPROVED_BUILDS);
    }
    settled = history.settled().length;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/**
 * Whether the build after a bad one may meet nothing but records that are bad themselves: where the mapping has halved the
 * batches down to single records, each lane may be at one. Nobody but a person can tell that from another bad build.
 */
function needsPerson({ bisectsBatches, incidents }: ChaosPlan): boolean {
  return bisectsBatches && incidents.some(({ kind }) => kind === 'bad-deploy');
}

/** What `ops fuse --allow` does, of builds that are held because too few of their events were seen. */
const ALLOW_UNPROVED_BUILDS = 'UPDATE event_processor.fuse SET allowed_at = now() WHERE blown_at IS NULL';

function callTargets(world: ChaosWorld, postgres: PostgresServer, restarts: Promise<void>[]) {
  return {
    restartDatabase: (mode: 'fast' | 'immediate') => {
      // One after the other: a database that is down cannot go down.
      restarts.push((restarts.at(-1) ?? Promise.resolve()).then(() => postgres.restart(mode)));
    },
    killBusyEnvironment: world.function.killBusyEnvironment,
  };
}

const ROWS_BEFORE: Readonly<Record<keyof RowsBefore, string>> = {
  gates: 'gates (airport, at, gate, serial)',
  latest_departures: 'latest_departures (airport, departed_at, flight_id, destination, delay)',
  airport_days: 'airport_days (airport, day, flights, delayed_flights, delay_minutes)',
};

async function prepareDatabase({ plan, databaseUrl, input }: ChaosRun): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Rows are put in before the settings that slow some of them down.
    for (const [table, target] of Object.entries(ROWS_BEFORE)) {
      const columns = target.split(',').length;
      for (const row of input.rowsBefore[table as keyof RowsBefore]) {
        const values = Array.from({ length: columns }, (_, index) => `$${index + 1}`).join(', ');
        await client.query(`INSERT INTO ${target} VALUES (${values})`, row.slice(0, columns));
      }
    }
    if (plan.bookings.length > 0) await insertTariffs(databaseUrl, 'before');
    await client.query('INSERT INTO run_settings VALUES ($1, $2)', [plan.quarantineFailures, plan.rowDelaySeconds]);
  } finally {
    await client.end();
  }
}
