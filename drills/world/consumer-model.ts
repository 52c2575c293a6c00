import type { Deployment } from '../deployment/deployment.ts';
import { MINUTE_MS } from '../timeline.ts';
import type { Conditions } from './conditions.ts';
import { ShardLog } from './shard-log.ts';

/** What became of one invocation. */
export interface Invocation {
  /** Age of the last record of its batch when it was sent, in milliseconds. */
  readonly ageMs: number;
  readonly durationMs: number;
  /** `failed`: no answer came back, and the function published nothing. */
  readonly outcome: 'written' | 'held' | 'fuse' | 'failed';
  readonly records: number;
}

/** What happened in one minute, before anybody counts it. */
export interface ConsumerMinute {
  /** Whether Lambda's poller read the stream. */
  readonly reads: boolean;
  readonly incoming: number;
  readonly invocations: readonly Invocation[];
  readonly throttles: number;
  /** Records that Lambda put into the on-failure destination, and those that were refused there. */
  readonly delivered: number;
  readonly dropped: number;
  readonly deliveryFailures: number;
  /** How far behind the consumer is at the end of the minute, in milliseconds. */
  readonly behindMs: number;
}

/** Where a shard's consumer stands, as the database knows it. */
interface Committed {
  readonly sequence: number | undefined;
  readonly arrivalMs: number | undefined;
  /** Now less the most that a commit of the last two minutes was behind; undefined without a commit. */
  readonly slowestArrivalMs: number | undefined;
}

interface Lane {
  /** The last record that it is done with, written or given up. */
  done: number;
  /** The last record of a batch that came back: it is delivered again as it was. */
  heldUntil: number | undefined;
  /** What the processor wrote down about it. */
  note: HeldNote | undefined;
}

/** A position that the processor has handed back, as the database has it. */
interface HeldNote {
  readonly shardId: string;
  readonly sequence: number;
  /** Milliseconds since 1970, all of them. */
  readonly arrivalMs: number;
  readonly sinceMs: number;
  readonly atMs: number;
}

interface Shard {
  readonly log: ShardLog;
  readonly lanes: readonly Lane[];
  committed: number;
  recent: readonly { readonly atMs: number; readonly arrivalMs: number }[];
}

/** More shards make no other incidents, only more of the same. */
const MOST_SHARDS = 8;

/** From arrival to commit when nothing is in the way. */
const LATENCY_MS = 1_500;

/** Invocations that a busy lane is shown with in a minute; what they publish adds up. */
const SHOWN_INVOCATIONS = 3;

/** Lambda's longest wait before it delivers a failed batch again is not documented; more was never reported. */
const LONGEST_BACKOFF_SECONDS = 60;

/** How long an entry waits before it is for somebody: that of a projection, which the template does not tell. */
export const HEAL_FOR_MS = 60 * MINUTE_MS;

/** A stream and those who read it: what came in, what was written, what was put aside and what was lost. */
export class ConsumerModel {
  readonly deployedAtMs: number;
  shards: Shard[];
  /** When each open entry of the quarantine came in, oldest first. */
  quarantinedAtMs: number[] = [];
  /** Since when each entry waits that may still come into effect, oldest first. */
  waitingSinceMs: number[] = [];
  /** Objects in the on-failure bucket that nobody has read. */
  failedBatches = 0;
  readonly #deployment: Deployment;
  #arrivalsOwed = 0;
  #sinceResharding = 0;

  constructor(deployment: Deployment, deployedAtMs: number) {
    this.#deployment = deployment;
    this.deployedAtMs = deployedAtMs;
    this.shards = this.#newShards(Math.min(deployment.stream.shards, MOST_SHARDS), 0);
  }

  logOf(shardId: string): ShardLog | undefined {
    return this.shards.find(({ log }) => log.shardId === shardId)?.log;
  }

  committedOf(shardId: string, nowMs: number): Committed {
    const shard = this.shards.find(({ log }) => log.shardId === shardId);
    const recent = (shard?.recent ?? []).filter(({ atMs }) => atMs > nowMs - 2 * MINUTE_MS);
    const isNew = shard === undefined || shard.committed === 0;
    return {
      sequence: isNew ? undefined : shard.committed,
      arrivalMs: isNew ? undefined : shard.log.arrivalOf(shard.committed),
      slowestArrivalMs:
        recent.length === 0 ? undefined : nowMs - Math.max(...recent.map((it) => it.atMs - it.arrivalMs)),
    };
  }

  /** Positions that the processor has handed back since, and nobody has committed. */
  heldSince(ms: number): readonly HeldNote[] {
    const notes = this.shards.flatMap(({ lanes }) => lanes.flatMap(({ note }) => note ?? []));
    return notes.filter(({ atMs }) => atMs > ms);
  }

  /** One record of each shard, committed long ago, and none since. */
  beginIdle(arrivalMs: number): void {
    for (const shard of this.shards) {
      shard.log.append(1, [arrivalMs, arrivalMs + 1]);
      shard.committed = 1;
      for (const lane of shard.lanes) lane.done = 1;
    }
  }

  /** One record of each shard is committed, and what came in since is not. */
  beginBehind([fromMs, untilMs]: readonly [fromMs: number, untilMs: number], { arrivals }: Conditions): void {
    this.beginIdle(fromMs - 1);
    for (let startMs = fromMs; startMs < untilMs; startMs += MINUTE_MS)
      for (const { log } of this.shards)
        log.append(Math.round(arrivals / this.shards.length), [startMs, startMs + MINUTE_MS]);
  }

  /** Tries the entries that wait, as the processor does when it is asked to, and with each batch. */
  tryWaiting({ rowsHaveCome, conduct }: Conditions): void {
    if (rowsHaveCome && conduct === 'works' && !this.#cannotWrite()) this.waitingSinceMs = [];
  }

  /** Lets one minute pass. */
  advance(startMs: number, minute: number, conditions: Conditions): ConsumerMinute {
    if (conditions.redriven) this.#redrive();
    if (conditions.resharded && this.#sinceResharding === 0) this.#reshard();
    const incoming = this.#arrive(startMs, conditions);
    const reads = this.#reads(conditions);
    const work = reads ? this.#work(startMs, minute, conditions) : NO_WORK;
    if (work.invocations.length > 0) this.tryWaiting(conditions);
    this.#setAside(startMs, conditions);
    const byHand = this.#giveUp(conditions.givenUp * this.#deployment.mapping.batchSize, conditions);
    return {
      reads,
      incoming,
      ...work,
      delivered: work.delivered + byHand.delivered,
      dropped: work.dropped + byHand.dropped,
      deliveryFailures: work.deliveryFailures + byHand.deliveryFailures,
      behindMs: this.#behindMs(startMs + MINUTE_MS),
    };
  }

  #setAside(startMs: number, { quarantined, waiting }: Conditions): void {
    const inVain = this.waitingSinceMs.filter((sinceMs) => startMs + MINUTE_MS - sinceMs >= HEAL_FOR_MS);
    this.waitingSinceMs = this.waitingSinceMs.slice(inVain.length);
    const middleMs = startMs + MINUTE_MS / 2;
    // What has waited in vain is open from then on.
    this.quarantinedAtMs.push(...inVain.map((sinceMs) => sinceMs + HEAL_FOR_MS), ...filled(quarantined, middleMs));
    this.waitingSinceMs.push(...filled(waiting, middleMs));
  }

  #reads({ mapping, pollerReads }: Conditions): boolean {
    const { mapping: deployed, processor } = this.#deployment;
    return deployed.enabled && mapping === 'as-deployed' && pollerReads && !processor.denied.has('kinesis:GetRecords');
  }

  #arrive(startMs: number, { arrivals, hotKey }: Conditions): number {
    this.#arrivalsOwed += arrivals;
    const incoming = Math.floor(this.#arrivalsOwed + 1e-9);
    this.#arrivalsOwed -= incoming;
    const span = [startMs, startMs + MINUTE_MS] as const;
    const open = this.shards.filter(({ log }) => !log.closed);
    if (hotKey) {
      open[0]?.log.append(incoming, span, 0);
      return incoming;
    }
    open.forEach(({ log }, index) => {
      log.append(
        Math.floor((incoming * (index + 1)) / open.length) - Math.floor((incoming * index) / open.length),
        span,
      );
    });
    return incoming;
  }

  #work(startMs: number, minute: number, conditions: Conditions): Work {
    const work: Mutable<Work> = { invocations: [], throttles: 0, delivered: 0, dropped: 0, deliveryFailures: 0 };
    let index = 0;
    for (const shard of this.shards) {
      for (const [number, lane] of shard.lanes.entries()) {
        const isAffected = index < conditions.lanesAffected;
        const conduct = this.#cannotWrite() ? 'holds' : isAffected ? conditions.conduct : 'works';
        const place = { shard, lane, number, startMs, minute, conditions, work };
        if (conduct === 'works') this.#write(place);
        else this.#struggle(place, conduct);
        index += 1;
      }
    }
    return work;
  }

  #cannotWrite(): boolean {
    const { denied } = this.#deployment.processor;
    return denied.has('rds-data:ExecuteStatement') || denied.has('secretsmanager:GetSecretValue');
  }

  #write({ shard, lane, number, startMs, conditions, work }: Place): void {
    // An invocation takes a second or so, with a full batch; and a shard gives 2 MB a second to all lanes.
    const most = Math.ceil(
      Math.min(conditions.laneCapacity, 60 * this.#deployment.mapping.batchSize, 120_000 / shard.lanes.length) /
        SHOWN_INVOCATIONS,
    );
    for (let shown = 1; shown <= SHOWN_INVOCATIONS; shown += 1) {
      const nowMs = startMs + (shown * MINUTE_MS) / SHOWN_INVOCATIONS;
      const horizonMs = this.#horizonMs(nowMs);
      const { count, last, lost } = shard.log.take(number, lane.done, { most, horizonMs, untilMs: nowMs - LATENCY_MS });
      this.#loseOld(lost, conditions, work);
      lane.done = Math.max(lane.done, last);
      lane.heldUntil = undefined;
      lane.note = undefined;
      if (count === 0) continue;
      const arrivalMs = shard.log.arrivalOf(last) ?? nowMs;
      if (last > shard.committed) shard.committed = last;
      shard.recent = [...shard.recent.filter(({ atMs }) => atMs > nowMs - 2 * MINUTE_MS), { atMs: nowMs, arrivalMs }];
      const durationMs = (this.#longestWorkMs() * conditions.durationPercent) / 100;
      work.invocations.push({ ageMs: nowMs - arrivalMs, durationMs, outcome: 'written', records: count });
    }
  }

  #struggle(
    { shard, lane, number, startMs, minute, conditions, work }: Place,
    conduct: Exclude<Conditions['conduct'], 'works'>,
  ): void {
    const nowMs = startMs + MINUTE_MS;
    const horizonMs = this.#horizonMs(nowMs);
    const { mapping } = this.#deployment;
    const pending = shard.log.take(number, lane.done, {
      most: mapping.batchSize,
      horizonMs,
      untilMs: nowMs - LATENCY_MS,
    });
    this.#loseOld(pending.lost, conditions, work);
    if (pending.lost > 0) lane.done = pending.first - 1;
    if (pending.count === 0) return;
    if (conduct === 'throttled') {
      work.throttles += 2;
      return;
    }
    const { outcome, everyMinutes, durationMs } = this.#failure(conduct);
    if (minute % everyMinutes !== 0) return;
    lane.heldUntil = Math.max(lane.heldUntil ?? pending.last, pending.first);
    const ageMs = nowMs - (shard.log.arrivalOf(lane.heldUntil) ?? nowMs);
    work.invocations.push({ ageMs, durationMs, outcome, records: pending.count });
    // What ends the process before the handler runs, or does not reach the database, leaves no note.
    if (outcome !== 'failed' && conditions.databaseAnswers) noteHeld({ shard, lane }, pending.first, nowMs);
  }

  #failure(
    conduct: Exclude<Conditions['conduct'], 'works' | 'throttled'>,
  ): Pick<Invocation, 'outcome' | 'durationMs'> & { readonly everyMinutes: number } {
    if (conduct === 'crashes') return { outcome: 'failed', durationMs: 500, everyMinutes: 1 };
    if (conduct === 'fuse') return { outcome: 'fuse', durationMs: 500, everyMinutes: 1 };
    const { mapping, processor } = this.#deployment;
    // A batch that waits for the database takes nearly all of its time, and Lambda waits before it comes again.
    const waitSeconds = Math.max(LONGEST_BACKOFF_SECONDS, mapping.batchingWindowSeconds);
    const everyMinutes = Math.ceil((processor.timeoutSeconds + waitSeconds) / 60);
    return { outcome: 'held', durationMs: this.#longestWorkMs(), everyMinutes };
  }

  /** The processor answers before Lambda would end it. */
  #longestWorkMs(): number {
    const { timeoutSeconds, timeReserveMs } = this.#deployment.processor;
    return timeoutSeconds * 1000 - timeReserveMs;
  }

  /** No record older than this is delivered: the stream has forgotten it, or the mapping gives it up. */
  #horizonMs(nowMs: number): number {
    const { stream, mapping } = this.#deployment;
    const retentionMs = stream.retentionHours * 3_600_000;
    return nowMs - Math.min(retentionMs, (mapping.maxRecordAgeSeconds ?? Infinity) * 1000);
  }

  #loseOld(records: number, conditions: Conditions, work: Mutable<Work>): void {
    // Of what the stream forgets, nobody is told.
    if (records === 0 || this.#deployment.mapping.maxRecordAgeSeconds === undefined) return;
    const given = this.#giveUp(records, conditions);
    work.delivered += given.delivered;
    work.dropped += given.dropped;
    work.deliveryFailures += given.deliveryFailures;
  }

  #giveUp(records: number, { destinationTakes }: Conditions): Pick<Work, 'delivered' | 'dropped' | 'deliveryFailures'> {
    const { mapping, processor } = this.#deployment;
    const batches = Math.ceil(records / mapping.batchSize);
    if (records === 0) return { delivered: 0, dropped: 0, deliveryFailures: 0 };
    if (!mapping.hasDestination) return { delivered: 0, dropped: records, deliveryFailures: 0 };
    if (!destinationTakes || processor.denied.has('s3:PutObject'))
      return { delivered: 0, dropped: records, deliveryFailures: batches };
    this.failedBatches += batches;
    return { delivered: records, dropped: 0, deliveryFailures: 0 };
  }

  #behindMs(nowMs: number): number {
    const ages = this.shards.flatMap(({ log, lanes }) =>
      lanes.map(({ done }, number) => {
        const { count, last } = log.take(number, done, { most: 1, horizonMs: this.#horizonMs(nowMs), untilMs: nowMs });
        return count === 0 ? 0 : nowMs - (log.arrivalOf(last) ?? nowMs);
      }),
    );
    return Math.max(0, ...ages);
  }

  #redrive(): void {
    this.quarantinedAtMs = [];
    this.waitingSinceMs = [];
    this.failedBatches = 0;
  }

  #reshard(): void {
    this.#sinceResharding += 1;
    const before = this.shards;
    for (const { log } of before) log.closed = true;
    this.shards = [...before, ...this.#newShards(Math.min(2 * before.length, MOST_SHARDS), before.length)];
  }

  #newShards(count: number, from: number): Shard[] {
    const { factor } = this.#deployment.mapping;
    return Array.from({ length: count }, (_, index) => ({
      log: new ShardLog(`shardId-${String(from + index).padStart(12, '0')}`, factor),
      lanes: Array.from({ length: factor }, () => ({ done: 0, heldUntil: undefined, note: undefined })),
      committed: 0,
      recent: [],
    }));
  }
}

function filled(count: number, value: number): number[] {
  return Array<number>(count).fill(value);
}

function noteHeld({ shard: { log }, lane }: Pick<Place, 'shard' | 'lane'>, sequence: number, nowMs: number): void {
  const arrivalMs = log.arrivalOf(sequence) ?? nowMs;
  const sinceMs = lane.note?.sinceMs ?? nowMs;
  lane.note = { shardId: log.shardId, sequence, arrivalMs, sinceMs, atMs: nowMs };
}

type Work = Pick<ConsumerMinute, 'invocations' | 'throttles' | 'delivered' | 'dropped' | 'deliveryFailures'>;

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] extends readonly (infer Item)[] ? Item[] : T[Name] };

const NO_WORK: Work = { invocations: [], throttles: 0, delivered: 0, dropped: 0, deliveryFailures: 0 };

interface Place {
  readonly shard: Shard;
  readonly lane: Lane;
  readonly number: number;
  readonly startMs: number;
  readonly minute: number;
  readonly conditions: Conditions;
  readonly work: Mutable<Work>;
}
