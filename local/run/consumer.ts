import { randomUUID } from 'node:crypto';
import { TRY_WAITING_ENTRIES } from '../../contract/try-waiting-entries.ts';
import type { FunctionFolder } from '../../build/function-folder.ts';
import { createEventSourceMapping, type EventSourceMapping } from '../mapping/event-source-mapping.ts';
import type { MappingEvent, MappingObserver } from '../mapping/mapping-event.ts';
import type { FailureDestination } from '../mapping/ports.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import { createBatchLog, type BatchLog } from './batch-log.ts';
import { describeProgress } from './describe-run.ts';
import { InvocationFailures } from './invocation-failures.ts';
import type { LocalStream } from './local-stream.ts';
import { createRepeatedLines } from './repeated-lines.ts';
import { RunProgress } from './run-progress.ts';
import type { RunFacts } from './run-report.ts';
import { createStandstillWatch, describeStandstill, type Standstill } from './standstill.ts';
import type { Running, WorldFunction } from './start-world.ts';

/** A function, and what is heard of its environments, also before there is a consumer. */
export interface HeardFunction extends WorldFunction {
  readonly log: BatchLog;
  readonly failures: InvocationFailures;
}

/**
 * Listens to the environments of a function.
 *
 * @param onLine hears each line of their output as well
 */
export function hear(folder: FunctionFolder, onLine: (line: string) => void): HeardFunction {
  const log = createBatchLog();
  const failures = new InvocationFailures(folder.name);
  return {
    folder,
    log,
    failures,
    onLog: (line, environmentId) => {
      log.add(line, environmentId);
      onLine(line);
    },
    onCrash: (crash) => {
      log.dropCrashOutput(crash.environmentId);
      failures.addCrash(crash);
    },
  };
}

/** Where a consumer reads, how, and who is told. */
export interface ConsumerParts {
  readonly running: Running<HeardFunction>;
  readonly stream: LocalStream;
  readonly settings: Partial<MappingSettings>;
  /** Hears how far the consumer is. */
  readonly onCheckpoint: (shardId: string, sequenceNumber: string) => void;
  /** UUID of the mapping; one that stands for all unless given. */
  readonly mappingId?: string;
  /** Where discarded batches go; without it they are dropped. */
  readonly onFailure?: FailureDestination;
  /** Hears of everything the mapping does. */
  readonly observe?: MappingObserver;
}

/** What has been put on the stream, as a consumer is measured by it. */
export interface StreamMoment {
  /** Events put so far. */
  readonly put: number;
  /** Events put up to a moment ago: a consumer that is done with them has caught up. */
  readonly putBefore: number;
}

/** One function that reads the stream: its mapping, and what is seen of both from outside. */
export class Consumer {
  readonly name: string;
  readonly #parts: ConsumerParts;
  readonly #mapping: EventSourceMapping;
  readonly #lines = createRepeatedLines();
  readonly #progress = new RunProgress();
  readonly #watchStandstill = createStandstillWatch();
  #done = 0;
  #inFlight = 0;
  #iteratorAgeMs = 0;
  #maxIteratorAgeMs = 0;
  #startedAt = 0;
  #finishedAt = 0;
  #caughtUp = false;
  /** Set when nothing moves any more until a person does something. */
  #standstill: Standstill | undefined;
  /** What ended the mapping. */
  #failure: unknown;
  /** Changes of the settings under way: that the mapping is stopped meanwhile is no failure. */
  #updates = 0;

  constructor(parts: ConsumerParts) {
    const { running, stream, settings, mappingId, onFailure } = parts;
    this.#parts = parts;
    this.name = running.folder.name;
    this.#mapping = createEventSourceMapping({
      source: stream.source,
      invoker: running.failures.watch(running.runtime),
      settings,
      pace: stream.pace,
      observe: this.#observe,
      ...(mappingId !== undefined && { identity: { uuid: mappingId } }),
      ...(onFailure !== undefined && { onFailure }),
    });
  }

  /** The mapping as the API would tell it. */
  get mapping(): Pick<EventSourceMapping, 'settings' | 'state'> {
    return this.#mapping;
  }

  /** Events that the mapping is done with. */
  get done(): number {
    return this.#done;
  }

  /** What keeps the consumer from ever going on: the mapping ended, or no environment starts. */
  get failure(): unknown {
    return this.#failure ?? this.#parts.running.failures.startFailure();
  }

  /** How it stands still for good, if it does. */
  get standstill(): Standstill | undefined {
    return this.#standstill;
  }

  async start(): Promise<void> {
    this.#startedAt = performance.now();
    await this.#mapping.start();
    this.#hearOfFailure();
  }

  /**
   * Changes the settings of the mapping, as an operator would; positions are kept.
   *
   * @throws MappingSettingsError
   */
  async update(changes: Partial<MappingSettings>): Promise<void> {
    this.#updates += 1;
    try {
      await this.#mapping.update(changes);
    } finally {
      this.#updates -= 1;
    }
    if (this.#mapping.state() === 'Enabled') this.#hearOfFailure();
  }

  stop(): Promise<void> {
    return this.#mapping.stop();
  }

  /** Has the entries tried that wait, in a run that ends before a watchdog would ask for it. */
  async tryWaiting(): Promise<void> {
    const { EventsWaiting: waiting } = this.#parts.running.log.totals();
    // Nothing is counted before the first batch.
    if (waiting > 0) await this.ask(TRY_WAITING_ENTRIES);
  }

  /** Invokes the function beside its stream, as the watchdog does; whatever comes of it. */
  async ask(payload: string): Promise<void> {
    await this.#parts.running.runtime.invoke(payload, { requestId: randomUUID() });
  }

  /** Whether everything is done that was put up to a moment ago. */
  isAbreast({ putBefore }: StreamMoment): boolean {
    return this.#done >= putBefore;
  }

  /** Looks at where the consumer is, and whether it still moves. */
  look(moment: StreamMoment): (columns: number) => string {
    const { log } = this.#parts.running;
    const counts = { put: moment.put, done: this.#done, iteratorAgeMs: this.#iteratorAgeMs };
    // The time of day, on a clock that nobody sets.
    const atMs = performance.timeOrigin + performance.now();
    const holds = log.holds();
    const outlook = this.#progress.add({ ...counts, atMs, isAbreast: this.isAbreast(moment), holds });
    this.#standstill = this.#watchStandstill({ atMs, done: this.#done, inFlight: this.#inFlight, holds });
    return (columns) => describeProgress({ ...counts, ...outlook, atMs, totals: log.totals() }, columns);
  }

  /** Lines about what went wrong since the last look. */
  news(): readonly string[] {
    const { log, failures } = this.#parts.running;
    const problems = log.takeProblems().map(({ level, message }) => `${level} ${message}`);
    return [...problems.filter((line) => this.#lines.isNew(line)), ...failures.takeLines()];
  }

  /**
   * Ends the measuring.
   *
   * @param caughtUp whether there is nothing left to do
   * @returns lines that sum up what went wrong
   */
  finish(caughtUp: boolean): readonly string[] {
    this.#finishedAt = performance.now();
    this.#caughtUp = caughtUp && this.#standstill === undefined;
    const standstill = this.#standstill === undefined ? [] : [describeStandstill(this.#standstill)];
    return [...this.news(), ...this.#lines.describe(), ...this.#parts.running.failures.totals(), ...standstill];
  }

  /** What was seen of the run, for its report. */
  facts(): Omit<RunFacts, 'events' | 'postgres'> {
    const { running } = this.#parts;
    return {
      totals: running.log.totals(),
      skippedByReason: running.log.skips(),
      seconds: (this.#finishedAt - this.#startedAt) / 1000,
      maxIteratorAgeMs: this.#maxIteratorAgeMs,
      caughtUp: this.#caughtUp,
      environments: running.runtime.environmentsStarted(),
    };
  }

  #hearOfFailure(): void {
    this.#mapping.drained().catch((error: unknown) => {
      if (this.#updates === 0) this.#failure = error;
    });
  }

  readonly #observe = (event: MappingEvent): void => {
    this.#parts.observe?.(event);
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
        this.#parts.running.failures.addFinished(event);
        break;
      case 'checkpoint':
        this.#parts.onCheckpoint(event.shardId, event.sequenceNumber);
        break;
      default:
    }
  };
}
