import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkMigrations, COMPATIBILITY_HEADING } from '../../build/check-migrations.ts';
import { functionFolder, unknownFunctionProblem } from '../../build/function-folder.ts';
import { findExample } from '../examples/find-example.ts';
import type { EventSourceMapping } from '../mapping/event-source-mapping.ts';
import { createEventSourceMapping } from '../mapping/event-source-mapping.ts';
import type { MappingEvent } from '../mapping/mapping-event.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import type { BatchLog } from './batch-log.ts';
import { createBatchLog } from './batch-log.ts';
import { describeQuarantine } from './describe-quarantine.ts';
import { describeProgress, describeReport } from './describe-run.ts';
import { describeWorld } from './describe-world.ts';
import type { EventInput, InputEvent } from '../input/event-input.ts';
import { readEventFile } from '../input/read-event-file.ts';
import { InvocationFailures } from './invocation-failures.ts';
import type { RunOptions } from './run-options.ts';
import { createRepeatedLines } from './repeated-lines.ts';
import { RunProgress } from './run-progress.ts';
import type { RunReport } from './run-report.ts';
import { createRunReport } from './run-report.ts';
import type { Screen } from './screen.ts';
import type { Standstill } from './standstill.ts';
import { createStandstillWatch, describeStandstill } from './standstill.ts';
import type { World } from './start-world.ts';
import { startWorld } from './start-world.ts';

/** Part of the backlog that is done when the database goes down, if it is told to. */
const DOWN_AFTER_SHARE = 1 / 3;

/** A consumer that is this far behind new arrivals has caught up: two looks at a shard. */
const ABREAST_MS = 2_000;

/** How often the screen is brought up to date. */
const TICK_MS = 100;

/**
 * The main job: fills a stream while its consumer is stopped, starts the consumer, shows how it catches up, and leaves
 * nothing running.
 *
 * @param given options from the command line
 * @param screen to show progress on
 * @param signal ends the run early: what was done until then is reported
 * @returns `undefined` when the run was ended before there was anything to report
 * @throws {@link UsageError} for an option that turns out wrong on closer look
 * @throws `FunctionError`, `MigrationError` or `TablesError` for a function that cannot be used
 */
export async function runLocal(given: RunOptions, screen: Screen, signal: AbortSignal): Promise<RunReport | undefined> {
  const unknown = await unknownFunctionProblem('--function', given.function);
  if (unknown !== undefined) throw new UsageError([unknown]);
  const folder = functionFolder(given.function);
  const options = { ...given, function: folder.name };
  const example = await findExample(folder);
  const input = await openInput(options, await example?.input());
  const log = createBatchLog();
  const failures = new InvocationFailures(options.function);
  const world = await startWorld({
    folder,
    example,
    options,
    onStep: (step) => {
      screen.update(`starting ${step} …`);
    },
    onLog: log.add,
    onCrash: (crash) => {
      log.dropCrashOutput(crash.environmentId);
      failures.addCrash(crash);
    },
  }).catch((error: unknown) => {
    // Ctrl-C reaches the programs that are being started too: that they fail is no news then.
    if (!signal.aborted) throw error;
  });
  if (world === undefined) {
    screen.say('Not caught up: ended while it was starting.');
    return undefined;
  }
  for (const warning of world.warnings) screen.say(`WARN ${warning}`);
  const { warnings } = await checkMigrations(folder.name, folder.migrations);
  if (warnings.length > 0) screen.say(`WARN ${[COMPATIBILITY_HEADING, ...warnings].join('\n- ')}`);
  const events = input.events()[Symbol.iterator]();
  return drain(
    new LocalRun({ options, world, screen, signal, log, failures, events }),
    options.events ?? input.backlog,
  );
}

function openInput(options: RunOptions, exampleInput: EventInput | undefined): Promise<EventInput> | EventInput {
  if (options.input !== undefined) {
    const partitionKey = { members: options.partitionKey, random: options.randomKey };
    return readEventFile({ path: options.input, format: options.inputFormat, partitionKey });
  }
  if (exampleInput !== undefined) return exampleInput;
  throw new UsageError([
    `function ${options.function} has no example events; give it some with \`--input FILE --partition-key FIELD\``,
  ]);
}

interface RunParts {
  readonly options: RunOptions;
  readonly world: World;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly log: BatchLog;
  readonly failures: InvocationFailures;
  readonly events: Iterator<InputEvent>;
}

/** Fills the stream, lets it be drained, reports, and ends the world whatever happens. */
async function drain(run: LocalRun, backlog: number): Promise<RunReport> {
  try {
    await run.fill(backlog);
    await run.catchUp();
    const report = await run.report();
    if (run.isKeptRunning) await run.keepRunning();
    return report;
  } finally {
    await run.close();
  }
}

/** The state of one run: what was put, what is done. */
class LocalRun {
  readonly #parts: RunParts;
  readonly #mapping: EventSourceMapping;
  #put = 0;
  /** What had been put at the moments looked at, the oldest just beyond {@link ABREAST_MS}. */
  readonly #putMarks: { readonly atMs: number; readonly put: number }[] = [];
  #done = 0;
  #iteratorAgeMs = 0;
  #maxIteratorAgeMs = 0;
  #startedAt = 0;
  #finishedAt = 0;
  #caughtUp = false;
  #inFlight = 0;
  /** Set when nothing moves any more until a person does something. */
  #standstill: Standstill | undefined;
  #isHoldTold = false;
  readonly #lines = createRepeatedLines();
  readonly #progress = new RunProgress();
  /** What ended the mapping, an outage that went wrong, or that no environment starts. */
  #failure: unknown;
  /** Aborted when no more events are to arrive. */
  readonly #arriving = new AbortController();

  constructor(parts: RunParts) {
    const { options, world, failures } = parts;
    this.#parts = parts;
    this.#mapping = createEventSourceMapping({
      source: world.stream.source,
      invoker: failures.watch(world.runtime),
      settings: {
        batchSize: options.batchSize,
        maxBatchingWindowSeconds: options.maxBatchingWindow,
        parallelizationFactor: options.parallelizationFactor,
        filters: options.filters,
      },
      pace: world.stream.pace,
      observe: this.#observe,
    });
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

  /** Starts the consumer and waits until it has caught up with everything put so far, or the run is ended. */
  async catchUp(): Promise<void> {
    const { signal, options } = this.#parts;
    if (this.#isInterrupted()) return;
    this.#startedAt = performance.now();
    await this.#mapping.start();
    this.#mapping.drained().catch((error: unknown) => {
      this.#failure = error;
    });
    const arrivals = this.#arrive(options.rate, AbortSignal.any([signal, this.#arriving.signal]));
    const outage = this.#takeDatabaseDown().catch((error: unknown) => {
      this.#failure ??= error;
    });
    await this.#watch(() => this.#isAbreast());
    await outage;
    if (options.keepRunning && !this.#isInterrupted() && this.#standstill === undefined) {
      this.#finish();
      return;
    }
    this.#arriving.abort();
    await arrivals;
    await this.#watch(() => this.#done >= this.#put);
    this.#finish();
    await this.#mapping.stop();
  }

  /** Goes on until the run is ended; whoever likes can look at the servers meanwhile. */
  async keepRunning(): Promise<void> {
    const { world, screen, signal } = this.#parts;
    for (const line of describeWorld(world)) screen.say(line);
    await this.#watch(() => signal.aborted);
    await this.#mapping.stop();
  }

  /** Ends everything; batches that a failed run has left under way end with their environments. */
  async close(): Promise<void> {
    this.#arriving.abort();
    // A run that failed has told why; what follows from it is no news.
    const stopped = this.#mapping.stop().catch(() => undefined);
    await this.#parts.world.close();
    await stopped;
  }

  /** Whether the run goes on once it has caught up. */
  get isKeptRunning(): boolean {
    return this.#parts.options.keepRunning && this.#caughtUp;
  }

  /** Shows the report, and writes it where the options say so. */
  async report(): Promise<RunReport> {
    const { options, world, log, screen } = this.#parts;
    const report = createRunReport(options, log.totals(), {
      events: this.#put,
      seconds: (this.#finishedAt - this.#startedAt) / 1000,
      maxIteratorAgeMs: this.#maxIteratorAgeMs,
      caughtUp: this.#caughtUp,
      environments: world.runtime.environmentsStarted(),
      postgres: world.postgres.version,
      skippedByReason: log.skips(),
    });
    screen.say(describeReport(report));
    if (report.quarantined > 0) screen.say(await describeQuarantine(world.postgres.url, report));
    if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    return report;
  }

  #finish(): void {
    const { screen, failures } = this.#parts;
    this.#finishedAt = performance.now();
    this.#caughtUp = !this.#isInterrupted() && this.#standstill === undefined;
    this.#sayNews();
    for (const line of [...this.#lines.describe(), ...failures.totals()]) screen.say(line);
    if (this.#standstill !== undefined) screen.say(describeStandstill(this.#standstill));
  }

  /** Ends a run that stands still, unless it is kept running: then whoever wants to can do something about it. */
  #standStill(standstill: Standstill | undefined): void {
    const { options, screen, world } = this.#parts;
    if (standstill === undefined || this.#isHoldTold) return;
    if (!options.keepRunning) {
      this.#standstill = standstill;
      return;
    }
    this.#isHoldTold = true;
    for (const line of [describeStandstill(standstill), ...describeWorld(world)]) screen.say(line);
  }

  #sayNews(): void {
    const { screen, log, failures } = this.#parts;
    for (const { level, message } of log.takeProblems()) {
      if (this.#lines.isNew(`${level} ${message}`)) screen.say(`${level} ${message}`);
    }
    for (const line of failures.takeLines()) screen.say(line);
  }

  /**
   * Everything is done that was put up to a moment ago. While events keep arriving the last of them are always on their
   * way: a shard that was read to its tip is read again a second later.
   */
  #isAbreast(): boolean {
    const nowMs = performance.now();
    this.#putMarks.push({ atMs: nowMs, put: this.#put });
    while ((this.#putMarks[1]?.atMs ?? nowMs) <= nowMs - ABREAST_MS) this.#putMarks.shift();
    const [mark] = this.#putMarks;
    const isOld = mark !== undefined && mark.atMs <= nowMs - ABREAST_MS;
    return this.#done >= (isOld ? mark.put : this.#put);
  }

  /** A method, because the compiler takes a signal that was looked at once for one that stays as it is. */
  #isInterrupted(): boolean {
    return this.#parts.signal.aborted;
  }

  async #watch(isOver: () => boolean): Promise<void> {
    const { signal, log, failures } = this.#parts;
    const watchStandstill = createStandstillWatch();
    while (!isOver() && !signal.aborted && this.#standstill === undefined) {
      this.#sayNews();
      this.#failure ??= failures.startFailure();
      if (this.#failure !== undefined) throw this.#failure as Error;
      this.#showProgress();
      const atMs = performance.now();
      this.#standStill(watchStandstill({ atMs, done: this.#done, inFlight: this.#inFlight, holds: log.holds() }));
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #showProgress(): void {
    const { screen, log } = this.#parts;
    const counts = { put: this.#put, done: this.#done, iteratorAgeMs: this.#iteratorAgeMs };
    // The time of day, on a clock that nobody sets.
    const atMs = performance.timeOrigin + performance.now();
    const outlook = this.#progress.add({ ...counts, atMs, isAbreast: this.#isAbreast(), holds: log.holds() });
    screen.update((columns) => describeProgress({ ...counts, ...outlook, atMs, totals: log.totals() }, columns));
  }

  /** Shows what a drain does without its database: it holds its position, and goes on when the database is back. */
  async #takeDatabaseDown(): Promise<void> {
    const { options, world, screen, signal } = this.#parts;
    const { databaseDownSeconds: seconds } = options;
    if (seconds === 0) return;
    const isOver = (): boolean => signal.aborted || this.#failure !== undefined;
    while (this.#done < this.#put * DOWN_AFTER_SHARE && !isOver()) await sleep(1);
    if (isOver()) return;
    screen.say(`PostgreSQL goes down for ${seconds} s, after ${this.#done.toLocaleString('en-US')} events.`);
    await world.postgres.restart('fast', 1000 * seconds);
    screen.say(`PostgreSQL is back; ${this.#done.toLocaleString('en-US')} events were done meanwhile.`);
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
      await world.stream.put(take(events, count), { signal, onProgress: progress });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  readonly #observe = (event: MappingEvent): void => {
    switch (event.type) {
      case 'resolved':
      case 'discarded':
        this.#done += event.records.length;
        break;
      case 'filtered':
        this.#done += event.records;
        break;
      case 'invoked':
        this.#inFlight += 1;
        this.#iteratorAgeMs = event.iteratorAgeMs;
        this.#maxIteratorAgeMs = Math.max(this.#maxIteratorAgeMs, event.iteratorAgeMs);
        break;
      case 'finished':
        this.#inFlight -= 1;
        this.#parts.failures.addFinished(event);
        break;
      case 'checkpoint':
        this.#parts.world.stream.trim(event.shardId, event.sequenceNumber);
        break;
      default:
    }
  };
}

function* take<T>(items: Iterator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken += 1) {
    const next = items.next();
    if (next.done === true) return;
    yield next.value;
  }
}
