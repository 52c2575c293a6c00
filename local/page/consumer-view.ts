import type { MappingEvent } from '../mapping/mapping-event.ts';
import type { BatchVerdict } from '../mapping/response-verdict.ts';
import type { PageDelivery, PageShard } from './page-snapshot.ts';
import type { RecordCounts } from './sum-records.ts';

/** Deliveries that the page lists. */
const LISTED_DELIVERIES = 20;

/** Rates are those of so many seconds. */
const RATE_WINDOW_MS = 5_000;

interface Lane {
  state: 'idle' | 'working' | 'waiting';
  attempt: number;
}

interface Shard {
  put: number;
  read: number;
  done: number;
  readonly lanes: Lane[];
  /** How much had been put at each look, as long as some of it is not done. */
  readonly marks: { readonly atMs: number; readonly put: number }[];
}

interface RateMark {
  readonly atMs: number;
  readonly put: number;
  readonly done: number;
}

/** What is seen of a consumer from outside: what is put on its stream, and what its mapping does. */
export class ConsumerView {
  readonly #shards = new Map<string, Shard>();
  readonly #deliveries: PageDelivery[] = [];
  readonly #attempts = new Map<string, number>();
  #rateMarks: readonly RateMark[] = [];
  #filtered = 0;
  #discarded = 0;
  #lanes = 1;

  /** Takes note of records that were put on a shard. */
  addPut(shardId: string, records: number): void {
    this.#shard(shardId).put += records;
  }

  /** Lanes that each shard has from now on. */
  setLanes(lanes: number): void {
    this.#lanes = lanes;
    for (const shard of this.#shards.values()) shard.lanes.length = Math.min(shard.lanes.length, lanes);
  }

  /** The mapping was stopped: no lane has a batch any more. */
  clearLanes(): void {
    for (const { lanes } of this.#shards.values()) lanes.length = 0;
    this.#attempts.clear();
  }

  /** Takes what the mapping does. */
  readonly observe = (event: MappingEvent): void => {
    switch (event.type) {
      case 'polled':
        this.#shard(event.shardId).read += event.records;
        break;
      case 'filtered':
        this.#filtered += event.records;
        this.#shard(event.shardId).done += event.records;
        break;
      case 'discarded':
        this.#discarded += event.records.length;
        this.#shard(event.shardId).done += event.records.length;
        break;
      case 'resolved':
        this.#shard(event.shardId).done += event.records.length;
        break;
      case 'invoked':
        this.#attempts.set(event.requestId, event.attempt);
        Object.assign(this.#lane(event), { state: 'working', attempt: event.attempt });
        break;
      case 'finished':
        this.#finish(event);
        break;
      case 'retried':
      case 'throttled':
        this.#lane(event).state = 'waiting';
        break;
      default:
    }
  };

  /** Where the records of all shards are. */
  counts(): RecordCounts {
    const shards = [...this.#shards.values()];
    return {
      put: shards.reduce((sum, shard) => sum + putOf(shard), 0),
      done: shards.reduce((sum, { done }) => sum + done, 0),
      filtered: this.#filtered,
      discarded: this.#discarded,
    };
  }

  /** Looks at the shards; with one look a second, an age is true to the second. */
  look(atMs: number): PageLook {
    const { put, done } = this.counts();
    const recent = this.#rateMarks.filter((mark) => atMs - mark.atMs <= RATE_WINDOW_MS);
    // Where time is skipped, the look before may be longer ago.
    this.#rateMarks = [...(recent.length > 0 ? recent : this.#rateMarks.slice(-1)), { atMs, put, done }];
    const [first = { atMs, put, done }] = this.#rateMarks;
    const perSecond = (change: number): number => (atMs > first.atMs ? (1000 * change) / (atMs - first.atMs) : 0);
    return {
      shards: [...this.#shards].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, shard]) => this.#look(id, shard, atMs)),
      rates: { inPerSecond: perSecond(put - first.put), outPerSecond: perSecond(done - first.done) },
      deliveries: [...this.#deliveries],
    };
  }

  #look(shardId: string, shard: Shard, atMs: number): PageShard {
    const { marks, done } = shard;
    const put = putOf(shard);
    if (put > (marks.at(-1)?.put ?? 0)) marks.push({ atMs, put });
    while ((marks[0]?.put ?? Infinity) <= done) marks.shift();
    const lanes = Array.from({ length: this.#lanes }, (_, lane) => ({ ...this.#laneOf(shard, lane) }));
    return { shardId, put, done, ageSeconds: marks[0] === undefined ? 0 : (atMs - marks[0].atMs) / 1000, lanes };
  }

  #finish(event: Extract<MappingEvent, { readonly type: 'finished' }>): void {
    this.#lane(event).state = 'idle';
    const { atMs, shardId, lane, records, verdict, durationMs: tookMs, requestId } = event;
    this.#deliveries.unshift({
      atMs,
      shardId,
      lane,
      records: records.length,
      attempt: this.#attempts.get(requestId) ?? 1,
      outcome: outcomeOf(verdict),
      isGood: verdict.kind === 'success',
      tookMs,
    });
    this.#attempts.delete(requestId);
    this.#deliveries.length = Math.min(this.#deliveries.length, LISTED_DELIVERIES);
  }

  #shard(shardId: string): Shard {
    const shard = this.#shards.get(shardId) ?? { put: 0, read: 0, done: 0, lanes: [], marks: [] };
    this.#shards.set(shardId, shard);
    return shard;
  }

  #lane({ shardId, lane }: { readonly shardId: string; readonly lane: number }): Lane {
    return this.#laneOf(this.#shard(shardId), lane);
  }

  #laneOf({ lanes }: Shard, lane: number): Lane {
    return (lanes[lane] ??= { state: 'idle', attempt: 1 });
  }
}

/** What one look at a consumer tells. */
export interface PageLook {
  readonly shards: readonly PageShard[];
  readonly rates: { readonly inPerSecond: number; readonly outPerSecond: number };
  /** Newest first. */
  readonly deliveries: readonly PageDelivery[];
}

/** Others may put records on the stream too: they are known once they are read. */
function putOf({ put, read }: Shard): number {
  return Math.max(put, read);
}

function outcomeOf(verdict: BatchVerdict): string {
  switch (verdict.kind) {
    case 'success':
      return 'all done';
    case 'checkpoint':
      return verdict.index === 0 ? 'held: nothing done' : `held after ${verdict.index.toLocaleString('en-US')}`;
    case 'error':
      return 'failed: the function did not answer';
    case 'undeliverable':
      return `not delivered: ${verdict.reason}`;
    case 'throttled':
      return 'throttled: no environment was free';
  }
}
