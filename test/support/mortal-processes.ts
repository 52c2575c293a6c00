import { randomUUID } from 'node:crypto';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { CallOptions } from '../../data-api/classify-error.ts';
import { parameterText } from '../../data-api/statement-body.ts';
import type { KinesisRecord } from '../../processor/decode/item.ts';
import { compileProjection } from '../../processor/compile-projection.ts';
import type { EventStore, PositionNote } from '../../processor/ports.ts';
import type { BatchReport } from '../../processor/process-batch.ts';
import type { Engine } from '../../processor/batch-rounds.ts';
import { defineProjection, inserts } from '../../processor/projection.ts';
import type { RunBatch } from '../../processor/batch-runner.ts';
import { createBatchRunner } from '../../processor/batch-runner.ts';
import type { CrashFinding } from '../../processor/quarantine/suspects.ts';
import { databaseError } from './database-error.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEventStore } from './fake-event-store.ts';
import { FakeInFlightNotes } from './fake-in-flight-notes.ts';
import { FakeLookupSource } from './fake-lookup-source.ts';
import { orderEngine } from './order-engine.ts';
import { FUSE } from './write-batch.ts';

/** What the event of a record does to the process that works on it. */
export interface Doing {
  readonly id: string;
  /** Stage in which the process dies, or the engine throws. */
  readonly fatal?: 'decode' | 'project' | 'write' | 'throw';
  /** The process dies this many milliseconds after projecting: a promise that nobody awaited. */
  readonly fatalAfterMs?: number;
  /** Percent of a process's memory, taken until the records that are worked on together are done. */
  readonly memory?: number;
  /** Milliseconds that projecting it takes. */
  readonly takesMs?: number;
  /** Percent of a process's memory that is never given back. */
  readonly leak?: number;
}

const ALL_MEMORY = 100;

const BACKOFF_MS = 2_000;
const TIMEOUT_MS = 60_000;
const RESERVE_MS = 2_000;

/** One execution environment, which may die at any moment: from then on nothing that it does has an effect. */
class MortalProcess {
  readonly id: string;
  readonly died: Promise<'died'>;
  isBusy = false;
  readonly #run: RunBatch;
  readonly #world: MortalProcesses;
  #isDead = false;
  #memory = 0;
  /** What projecting has taken of the invocation. */
  #spentMs = 0;
  #leaked = 0;
  readonly #endsAtMs: number[] = [];
  #announce: () => void = () => undefined;

  constructor(id: string, world: MortalProcesses) {
    this.id = id;
    this.#world = world;
    this.died = new Promise((resolve) => {
      this.#announce = () => {
        resolve('died');
      };
    });
    this.#run = createBatchRunner({
      engine: this.#engine(),
      notes: world.notes.of(id, async () => {
        // Between two notes nothing is worked on.
        this.#memory = 0;
        await this.#pass();
        this.#fail('notes');
      }),
      positions: {
        note: async (position) => {
          await this.#pass();
          this.#fail('notes');
          world.held.push(position);
        },
      },
      onCrash: (finding) => world.findings.push(finding),
    });
  }

  #die(): void {
    this.#isDead = true;
    this.#announce();
  }

  /** Every call, and every wait, comes through here: a dead process never gets any further. */
  async #pass(ms = this.#world.callMs): Promise<void> {
    await this.#stop();
    await this.#world.clock.sleep(ms);
    await this.#stop();
  }

  #stop(): Promise<void> {
    if (this.#endsAtMs.some((atMs) => atMs <= this.#world.clock.now())) this.#die();
    return this.#isDead ? new Promise(() => undefined) : Promise.resolve();
  }

  #fail(call: 'notes' | 'write'): void {
    if (this.#world.isDatabaseDown(call)) throw databaseError('transient', '57P01');
  }

  #meet(event: Doing, stage: Doing['fatal']): void {
    this.#world.seen.push(event.id);
    if (event.fatal === stage) this.#die();
    if (stage !== 'project') return;
    if (event.fatalAfterMs !== undefined) this.#endsAtMs.push(this.#world.clock.now() + event.fatalAfterMs);
    this.#world.clock.advance(event.takesMs ?? 0);
    this.#spentMs += event.takesMs ?? 0;
    if (this.#spentMs > TIMEOUT_MS) this.#die();
    this.#memory += event.memory ?? 0;
    this.#leaked += event.leak ?? 0;
    if (this.#memory + this.#leaked > ALL_MEMORY) this.#die();
  }

  #engine(): Engine {
    const { clock, store } = this.#world;
    const schema: StandardSchemaV1<unknown, Doing> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => {
          const event = value as Doing;
          this.#meet(event, 'decode');
          return { value: event };
        },
      },
    };
    const projection = defineProjection({
      name: 'mortal',
      schema,
      eventId: ({ id }) => id,
      tables: { things: inserts({ columns: { id: 'text' } }) },
      project: (event) => {
        this.#meet(event, 'project');
        return { things: { id: event.id } };
      },
    });
    return {
      ...orderEngine({ clock, store, lookupSource: new FakeLookupSource({}), fuse: FUSE }),
      compiled: compileProjection(projection),
      clock: {
        now: () => clock.now(),
        monotonicMs: () => clock.now(),
        random: () => 0.5,
        sleep: (ms) => this.#pass(ms),
      },
      store: this.#store(),
    };
  }

  #store(): EventStore {
    const { store } = this.#world;
    return {
      write: async (parameters, options: CallOptions) => {
        const ids = this.#world.idsIn(parameters);
        if (ids.some((id) => this.#world.doingOf(id)?.fatal === 'throw')) throw new TypeError('made for a test');
        if (ids.some((id) => this.#world.doingOf(id)?.fatal === 'write')) this.#die();
        await this.#pass();
        this.#fail('write');
        const counts = await store.write(parameters, options);
        this.#world.noticeQuarantine();
        await this.#stop();
        return counts;
      },
      missingParents: () => Promise.reject(new Error('no parent is missing here')),
      storePart: () => Promise.reject(new Error('no payload here is that large')),
      closeUnidentified: () => store.closeUnidentified(),
      explain: () => store.explain(),
    };
  }

  /** Runs a batch; what was worked on before it is done. */
  work(...batch: Parameters<RunBatch>): Promise<BatchReport> {
    this.#memory = 0;
    this.#spentMs = 0;
    return this.#run(...batch);
  }
}

/** How a mapping delivers. */
export interface Delivering {
  readonly batchSize: number;
  /** Whether a batch that fails is cut in two. */
  readonly bisect?: boolean;
  /** Id of the first delivery. @defaultValue a new one */
  readonly requestId?: string;
  /** Deliveries after which a lane counts as stuck. @defaultValue 500 */
  readonly maxDeliveries?: number;
}

/** Processes over one database, and a mapping that delivers to them. */
export class MortalProcesses {
  readonly clock = new FakeClock();
  readonly store = new FakeEventStore();
  readonly notes = new FakeInFlightNotes(() => this.clock.now());
  readonly findings: CrashFinding[] = [];
  /** Positions that were noted as held, in order. */
  readonly held: PositionNote[] = [];
  /** Ids of events that code of the user's has seen, in order. */
  readonly seen: string[] = [];
  readonly reports: BatchReport[] = [];
  /** What a call takes, in milliseconds. */
  callMs = 5;
  isDatabaseDown: (call: 'notes' | 'write') => boolean = () => false;
  deaths = 0;
  started = 0;
  #processes: MortalProcess[] = [];
  readonly #doings = new Map<string, Doing>();

  /** A free process, or a new one; as on Lambda, the one used last comes first. */
  #take(): MortalProcess {
    const warm = this.#processes.findLast(({ isBusy }) => !isBusy);
    if (warm !== undefined) return warm;
    this.started += 1;
    const process = new MortalProcess(`process-${this.started}`, this);
    this.#processes.push(process);
    return process;
  }

  /** One invocation: the report, or that its process died, or that it failed and the process goes on. */
  async invoke(records: readonly KinesisRecord[], requestId: string): Promise<BatchReport | 'died' | 'threw'> {
    const process = this.#take();
    process.isBusy = true;
    const endsAtMs = this.clock.now() + TIMEOUT_MS;
    const remainingMs = (): number => endsAtMs - this.clock.now();
    const outcome = await Promise.race([
      process
        .work(records, { requestId, remainingMs, budgetMs: () => remainingMs() - RESERVE_MS })
        .catch(() => 'threw' as const),
      process.died,
    ]);
    process.isBusy = false;
    this.#processes = this.#processes.filter((other) => other !== process);
    if (outcome === 'died') this.deaths += 1;
    else this.#processes.push(process);
    if (typeof outcome === 'object') this.reports.push(outcome);
    return outcome;
  }

  /**
   * Delivers the records of a lane until all of them are done, as the mapping does: the same batch with the same id after a
   * failure, the rest of it with a new one after progress.
   *
   * @returns the number of deliveries
   */
  async drain(lane: readonly KinesisRecord[], delivering: Delivering): Promise<number> {
    const { batchSize, bisect = false, maxDeliveries = 500 } = delivering;
    const waiting: (readonly KinesisRecord[])[] = [];
    for (let at = 0; at < lane.length; at += batchSize) waiting.unshift(lane.slice(at, at + batchSize));
    let deliveries = 0;
    let requestId = delivering.requestId ?? randomUUID();
    for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop()) {
      deliveries += 1;
      if (deliveries > maxDeliveries) throw new Error(`stuck at ${batch.length} records`);
      const parts = await this.#deliver(batch, requestId, bisect);
      waiting.push(...parts);
      if (parts.length === 1 && parts[0]?.length === batch.length) this.clock.advance(BACKOFF_MS);
      else requestId = randomUUID();
    }
    return deliveries;
  }

  /** One delivery of a batch; what is left of it, in the order that a stack wants. */
  async #deliver(
    batch: readonly KinesisRecord[],
    requestId: string,
    bisect: boolean,
  ): Promise<(readonly KinesisRecord[])[]> {
    const outcome = await this.invoke(batch, requestId);
    const done = typeof outcome === 'object' ? outcome.committedRecords : 0;
    const rest = batch.slice(done);
    const half = bisect && done === 0 ? Math.floor(rest.length / 2) : 0;
    return [rest.slice(half), rest.slice(0, half)].filter(({ length }) => length > 0);
  }

  /** Ends all processes that have nothing to do, as Lambda does with those that are idle. */
  retire(): void {
    this.#processes = this.#processes.filter(({ isBusy }) => isBusy);
  }

  know(doings: readonly Doing[]): void {
    for (const doing of doings) this.#doings.set(doing.id, doing);
  }

  doingOf(id: string): Doing | undefined {
    return this.#doings.get(id);
  }

  idsIn(parameters: Parameters<EventStore['write']>[0]): readonly string[] {
    return (JSON.parse(parameterText(parameters['events'] ?? '[]')) as [number, string][]).map(([, id]) => id);
  }

  noticeQuarantine(): void {
    for (const row of this.store.quarantineRows) {
      if (row[6] === 'kills-function') this.notes.quarantined.add(String(row[1]));
    }
  }
}
