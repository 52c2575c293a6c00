import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { InputEvent } from '../../local/input/event-input.ts';
import type { LiveDeployment } from '../../local/live/live-deployment.ts';
import type { LiveWorld } from '../../local/live/live-world.ts';
import { createHashKey, HASH_KEY_COUNT } from '../../local/mapping/hash-key.ts';
import { ConsumerView } from '../../local/page/consumer-view.ts';
import type { PageControls, PageRejection, PageSnapshot } from '../../local/page/page-snapshot.ts';
import { sumRecords } from '../../local/page/sum-records.ts';
import { createBatchLog, totalOf, type BatchTotals } from '../../local/run/batch-log.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { BadEvents } from '../live/bad-events.ts';
import { redriveLive } from '../live/redrive-live.ts';
import { MINUTE_MS } from '../timeline.ts';
import { PageAlarms } from './page-alarms.ts';
import { PageVerdict } from './page-verdict.ts';
import { queryOnce } from '../../local/postgres/query-once.ts';

/** What a page is about. */
export interface PageWorldParts {
  readonly functionName: string;
  readonly world: LiveWorld;
  readonly deployment: LiveDeployment;
  /** As its template has it. */
  readonly template: Deployment;
  /** New events; when they end, no more arrive. */
  readonly events: Iterator<InputEvent>;
  readonly badEvents: BadEvents;
  /** Of the Kinesis emulator. */
  readonly client: KinesisClient;
  readonly arrivalsPerSecond: number;
}

/** Time that is skipped passes in steps of so long, so that the charts show what happens in it. */
const STEP_MS = 10_000;

/** A consumer that is running gets so long for what a step brought, on the clock of this machine. */
const STEP_TAKES_MS = 30;

/** The alarms have a state when the watchdog has run so often. */
const RUNS_BEFORE_ALARMS = 8;

/** A local world with everything that the page shows and does. */
export class PageWorld {
  readonly #parts: PageWorldParts;
  readonly #view = new ConsumerView();
  readonly #log = createBatchLog();
  readonly #verdict: PageVerdict;
  readonly #alarms: PageAlarms;
  readonly #hashKey = createHashKey();
  #controls: PageControls;
  #totals: BatchTotals;
  #quarantine: readonly PageRejection[] = [];
  #owed = 0;
  #owedSinceMs: number;
  #nextWatchMs: number;
  #bad = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #listener: (snapshot: PageSnapshot) => void = () => undefined;
  #snapshot: PageSnapshot | undefined;

  constructor(parts: PageWorldParts) {
    const { world, deployment, template, arrivalsPerSecond } = parts;
    const { batchSize, parallelizationFactor } = deployment.mapping.settings;
    this.#parts = parts;
    this.#verdict = new PageVerdict(template);
    this.#alarms = new PageAlarms(template, world.clock.now());
    this.#totals = this.#log.totals();
    this.#controls = {
      isConsumerRunning: true,
      arrivalsPerSecond,
      batchSize,
      parallelizationFactor,
      isDatabaseUp: true,
    };
    this.#owedSinceMs = world.clock.now();
    this.#nextWatchMs = world.clock.now();
    this.#view.setLanes(parallelizationFactor);
    deployment.observe(this.#view.observe);
  }

  /** How everything is now. */
  get controls(): PageControls {
    return this.#controls;
  }

  /**
   * Lets the watchdog run until the alarms have a state, in no time.
   *
   * @returns how everything is then
   */
  async begin(): Promise<PageSnapshot> {
    await this.#inTurn(() => this.#pass(RUNS_BEFORE_ALARMS * MINUTE_MS));
    if (this.#snapshot === undefined) throw new Error('a world that has begun has a snapshot');
    return this.#snapshot;
  }

  /** Has somebody hear of each snapshot from now on, instead of whoever did. */
  listen(listener: (snapshot: PageSnapshot) => void): void {
    this.#listener = listener;
  }

  /** Does what is due, and takes a snapshot. */
  tick(): Promise<void> {
    return this.#inTurn(() => this.#step());
  }

  /** Puts a backlog on the stream. */
  fill(events: number): Promise<void> {
    return this.#inTurn(() => this.#put(events));
  }

  /** Stops or starts the consumer, as somebody who disables the mapping does. */
  setConsumerRunning(isRunning: boolean): Promise<void> {
    return this.#inTurn(async () => {
      await this.#parts.deployment.setEnabled(isRunning);
      if (!isRunning) this.#view.clearLanes();
      this.#controls = { ...this.#controls, isConsumerRunning: isRunning };
    });
  }

  /** Has so many new events arrive each second. */
  setArrivals(arrivalsPerSecond: number): void {
    this.#controls = { ...this.#controls, arrivalsPerSecond };
  }

  /** Changes the mapping; positions are kept. */
  updateMapping(changes: Pick<PageControls, 'batchSize' | 'parallelizationFactor'>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#parts.deployment.updateMapping(changes);
      this.#view.setLanes(changes.parallelizationFactor);
      this.#controls = { ...this.#controls, ...changes };
    });
  }

  /** Takes the database away, or gives it back. */
  setDatabaseUp(isDatabaseUp: boolean): void {
    const fault = { kind: 'error', name: 'DatabaseUnavailableException', when: 'before' } as const;
    this.#parts.deployment.dataApi.setFaults(isDatabaseUp ? undefined : () => fault);
    this.#controls = { ...this.#controls, isDatabaseUp };
  }

  /** Puts events on the stream that will be set aside. */
  poison(count: number): Promise<void> {
    const events = Array.from({ length: count }, () => this.#parts.badEvents.event((this.#bad += 1)));
    return this.#inTurn(() => this.#putAll(events));
  }

  /**
   * Removes the cause, where one can be removed, and puts everything in the quarantine back on the stream.
   *
   * @returns how many records were put back
   */
  redrive(): Promise<number> {
    const { badEvents, deployment, client } = this.#parts;
    return this.#inTurn(async () => {
      if (badEvents.mendSql !== undefined) await queryOnce(this.#parts.deployment.databaseUrl, badEvents.mendSql);
      const { records } = await redriveLive(deployment, client);
      await this.#readQuarantine();
      return records;
    });
  }

  /** Lets minutes pass in a moment: what would happen in them happens. */
  passMinutes(minutes: number): Promise<void> {
    return this.#inTurn(() => this.#pass(minutes * MINUTE_MS));
  }

  /** Actions and ticks change the same things: one comes after the other. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #pass(ms: number): Promise<void> {
    const { clock } = this.#parts.world;
    const untilMs = clock.now() + ms;
    while (clock.now() < untilMs) {
      await clock.turnTo(Math.min(untilMs, clock.now() + STEP_MS));
      if (this.#controls.isConsumerRunning) await sleep(STEP_TAKES_MS);
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const { world, deployment } = this.#parts;
    await this.#arrive();
    if (world.clock.now() >= this.#nextWatchMs) {
      this.#nextWatchMs = world.clock.now() + MINUTE_MS;
      await deployment.watch();
    }
    const nowMs = world.clock.now();
    const lines = deployment.takeLines();
    for (const line of lines) this.#log.add(line, 'live');
    this.#alarms.publish(deployment.takeServiceMetrics(nowMs), lines);
    this.#alarms.advanceTo(nowMs);
    this.#snapshot = await this.#look(nowMs);
    this.#listener(this.#snapshot);
  }

  async #arrive(): Promise<void> {
    const nowMs = this.#parts.world.clock.now();
    this.#owed += (this.#controls.arrivalsPerSecond * (nowMs - this.#owedSinceMs)) / 1000;
    this.#owedSinceMs = nowMs;
    const due = Math.floor(this.#owed);
    this.#owed -= due;
    await this.#put(due);
  }

  async #put(count: number): Promise<void> {
    const taken: InputEvent[] = [];
    while (taken.length < count) {
      const next = this.#parts.events.next();
      if (next.done === true) break;
      taken.push(next.value);
    }
    await this.#putAll(taken);
  }

  async #putAll(events: readonly InputEvent[]): Promise<void> {
    const { deployment } = this.#parts;
    await deployment.put(events);
    const shards = BigInt(deployment.plan.shardCount);
    for (const { partitionKey } of events) {
      const shard = (this.#hashKey(partitionKey) * shards) / HASH_KEY_COUNT;
      this.#view.addPut(`shardId-${String(shard).padStart(12, '0')}`, 1);
    }
  }

  async #look(atMs: number): Promise<PageSnapshot> {
    const before = this.#totals;
    const totals = (this.#totals = this.#log.totals());
    // Before anything is waited for: what the mapping does meanwhile is in none of the lines that are counted.
    const look = this.#view.look(atMs);
    const sum = sumRecords(this.#view.counts(), totals);
    const setAside = (of: BatchTotals): number => totalOf(of, 'EventsQuarantined', 'EventsWaiting');
    if (setAside(totals) !== setAside(before)) await this.#readQuarantine();
    const { functionName } = this.#parts;
    const isEnabled = this.#controls.isConsumerRunning;
    return {
      atMs,
      functionName,
      ...this.#verdict.judge({ atMs, shards: look.shards, isEnabled, holds: this.#log.holds() }),
      ...look,
      sum,
      batchMs: phasesOf(before, totals),
      cacheHitRatio: ratioOf(totals),
      alarms: this.#alarms.alarms,
      messages: this.#alarms.messages,
      quarantine: this.#quarantine,
      controls: this.#controls,
    };
  }

  async #readQuarantine(): Promise<void> {
    this.#quarantine = await queryOnce<PageRejection>(
      this.#parts.deployment.databaseUrl,
      `SELECT reason, count(*)::integer AS events, (array_agg(detail ORDER BY id))[1] AS example
       FROM ${FRAMEWORK_TABLES.quarantine} WHERE redriven_at IS NULL AND applied_at IS NULL
       GROUP BY reason ORDER BY events DESC, reason`,
    );
  }
}

function phasesOf(before: BatchTotals, now: BatchTotals): PageSnapshot['batchMs'] {
  const batches = now.batches - before.batches;
  if (batches === 0) return undefined;
  const perBatch = (name: keyof BatchTotals): number => (totalOf(now, name) - totalOf(before, name)) / batches;
  return {
    decode: perBatch('DecodeMs'),
    lookup: perBatch('LookupMs'),
    project: perBatch('ProjectMs'),
    write: perBatch('WriteMs'),
  };
}

function ratioOf(totals: BatchTotals): number | undefined {
  const keys = totalOf(totals, 'LookupKeys');
  return keys === 0 ? undefined : totalOf(totals, 'CacheHits') / keys;
}
