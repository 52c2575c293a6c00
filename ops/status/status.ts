import type { HeldPosition } from '../../functions/watchdog/read-held-positions.ts';
import type { Judgement, ShardJudgement, Verdict } from '../../progress/verdict.ts';

/** What keeps a shard from being faster. `keys`: few partition keys have records, and one key is one lane. */
export type Binding = 'stream' | 'lanes' | 'keys' | 'database';

/** A shard as it is now. */
export interface ShardStatus extends ShardJudgement {
  /** Arrival of the newest committed record, in milliseconds since 1970; undefined when nothing was committed. */
  readonly positionMs: number | undefined;
  /** Records committed per second, over the last minutes; undefined when the database did not answer. */
  readonly recordsPerSecond: number | undefined;
  /** Undefined for a shard that is not behind, that stands still, or where it is not known. */
  readonly binding: Binding | undefined;
}

/** An alarm that is on. */
export interface RingingAlarm {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number | undefined;
}

/** The event source mapping as Lambda has it. */
export interface MappingStatus {
  /** Such as `Enabled`, or `deleted`. */
  readonly state: string;
  readonly parallelizationFactor: number | undefined;
  readonly batchSize: number | undefined;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number | undefined;
}

/** The last run of the watchdog, as it has published it. */
export interface WatchdogRun {
  /** Begin of its minute, in milliseconds since 1970. */
  readonly atMs: number;
  /** Undefined for a number that only a newer release knows. */
  readonly verdict: Verdict | undefined;
}

/** Entries of the quarantine that are neither redriven nor in effect. */
export interface QuarantineStatus {
  /** Those that wait for somebody. */
  readonly open: number;
  /** Age of the oldest of them. */
  readonly openAgeSeconds: number;
  /** Those that are tried again by themselves. */
  readonly waiting: number;
}

/** When a catch-up must begin at the latest. */
export interface LastMoment {
  /** When the oldest record that is not committed leaves the stream, in milliseconds since 1970. */
  readonly lossMs: number;
  /** How long a catch-up takes at the fastest that was seen; undefined when it was never seen to be fast enough. */
  readonly catchUpSeconds: number | undefined;
}

/** All that can be told of a stack; what could not be seen is undefined, and in `failures`. */
export interface Status {
  readonly stackName: string;
  readonly stackStatus: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly judgement: Judgement;
  readonly isPausedOnPurpose: boolean;
  readonly shards: readonly ShardStatus[];
  readonly held: readonly HeldPosition[];
  readonly lastMoment: LastMoment | undefined;
  readonly mapping: MappingStatus | undefined;
  readonly quarantine: QuarantineStatus | undefined;
  /** Objects that nobody has put back; `none` for a stack without on-failure destination. */
  readonly failedBatches: number | 'none' | undefined;
  /** Confirmed subscriptions to the pages; `unwatched` where nobody needs to be paged. */
  readonly pageSubscribers: number | 'unwatched' | undefined;
  /** `silent` when it has published nothing for an hour. */
  readonly watchdog: WatchdogRun | 'silent' | undefined;
  /** Those that are on; `none` where there are no alarms so far. */
  readonly alarms: readonly RingingAlarm[] | 'none' | undefined;
  /** Version that the mapping invokes, and one that is taking over. */
  readonly functionVersion: string | undefined;
  /** Build that committed last. */
  readonly buildVersion: string | undefined;
  /** Build that was deployed last. */
  readonly deployedBuild: string;
  /** What could not be seen, and what to do, one sentence each. */
  readonly failures: readonly string[];
}
