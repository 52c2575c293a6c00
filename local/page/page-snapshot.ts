import type { Verdict } from '../../progress/verdict.ts';

/** All that the page shows of one moment. Snapshots are whole states: a page that missed some needs only the newest. */
export interface PageSnapshot {
  /** Milliseconds since 1970, of the clock that the local world goes by. */
  readonly atMs: number;
  readonly functionName: string;
  readonly verdict: {
    readonly verdict: Verdict;
    /** In plain words, such as `catching up, 12 min left`. */
    readonly words: string;
    /** Since when it is this verdict, in milliseconds since 1970. */
    readonly sinceMs: number;
  };
  /** What is known of the last moment at which a catch-up must begin, in plain words. */
  readonly lastChance: string;
  /** Open shards and closed ones that are not read to their end, in the order of the stream. */
  readonly shards: readonly PageShard[];
  readonly sum: PageSum;
  /** Over the last seconds. */
  readonly rates: { readonly inPerSecond: number; readonly outPerSecond: number };
  /** Milliseconds that a batch took on average since the snapshot before, by phase; undefined when there was none. */
  readonly batchMs: Readonly<Record<string, number>> | undefined;
  /** 0 to 1; undefined before anything was looked up. */
  readonly cacheHitRatio: number | undefined;
  /** Undefined while the alarms are not known. */
  readonly alarms: readonly PageAlarm[] | undefined;
  /** What alarms sent, the newest first. */
  readonly messages: readonly PageMessage[];
  /** The last deliveries of batches, the newest first. */
  readonly deliveries: readonly PageDelivery[];
  /** Open entries of the quarantine by reason. */
  readonly quarantine: readonly PageRejection[];
  readonly controls: PageControls;
}

/** Where a consumer is in a shard. */
export interface PageShard {
  readonly shardId: string;
  /** Records that were put on it. */
  readonly put: number;
  /** Records that the mapping is done with. */
  readonly done: number;
  /** Age of its oldest record that is not done, in seconds; undefined when it is not known. */
  readonly ageSeconds: number | undefined;
  /** Lanes by their number: what they are doing, and the attempt of the batch they have. */
  readonly lanes: readonly { readonly state: 'idle' | 'working' | 'waiting'; readonly attempt: number }[];
}

/** Where the records of the stream are. They are counted once: `in` is the sum of the others when nothing is lost. */
export interface PageSum {
  readonly in: number;
  readonly inEffect: number;
  /** Without effect of their own: duplicates, superseded, existing and skipped ones, and those that the filter dropped. */
  readonly withoutEffect: number;
  readonly quarantined: number;
  readonly waiting: number;
  /** Given up by the mapping, with their payload in the bucket. */
  readonly inBucket: number;
  /** Not in one of the other places yet. */
  readonly onTheWay: number;
}

/** An alarm of the template, as it would be now. */
export interface PageAlarm {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Milliseconds since 1970; undefined for one that has not changed yet. */
  readonly sinceMs: number | undefined;
  /** Its description: what whoever is paged gets to read. */
  readonly text: string;
  /** Whether it pages a person by itself. */
  readonly isPage: boolean;
}

/** A message that an alarm sent. */
export interface PageMessage {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly alarmName: string;
  readonly state: PageAlarm['state'];
  readonly text: string;
}

/** One invocation of the function. */
export interface PageDelivery {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly shardId: string;
  readonly lane: number;
  readonly records: number;
  /** 1 for the first. */
  readonly attempt: number;
  /** In plain words, such as `all done` or `held after 12`. */
  readonly outcome: string;
  readonly isGood: boolean;
  readonly tookMs: number;
}

/** Entries of the quarantine with one reason. */
export interface PageRejection {
  readonly reason: string;
  readonly events: number;
  /** What is wrong with one of them. */
  readonly example: string;
}

/** What can be turned, and how it is now. */
export interface PageControls {
  readonly isConsumerRunning: boolean;
  readonly arrivalsPerSecond: number;
  readonly batchSize: number;
  readonly parallelizationFactor: number;
  readonly isDatabaseUp: boolean;
}
