import { batchTime, recordsPerBatch } from './batch-time.ts';
import { Environments } from './environments.ts';
import { EventQueue } from './event-queue.ts';
import { batchFactor, busiestLaneShare, databaseSteps, lanesOf, type Outlook } from './outlook.ts';
import type { PlanInput, ShardLoad, Workload } from './plan-input.ts';
import { isIdle, streamRate } from './rates.ts';
import { SharedWork } from './shared-work.ts';

/** How old the oldest record is that waits, at one moment. Both in seconds, the time since the catch-up started. */
export interface PlannedAge {
  readonly atSeconds: number;
  readonly ageSeconds: number;
}

/** A catch-up as it went. */
export interface Simulation {
  /** Seconds until the last shard had caught up; Infinity when that was not seen. */
  readonly seconds: number;
  /** In the order of the input. */
  readonly shards: readonly { readonly shardId: string; readonly seconds: number }[];
  readonly ages: readonly PlannedAge[];
}

/** Invocations that are played; where there would be more, each stands for several that follow one another. */
const MOST_INVOCATIONS = 100_000;
const PER_LANE = { least: 6, most: 500 } as const;

/** A run that takes so many times as many as it was cut into does not get there. */
const PATIENCE = 4;

const AGE_SAMPLES = 120;

/**
 * Plays a catch-up, invocation by invocation: lanes take batches as far as the shard has been read, environments are started as Lambda
 * starts them, and the database does the work of all of them at the speed that it has.
 *
 * @param horizonSeconds about how long it takes, finite
 */
export function simulate(outlook: Outlook, input: PlanInput, horizonSeconds: number): Simulation {
  return new CatchUp(outlook, input, horizonSeconds).run();
}

interface SimulatedShard {
  readonly load: ShardLoad;
  /** When the reader has read all that lanes have asked for so far. */
  readUntilSeconds: number;
  openLanes: number;
  caughtUpAtSeconds: number;
}

interface Lane {
  /** Among all lanes of the stream. */
  readonly index: number;
  readonly shard: SimulatedShard;
  readonly arrivalRate: number;
  readonly backlog: number;
  /** Records of one invocation that is played. */
  readonly stretch: number;
  /** About how many of them there are to play. */
  readonly invocations: number;
  done: number;
  /** Invocations begun, and by how many milliseconds the last one was shifted. */
  turns: number;
  shiftMs: number;
  /** Records of the invocation under way. */
  taken: number;
  startedAtSeconds: number;
  lastSeconds: number;
  /** When the first batch and when the last record of what comes next has been read. */
  read: ReadAhead;
  /** When the last record of the invocation under way is read and could have been processed. */
  notBeforeSeconds: number;
}

interface ReadAhead {
  readonly firstAtSeconds: number;
  readonly lastAtSeconds: number;
}

type Happening =
  | { readonly kind: 'start' | 'work' | 'end'; readonly lane: Lane }
  | { readonly kind: 'grow'; readonly recordsPerSecond: number };

class CatchUp {
  readonly #workload: Workload;
  readonly #factor: number;
  readonly #batchRecords: number;
  readonly #streamRate: number;
  readonly #workSeconds: number;
  readonly #environments: Environments;
  readonly #happenings = new EventQueue<Happening>();
  readonly #database: SharedWork<Lane>;
  readonly #shards: readonly SimulatedShard[];
  readonly #lanes: readonly Lane[];
  readonly #ages: PlannedAge[] = [];
  readonly #ageStepSeconds: number;
  readonly #mostInvocations: number;
  /** Lanes that no environment is free for, in the order in which they came. */
  readonly #waiting = new EventQueue<Lane>();
  #databaseRate = 0;
  /** Records per second that lanes need that have caught up. */
  #steadyRate = 0;
  #open = 0;
  #invocations = 0;

  constructor(outlook: Outlook, input: PlanInput, horizonSeconds: number) {
    const { settings, workload } = input;
    this.#workload = workload;
    this.#factor = batchFactor(outlook, workload);
    this.#batchRecords = recordsPerBatch(settings, workload);
    this.#streamRate = streamRate(workload, settings.enhancedFanOut);
    this.#workSeconds = (this.#factor * batchTime(1, workload).workMs) / 1000;
    this.#environments = new Environments(settings.concurrency);
    this.#shards = input.shards.map((load) => ({ load, readUntilSeconds: 0, openLanes: 0, caughtUpAtSeconds: 0 }));
    this.#lanes = createLanes(outlook, input, {
      shards: this.#shards,
      batchRecords: this.#batchRecords,
      horizonSeconds,
    });
    this.#mostInvocations = PATIENCE * this.#lanes.reduce((sum, lane) => sum + lane.invocations + 1, 0);
    this.#ageStepSeconds = Math.max(horizonSeconds, Number.EPSILON) / AGE_SAMPLES;
    this.#database = new SharedWork(0);
    for (const { fromSeconds, recordsPerSecond } of databaseSteps(outlook, settings, workload)) {
      this.#happenings.push(fromSeconds, { kind: 'grow', recordsPerSecond });
    }
  }

  run(): Simulation {
    this.#begin();
    while (this.#open > 0 && this.#invocations <= this.#mostInvocations) {
      const finishedAt = this.#database.nextAt();
      const atSeconds = Math.min(finishedAt, this.#happenings.nextAt);
      if (atSeconds === Infinity) break;
      this.#sampleAges(atSeconds);
      if (finishedAt <= this.#happenings.nextAt) this.#finishWork(atSeconds);
      else this.#happen(atSeconds);
    }
    const shards = this.#shards.map(({ load, openLanes, caughtUpAtSeconds }) => ({
      shardId: load.shardId,
      seconds: openLanes > 0 ? Infinity : caughtUpAtSeconds,
    }));
    const seconds = shards.reduce((last, shard) => Math.max(last, shard.seconds), 0);
    return { seconds, shards, ages: this.#agesUntil(seconds) };
  }

  #begin(): void {
    for (const lane of this.#lanes) {
      if (lane.backlog > 0) {
        lane.shard.openLanes += 1;
        this.#open += 1;
        // One batch at first: it should not wait for all that the other lanes read ahead.
        this.#readAhead(lane, 0, this.#batchRecords);
        this.#happenings.push(lane.read.firstAtSeconds, { kind: 'start', lane });
      } else {
        this.#steadyRate += lane.arrivalRate;
      }
    }
  }

  #happen(atSeconds: number): void {
    const happening = this.#happenings.pop();
    switch (happening?.kind) {
      case undefined:
        return;
      case 'grow':
        this.#databaseRate = happening.recordsPerSecond;
        this.#makeRoom(atSeconds);
        return;
      case 'start':
        this.#start(happening.lane, atSeconds);
        return;
      case 'work':
        this.#database.add(happening.lane, happening.lane.taken * this.#workSeconds, atSeconds);
        return;
      case 'end':
        this.#end(happening.lane, atSeconds);
    }
  }

  #makeRoom(atSeconds: number): void {
    this.#database.setRoom(Math.max(0, this.#databaseRate - this.#steadyRate) * this.#workSeconds, atSeconds);
  }

  #start(lane: Lane, atSeconds: number): void {
    const environment = this.#environments.take(atSeconds);
    if (environment === Infinity) {
      this.#waiting.push(atSeconds, lane);
      return;
    }
    if (typeof environment === 'number') {
      this.#happenings.push(environment, { kind: 'start', lane });
      return;
    }
    this.#invocations += 1;
    const first = lane.startedAtSeconds === NEVER;
    const records = Math.min(first ? this.#batchRecords : lane.stretch, available(lane, atSeconds));
    const batches = Math.max(1, Math.ceil(records / this.#batchRecords));
    const { waitMs } = batchTime(records / batches, this.#workload);
    const coldMs = environment === 'cold' ? this.#workload.coldStartMs : 0;
    lane.taken = records;
    lane.startedAtSeconds = atSeconds;
    lane.notBeforeSeconds = lane.read.lastAtSeconds + this.#oneBatchSeconds(records / batches);
    this.#readAhead(lane, atSeconds, lane.stretch);
    const usualMs = this.#factor * batches * waitMs;
    // A lane that is alone has nobody to be in step with.
    const shiftedMs = this.#lanes.length === 1 ? usualMs : shifted(lane, usualMs);
    this.#happenings.push(atSeconds + (coldMs + shiftedMs) / 1000, { kind: 'work', lane });
  }

  #oneBatchSeconds(records: number): number {
    return (this.#factor * batchTime(records, this.#workload).waitMs) / 1000 + records * this.#workSeconds;
  }

  /** The shard is read by one reader, which serves its lanes in the order in which they ask. */
  #readAhead(lane: Lane, atSeconds: number, records: number): void {
    const { shard } = lane;
    const left = Math.max(0, available(lane, atSeconds) - lane.taken);
    const toRead = Math.min(records, left);
    const beginsAt = Math.max(atSeconds, shard.readUntilSeconds);
    shard.readUntilSeconds = beginsAt + toRead / this.#streamRate;
    lane.read = {
      firstAtSeconds: beginsAt + Math.min(toRead, this.#batchRecords) / this.#streamRate,
      lastAtSeconds: shard.readUntilSeconds,
    };
  }

  #finishWork(atSeconds: number): void {
    const lane = this.#database.take(atSeconds);
    if (lane === undefined) return;
    if (lane.notBeforeSeconds > atSeconds) this.#happenings.push(lane.notBeforeSeconds, { kind: 'end', lane });
    else this.#end(lane, atSeconds);
  }

  #end(lane: Lane, atSeconds: number): void {
    const { startedAtSeconds } = lane;
    // What arrived while it worked belongs to keeping up, not to the backlog.
    const isLevel = lane.taken >= available(lane, startedAtSeconds) - TOUCH;
    lane.lastSeconds = atSeconds - startedAtSeconds;
    lane.done += lane.taken;
    lane.taken = 0;
    this.#environments.give();
    if (isLevel) this.#catchUp(lane, atSeconds);
    else this.#happenings.push(Math.max(atSeconds, lane.read.firstAtSeconds), { kind: 'start', lane });
    const next = this.#waiting.pop();
    if (next !== undefined) this.#happenings.push(atSeconds, { kind: 'start', lane: next });
  }

  #catchUp(lane: Lane, atSeconds: number): void {
    this.#open -= 1;
    lane.shard.openLanes -= 1;
    lane.shard.caughtUpAtSeconds = atSeconds;
    lane.done = Infinity;
    this.#steadyRate += lane.arrivalRate;
    this.#makeRoom(atSeconds);
  }

  #sampleAges(untilSeconds: number): void {
    for (;;) {
      const atSeconds = this.#ages.length * this.#ageStepSeconds;
      if (atSeconds > untilSeconds || this.#ages.length >= 3 * AGE_SAMPLES) return;
      this.#ages.push({
        atSeconds,
        ageSeconds: this.#lanes.reduce((age, lane) => Math.max(age, ageOf(lane, atSeconds)), 0),
      });
    }
  }

  #agesUntil(seconds: number): readonly PlannedAge[] {
    if (seconds === Infinity) return this.#ages;
    return [...this.#ages.filter(({ atSeconds }) => atSeconds < seconds), { atSeconds: seconds, ageSeconds: 0 }];
  }
}

const NEVER = -1;

/**
 * The wait of an invocation, a little longer or shorter. Batches never take exactly as long as each other, so lanes fall out of step: while
 * one of them waits for the network another one works. In step, all of them would always want the database at once. The shifts of a lane add up to
 * nothing, and are the same whenever the same is planned.
 */
function shifted(lane: Lane, waitMs: number): number {
  const shiftMs = waitMs * (scatter(lane.index, lane.turns) - 0.5);
  const ms = Math.max(0, waitMs + shiftMs - lane.shiftMs);
  lane.turns += 1;
  lane.shiftMs = shiftMs;
  return ms;
}

/** A number from 0 to 1 that looks like chance. The constants are those of MurmurHash3's finalizer and of Fibonacci hashing. */
function scatter(lane: number, turn: number): number {
  let hash = Math.imul(lane + 1, 0x9e3779b1) ^ Math.imul(turn + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** Records are counted in parts: what is less than this is nothing. */
const TOUCH = 1e-6;

interface LaneParts {
  readonly shards: readonly SimulatedShard[];
  readonly batchRecords: number;
  readonly horizonSeconds: number;
}

function createLanes(outlook: Outlook, { settings }: PlanInput, parts: LaneParts): readonly Lane[] {
  const busy = parts.shards.filter(({ load }) => !isIdle(load));
  const lanes = busy.reduce((sum, { load }) => sum + lanesOf(load, settings), 0);
  const perLane = Math.min(PER_LANE.most, Math.max(PER_LANE.least, MOST_INVOCATIONS / Math.max(1, lanes)));
  let index = 0;
  return busy.flatMap((shard) => {
    const count = lanesOf(shard.load, settings);
    const busiest = busiestLaneShare(outlook, shard.load, count);
    return Array.from({ length: count }, (_, place): Lane => {
      const share = place === 0 ? busiest : (1 - busiest) / (count - 1);
      const arrivalRate = share * shard.load.arrivalRate;
      const backlog = share * (shard.load.backlogRecords ?? 0);
      const records = backlog + arrivalRate * parts.horizonSeconds;
      const batches = Math.max(1, Math.ceil(records / (perLane * parts.batchRecords)));
      return {
        index: index++,
        shard,
        arrivalRate,
        backlog,
        stretch: batches * parts.batchRecords,
        invocations: Math.ceil(records / (batches * parts.batchRecords)),
        done: 0,
        turns: 0,
        shiftMs: 0,
        taken: 0,
        startedAtSeconds: NEVER,
        lastSeconds: 0,
        read: { firstAtSeconds: 0, lastAtSeconds: 0 },
        notBeforeSeconds: 0,
      };
    });
  });
}

/** Records that are in the stream for a lane and not done. */
function available(lane: Lane, atSeconds: number): number {
  return Math.max(0, lane.backlog + lane.arrivalRate * atSeconds - lane.done);
}

/** Age of the oldest record of a lane; within an invocation it goes on as in the one before. */
function ageOf(lane: Lane, atSeconds: number): number {
  const { backlog, arrivalRate, shard, taken, lastSeconds, startedAtSeconds } = lane;
  const part = lastSeconds > 0 ? Math.min(1, Math.max(0, atSeconds - startedAtSeconds) / lastSeconds) : 0;
  const done = lane.done + part * taken;
  if (done >= backlog + arrivalRate * atSeconds) return 0;
  const { backlogAgeSeconds } = shard.load;
  if (done < backlog) return atSeconds + backlogAgeSeconds * (1 - done / backlog);
  return Math.max(0, atSeconds - (done - backlog) / arrivalRate);
}
