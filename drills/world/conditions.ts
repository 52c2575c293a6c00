/** What the function does with a batch. */
export type FunctionConduct =
  /** Writes it. */
  | 'works'
  /** Fails before the handler runs, or ends the process: Lambda counts an error, and nothing else is published. */
  | 'crashes'
  /** Takes it and hands it back: the database does not answer, or a person has to fix something. */
  | 'holds'
  /** Takes it and hands it back: so much of it is rejected that the deployment is the likelier cause. */
  | 'fuse'
  /** Is not started: its concurrency is used up. */
  | 'throttled';

/** How things stand in a minute. Everything has a healthy value, and a scenario changes what it is about. */
export interface Conditions {
  /** Records that come in, all shards together. */
  readonly arrivals: number;
  /** All records come in with one partition key: one lane of one shard gets them. */
  readonly hotKey: boolean;
  /** `as-deployed`, switched off by hand, or deleted. */
  readonly mapping: 'as-deployed' | 'disabled' | 'gone';
  /** Whether Lambda's poller reads the stream while the mapping is enabled. */
  readonly pollerReads: boolean;
  readonly conduct: FunctionConduct;
  /** Lanes that conduct themselves so, counted from the first; the others work. */
  readonly lanesAffected: number;
  /** Records that a lane handles in a minute, at most. */
  readonly laneCapacity: number;
  /** Of the time that an invocation has until it must answer, how much one takes that works. */
  readonly durationPercent: number;
  /** Events of a minute that are quarantined. */
  readonly quarantined: number;
  /** Events of a minute that wait for a row that another event will bring. */
  readonly waiting: number;
  /** Whether that row is there by now, so that whoever waits for it comes into effect when it is tried. */
  readonly rowsHaveCome: boolean;
  /** Share of the lookups of a minute that the cache answers, in percent. */
  readonly cacheHitPercent: number;
  /** Data API calls of a minute that failed and were repeated. */
  readonly dataApiErrors: number;
  /** Whether the database answers the watchdog. */
  readonly databaseAnswers: boolean;
  readonly databaseCapacityPercent: number;
  readonly watchdog: 'runs' | 'dead' | 'runs-twice';
  /** Whether the on-failure bucket takes what Lambda gives up. */
  readonly destinationTakes: boolean;
  /** Batches that Lambda gives up in a minute, for whatever reason. */
  readonly givenUp: number;
  /** `GetRecords` and `PutRecords` calls that are refused. */
  readonly readsRefused: number;
  readonly writesRefused: number;
  /** Messages that SNS could not deliver. */
  readonly pagesFailed: number;
  /** Whether those who are subscribed to the pages have confirmed it. */
  readonly subscribersConfirmed: boolean;
  /** Shards that refuse to be read by the watchdog, counted from the first. */
  readonly shardsRefused: number;
  /** Every read of a shard comes back empty and far from its end. */
  readonly shardsSilent: boolean;
  /** Errors of the version that takes over; of it alone. */
  readonly newVersionErrors: number;
  /** Somebody puts back what was set aside. */
  readonly redriven: boolean;
  /** The stream gets twice as many shards, and the old ones are closed. */
  readonly resharded: boolean;
}

/** A day like any other, with ten records a second. */
export const HEALTHY: Conditions = {
  arrivals: 600,
  hotKey: false,
  mapping: 'as-deployed',
  pollerReads: true,
  conduct: 'works',
  lanesAffected: Infinity,
  laneCapacity: Infinity,
  durationPercent: 2,
  quarantined: 0,
  waiting: 0,
  rowsHaveCome: false,
  cacheHitPercent: 95,
  dataApiErrors: 0,
  databaseAnswers: true,
  databaseCapacityPercent: 30,
  watchdog: 'runs',
  destinationTakes: true,
  givenUp: 0,
  readsRefused: 0,
  writesRefused: 0,
  pagesFailed: 0,
  subscribersConfirmed: true,
  shardsRefused: 0,
  shardsSilent: false,
  newVersionErrors: 0,
  redriven: false,
  resharded: false,
};

/** A stretch of a scenario in which some things are not as they should be. */
export interface Phase {
  /** Scenario minute that it begins with. */
  readonly from: number;
  /** Scenario minute that it ends before. @defaultValue the end of the scenario */
  readonly until?: number;
  readonly set: Partial<Conditions>;
}

/** Conditions of a minute: later phases win. */
export function conditionsAt(phases: readonly Phase[], minute: number): Conditions {
  const current = phases.filter(({ from, until = Infinity }) => from <= minute && minute < until);
  return Object.assign({}, HEALTHY, ...current.map(({ set }) => set)) as Conditions;
}
