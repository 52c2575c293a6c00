import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkMigrations, COMPATIBILITY_HEADING } from '../../build/check-migrations.ts';
import { functionFolder, unknownFunctionProblem, type FunctionFolder } from '../../build/function-folder.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { readLocalSettings } from '../examples/local-settings.ts';
import type { InputEvent } from '../input/event-input.ts';
import { Consumer, hear, type HeardFunction, type StreamMoment } from './consumer.ts';
import { describeHeldBuild, describeQuarantine } from './describe-quarantine.ts';
import { describeNext } from './describe-next.ts';
import { describeReport } from './describe-run.ts';
import { describeWorld } from './describe-world.ts';
import { openInput } from './open-input.ts';
import type { RunOptions } from './run-options.ts';
import { LocalDeployment, type HeardWorld } from './local-deployment.ts';
import type { OpenAlarms } from './world-alarms.ts';
import { SharedTrim } from './local-stream.ts';
import { createRunReport, type RunReport } from './run-report.ts';
import type { Screen } from '../../command-line/screen.ts';
import { startOnceUsable, startReloading } from './reload-functions.ts';
import { describeStandstill } from './standstill.ts';
import { startWorld, type World } from './start-world.ts';

/** Part of the backlog that is done when the database goes down, if it is told to. */
const DOWN_AFTER_SHARE = 1 / 3;

/** A consumer that is this far behind new arrivals has caught up: two looks at a shard. */
const ABREAST_MS = 2_000;

/** A world that is kept running is watched once it has caught up, or at the latest after this. */
const WATCH_AFTER_MS = 30_000;

/** How often the screen is brought up to date. */
const TICK_MS = 100;

/** What a run is asked to do, and what it has that not every program has. */
export interface LocalRunOptions extends RunOptions {
  /** Makes the alarms of a world that is kept running. @defaultValue it has none */
  readonly openAlarms?: OpenAlarms | undefined;
}

/**
 * The main job: fills a stream while its consumers are stopped, starts them, shows how they catch up, and leaves
 * nothing running.
 *
 * @param options from the command line
 * @param screen to show progress on
 * @param signal ends the run early: what was done until then is reported
 * @returns one report for each function; `undefined` when the run was ended before there was anything to report
 * @throws {@link UsageError} for an option that turns out wrong on closer look
 * @throws `FunctionError`, `MigrationError` or `TablesError` for a function that cannot be used
 */
export async function runLocal(
  options: LocalRunOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<readonly RunReport[] | undefined> {
  const folders = await foldersOf(options);
  const settings = await Promise.all(folders.map((folder) => readLocalSettings(folder)));
  const input = await openInput(options, settings);
  const kept: { metrics?: LocalDeployment['metrics'] | undefined } = {};
  const start = (): Promise<World<HeardFunction>> =>
    startWorld({
      functions: folders.map((folder) =>
        hear(folder, (line) => {
          kept.metrics?.log(line);
          if (options.verbose) screen.say(line);
        }),
      ),
      examples: settings.flatMap(({ example }) => example ?? []),
      options,
      onStep: (step) => {
        screen.update(`starting ${step} …`);
      },
    });
  const starting = options.watch ? startOnceUsable({ folders, start, say: screen.say, signal }) : start();
  const world = await starting.catch((error: unknown) => {
    // Ctrl-C reaches the programs that are being started too: that they fail is no news then.
    if (!signal.aborted) throw error;
  });
  if (world === undefined) {
    screen.say('Not caught up: interrupted during the start.');
    return undefined;
  }
  for (const warning of [...world.warnings, ...(await migrationWarnings(folders))]) screen.say(`WARN ${warning}`);
  const events = input.events()[Symbol.iterator]();
  const deployment = options.keepRunning ? await planDeployment(world, options, screen) : undefined;
  kept.metrics = deployment?.metrics;
  const run = new LocalRun({ options, world, screen, signal, events, deployment });
  return drain(run, options.events ?? input.backlog);
}

/** What a world that is kept running has beside its functions. */
function planDeployment(world: HeardWorld, { verbose, openAlarms }: LocalRunOptions, { say }: Screen) {
  const onLog = (line: string): void => {
    if (verbose) say(line);
  };
  return LocalDeployment.plan(world, { say, onLog, openAlarms });
}

async function foldersOf({ functions }: RunOptions): Promise<readonly FunctionFolder[]> {
  const unknown = await Promise.all(functions.map((name) => unknownFunctionProblem('--function', name)));
  const problems = unknown.filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new UsageError(problems);
  return functions.map((name) => functionFolder(name));
}

async function migrationWarnings(folders: readonly FunctionFolder[]): Promise<readonly string[]> {
  const checks = await Promise.all(folders.map(({ name, migrations }) => checkMigrations(name, migrations)));
  return checks.flatMap(({ warnings }) =>
    warnings.length === 0 ? [] : [[COMPATIBILITY_HEADING, ...warnings].join('\n- ')],
  );
}

interface RunParts {
  readonly options: RunOptions;
  readonly world: World<HeardFunction>;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly events: Iterator<InputEvent>;
  /** Undefined for a run that ends once it has caught up. */
  readonly deployment: LocalDeployment | undefined;
}

/** Fills the stream, lets it be drained, reports, and ends the world whatever happens. */
async function drain(run: LocalRun, backlog: number): Promise<readonly RunReport[]> {
  try {
    await run.announce();
    await run.fill(backlog);
    await run.catchUp();
    const reports = await run.report();
    if (run.isKeptRunning(reports)) await run.keepRunning();
    return reports;
  } finally {
    await run.close();
  }
}

/** The state of one run: what was put, and who reads it. */
class LocalRun {
  readonly #parts: RunParts;
  readonly #consumers: readonly Consumer[];
  #put = 0;
  /** What had been put at the moments looked at, the oldest just beyond {@link ABREAST_MS}. */
  readonly #putMarks: { readonly atMs: number; readonly put: number }[] = [];
  readonly #toldStandstills = new Set<Consumer>();
  /** An outage, or a change of the mapping, that went wrong. */
  #failure: unknown;
  #reloading: AsyncDisposable | undefined;
  /** Aborted when no more events are to arrive. */
  readonly #arriving = new AbortController();

  constructor(parts: RunParts) {
    const { options, world } = parts;
    this.#parts = parts;
    const trim = new SharedTrim(world.functions.length, world.stream.trim);
    this.#consumers = world.functions.map(
      (running, index) =>
        new Consumer({
          running,
          stream: world.stream,
          settings: {
            batchSize: options.batchSize,
            maxBatchingWindowSeconds: options.maxBatchingWindow,
            parallelizationFactor: options.parallelizationFactor,
            filters: options.filters,
          },
          onCheckpoint: (shardId, sequenceNumber) => {
            trim.checkpoint(index, shardId, sequenceNumber);
          },
          ...parts.deployment?.partsOf(index),
        }),
    );
  }

  /**
   * Tells the operator commands of this user that the world is there, where it is kept running, and follows the files of
   * its functions, where that is asked for.
   */
  async announce(): Promise<void> {
    const { options, world, screen, deployment } = this.#parts;
    await deployment?.announce(this.#consumers, (error) => {
      this.#failure ??= error;
    });
    if (!options.watch) return;
    const onDeployed = (index: number, buildVersion: string): void => deployment?.deployed(index, buildVersion);
    this.#reloading = startReloading({ world, say: screen.say, onDeployed });
  }

  /** Puts the backlog while nobody reads. */
  async fill(count: number): Promise<void> {
    const { screen, options } = this.#parts;
    const startedAt = performance.now();
    await this.#putEvents(count, (put) => {
      screen.update(
        `filling the stream, consumer stopped: ${put.toLocaleString('en-US')} of ${count.toLocaleString('en-US')} events`,
      );
    });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    screen.say(
      `Backlog: ${this.#put.toLocaleString('en-US')} events on ${options.shards} shards, put in ${seconds} s while the consumer was stopped.`,
    );
  }

  /** Starts the consumers and waits until they have caught up with everything put so far, or the run is ended. */
  async catchUp(): Promise<void> {
    const { signal, options } = this.#parts;
    if (this.#isInterrupted()) return;
    for (const consumer of this.#consumers) await consumer.start();
    void this.#watchLater();
    const arrivals = this.#arrive(options.rate, AbortSignal.any([signal, this.#arriving.signal]));
    const outage = this.#takeDatabaseDown().catch((error: unknown) => {
      this.#failure ??= error;
    });
    await this.#watch((consumer) => consumer.isAbreast(this.#moment()));
    await outage;
    if (options.keepRunning && !this.#isInterrupted() && !this.#consumers.some(({ standstill }) => standstill)) {
      this.#finish();
      return;
    }
    this.#arriving.abort();
    await arrivals;
    await this.#watch((consumer) => consumer.done >= this.#put);
    if (!this.#isInterrupted()) await this.#tryWaiting();
    this.#finish();
    await this.#stop();
  }

  /** Goes on until the run is ended; whoever likes can look at the servers meanwhile. */
  async keepRunning(): Promise<void> {
    for (const line of this.#describeWorld()) this.#parts.screen.say(line);
    this.#parts.deployment?.watch();
    await this.#watch(() => false);
    await this.#stop();
  }

  /** A drain that is measured is not disturbed; one that does not end is watched all the same. */
  async #watchLater(): Promise<void> {
    await sleep(WATCH_AFTER_MS, undefined, { signal: this.#parts.signal, ref: false }).catch(() => undefined);
    if (!this.#isInterrupted()) this.#parts.deployment?.watch();
  }

  async #tryWaiting(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.tryWaiting()));
  }

  /** Ends everything; batches that a failed run has left under way end with their environments. */
  async close(): Promise<void> {
    this.#arriving.abort();
    await this.#reloading?.[Symbol.asyncDispose]();
    await this.#parts.deployment?.[Symbol.asyncDispose]();
    // A run that failed has told why; what follows from it is no news.
    const stopped = this.#stop().catch(() => undefined);
    await this.#parts.world.close();
    await stopped;
  }

  /** Whether the run goes on once it has caught up. */
  isKeptRunning(reports: readonly RunReport[]): boolean {
    return this.#parts.options.keepRunning && reports.every(({ caughtUp }) => caughtUp);
  }

  /** Shows the reports, and writes them where the options say so: one as it is, several as a list. */
  async report(): Promise<readonly RunReport[]> {
    const { options, world, screen } = this.#parts;
    const reports = this.#consumers.map((consumer) =>
      createRunReport(consumer.name, options, {
        ...consumer.facts(),
        events: this.#put,
        postgres: world.postgres.version,
      }),
    );
    for (const report of reports) {
      if (reports.length > 1) screen.say(`\n${report.function}`);
      // What went wrong comes first: nobody looks for it below a table of good figures.
      const isHeld = this.#consumers.some(({ name, standstill }) => name === report.function && standstill);
      if (isHeld && !options.keepRunning) await this.#tellRejected(report.function);
      if (report.quarantined > 0) screen.say(await describeQuarantine(world.postgres.url, report));
      screen.say(describeReport(report));
    }
    if (!options.keepRunning) {
      for (const line of await describeNext(world.postgres.url, options)) screen.say(line);
    }
    const content = reports.length === 1 ? reports[0] : reports;
    if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(content, null, 2)}\n`);
    return reports;
  }

  #describeWorld(): readonly string[] {
    const { world, deployment } = this.#parts;
    return describeWorld(world, deployment?.stackNames ?? []);
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
  }

  #finish(): void {
    for (const consumer of this.#consumers) this.#say(consumer, consumer.finish(!this.#isInterrupted()));
  }

  #say(consumer: Consumer, lines: readonly string[]): void {
    const prefix = this.#consumers.length > 1 ? `${consumer.name}: ` : '';
    for (const line of lines) this.#parts.screen.say(`${prefix}${line}`);
  }

  /**
   * What was put, now and up to a moment ago. While events keep arriving the last of them are always on their way: a shard
   * that was read to its tip is read again a second later.
   */
  #moment(): StreamMoment {
    const nowMs = performance.now();
    this.#putMarks.push({ atMs: nowMs, put: this.#put });
    while ((this.#putMarks[1]?.atMs ?? nowMs) <= nowMs - ABREAST_MS) this.#putMarks.shift();
    const [mark] = this.#putMarks;
    const isOld = mark !== undefined && mark.atMs <= nowMs - ABREAST_MS;
    return { put: this.#put, putBefore: isOld ? mark.put : this.#put };
  }

  /** A method, because the compiler takes a signal that was looked at once for one that stays as it is. */
  #isInterrupted(): boolean {
    return this.#parts.signal.aborted;
  }

  /** Waits until every consumer is where it should be, or stands still for good. */
  async #watch(isThere: (consumer: Consumer) => boolean): Promise<void> {
    const { signal, options } = this.#parts;
    const isOver = (consumer: Consumer): boolean =>
      isThere(consumer) || (consumer.standstill !== undefined && !options.keepRunning);
    while (!this.#consumers.every(isOver) && !signal.aborted) {
      this.#failure ??= this.#consumers.map(({ failure }) => failure).find((failure) => failure !== undefined);
      if (this.#failure !== undefined) throw this.#failure as Error;
      await this.#look();
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Says what is new, and shows the consumer that is furthest behind. */
  async #look(): Promise<void> {
    const { screen, options } = this.#parts;
    const moment = this.#moment();
    const looks = this.#consumers.map((consumer) => ({ consumer, show: consumer.look(moment) }));
    for (const consumer of this.#consumers) {
      this.#say(consumer, consumer.news());
      await this.#tellStandstill(consumer);
    }
    const [last, ...others] = looks.sort((a, b) => a.consumer.done - b.consumer.done);
    if (last === undefined) return;
    const prefix = others.length === 0 ? '' : `${last.consumer.name} `;
    const isLevel = options.keepRunning && this.#consumers.every((consumer) => consumer.isAbreast(moment));
    screen.update((columns) => `${prefix}${last.show(columns - prefix.length)}`, isLevel ? 'caught up' : undefined);
  }

  /** Where the run goes on all the same, whoever wants to can do something about it. */
  async #tellStandstill(consumer: Consumer): Promise<void> {
    const { options, screen } = this.#parts;
    if (consumer.standstill === undefined || !options.keepRunning || this.#toldStandstills.has(consumer)) return;
    this.#toldStandstills.add(consumer);
    this.#say(consumer, [describeStandstill(consumer.standstill)]);
    await this.#tellRejected(consumer.name);
    for (const line of this.#describeWorld()) screen.say(line);
  }

  async #tellRejected(functionName: string): Promise<void> {
    const { world, screen } = this.#parts;
    for (const line of await describeHeldBuild(world.postgres.url, functionName)) screen.say(line);
  }

  /** Shows what a drain does without its database: it holds its position, and goes on when the database is back. */
  async #takeDatabaseDown(): Promise<void> {
    const { options, world, screen, signal } = this.#parts;
    const { databaseDownSeconds: seconds } = options;
    if (seconds === 0) return;
    const done = (): number => Math.min(...this.#consumers.map((consumer) => consumer.done));
    const isOver = (): boolean => signal.aborted || this.#failure !== undefined;
    while (done() < this.#put * DOWN_AFTER_SHARE && !isOver()) await sleep(1);
    if (isOver()) return;
    screen.say(`PostgreSQL goes down for ${seconds} s, after ${done().toLocaleString('en-US')} events.`);
    await world.postgres.restart('fast', 1000 * seconds);
    screen.say(`PostgreSQL is back; ${done().toLocaleString('en-US')} events were processed meanwhile.`);
  }

  async #arrive(perSecond: number, signal: AbortSignal): Promise<void> {
    if (perSecond === 0) return;
    const startedAt = performance.now();
    let arrived = 0;
    while (!signal.aborted) {
      const due = Math.floor((perSecond * (performance.now() - startedAt)) / 1000) - arrived;
      arrived += due;
      if (due > 0) await this.#putEvents(due, () => undefined);
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #putEvents(count: number, onProgress: (put: number) => void): Promise<void> {
    const { world, events, signal } = this.#parts;
    const before = this.#put;
    const progress = (put: number): void => {
      this.#put = before + put;
      onProgress(put);
    };
    try {
      const taken = take(events, count, this.#parts.deployment?.metrics);
      await world.stream.put(taken, { signal, onProgress: progress });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function* take(
  items: Iterator<InputEvent>,
  count: number,
  metrics: LocalDeployment['metrics'] | undefined,
): Generator<InputEvent> {
  for (let taken = 0; taken < count; taken += 1) {
    const next = items.next();
    if (next.done === true) return;
    metrics?.addIncoming(next.value.data);
    yield next.value;
  }
}
