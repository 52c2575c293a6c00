import type { MonitoredLimits } from '../../../lib/monitoring/monitored-limits.ts';
import { longestGapSeconds, workingGapSeconds } from '../../../lib/monitoring/alarm-window.ts';
import { MAX_GAUGE_COUNT } from '../../../contract/metrics.ts';
import { verdictNumber, type Verdict } from '../../../progress/verdict.ts';
import { leastUtilizationPercent } from '../../../lib/props/least-utilization.ts';
import { ageCase, levelCase, type AlarmCase, type History, type MetricModel } from './alarm-case.ts';
import {
  byInvocation,
  byMinute,
  byWatchdog,
  byWorkingInvocation,
  MINUTE_MS,
  type Published,
  type Scene,
} from './scene.ts';

/** An invocation that nobody would call slow. */
const SHORT_INVOCATION_SECONDS = 5;

/** What a count without a bound can be. */
const ANY_COUNT = 1e9;

const gauge = (metric: string, worst: MetricModel['worst'], idle = 0): MetricModel => ({
  metric,
  publisher: 'watchdog',
  idle,
  worst,
  step: 1,
});

/** A count that a service publishes only when there is something to count. */
const count = (metric: string): MetricModel => ({
  metric,
  publisher: 'service',
  idle: undefined,
  worst: () => ANY_COUNT,
  step: 1,
});

const perInvocation = (metric: string, worst: MetricModel['worst'], idle = 0): MetricModel => ({
  metric,
  publisher: 'invocation',
  idle,
  worst,
  step: 1,
});

const minutes =
  (length: number): AlarmCase['promiseMinutes'] =>
  () =>
    length;

/** As many of the longest invocations, each in whole minutes. */
const invocations =
  (times: number): AlarmCase['promiseMinutes'] =>
  (limits) =>
    times * Math.ceil(longestGapSeconds(limits) / 60);

const retentionSeconds = ({ streamRetention }: MonitoredLimits): number => streamRetention.toSeconds();

/** The age at which Lambda gives a record up, or the stream forgets it. */
const oldestDeliveredMs = ({ streamRetention, maxRecordAge }: MonitoredLimits): number =>
  Math.min(streamRetention.toMilliseconds(), maxRecordAge?.toMilliseconds() ?? Infinity);

const iteratorAge = ageCase(
  { ...perInvocation('IteratorAge', oldestDeliveredMs), perSecond: 1000, ofOne: true },
  invocations(3),
);

const backlogAge = ageCase({ ...gauge('BacklogAge', retentionSeconds), perSecond: 1, ofOne: false }, minutes(3));
const behind: AlarmCase = {
  ...backlogAge,
  quiet: { ...backlogAge.quiet, 'records wait until their batch is sent': waitForBatch },
};

/** The ages that a healthy consumer with little to do shows. Where that is above the threshold, a synthesis warns. */
function waitForBatch(scene: Scene): Published {
  const cycleSeconds = scene.limits.maxBatchingWindow.toSeconds() + SHORT_INVOCATION_SECONDS;
  return { BacklogAge: byWatchdog(scene, (atMs) => (atMs / 1000) % cycleSeconds) };
}

/** Published by the functions of the consumer as long as it works. */
const commits: History = (scene) => ({
  RecordsReceived: byWorkingInvocation(scene, () => 100),
  RecordsHeld: byWorkingInvocation(scene, () => 0),
});
const arrivals: History = (scene) => ({ IncomingRecords: byMinute(scene, () => 500) });
const enabled: History = (scene) => ({ MappingEnabled: byWatchdog(scene, () => 1) });

/** What tells that Lambda reads, with and without throughput of its own; once a minute, or as seldom as it invokes. */
function reads(scene: Scene, untilMs = Infinity, by: typeof byMinute = byMinute): Published {
  const samples = by(scene, (atMs) => (atMs < untilMs ? 0 : undefined));
  return { PolledEventCount: samples, 'SubscribeToShardEvent.MillisBehindLatest': samples };
}

const together =
  (...histories: readonly History[]): History =>
  (scene) =>
    Object.assign({}, ...histories.map((history) => history(scene))) as Published;

function onlyUntil(history: History, until: (scene: Scene) => number): History {
  return (scene) =>
    Object.fromEntries(
      Object.entries(history(scene)).map(([name, samples]) => [
        name,
        samples.filter(({ atMs }) => atMs < until(scene)),
      ]),
    );
}

const onset = ({ onsetMs }: Scene): number => onsetMs;

const consumerStopped: AlarmCase = {
  promiseMinutes: stoppedMinutes,
  fires: together(arrivals, reads, onlyUntil(commits, onset)),
  quiet: {
    'the stream is idle': together(reads),
    'every invocation is as long as it may be': together(arrivals, reads, commits),
    'Lambda reads as seldom as it invokes': together(
      arrivals,
      (scene) => reads(scene, Infinity, byWorkingInvocation),
      commits,
    ),
    'the mapping is disabled': together(arrivals, (scene) => reads(scene, scene.onsetMs), onlyUntil(commits, onset)),
    'the mapping has just been made, on a busy stream': (scene) => ({
      ...arrivals({ ...scene, fromMs: 0 }),
      ...reads(scene),
      ...commits(scene),
    }),
  },
};

function stoppedMinutes(limits: MonitoredLimits): number {
  return Math.max(limits.pageWhenStoppedMinutes, Math.ceil((3 * workingGapSeconds(limits)) / 60));
}

const mappingNotPolling: AlarmCase = {
  promiseMinutes: stoppedMinutes,
  fires: together(enabled, (scene) => reads(scene, scene.onsetMs)),
  quiet: {
    'the stream is idle': together(enabled, reads),
    // Not right after the mapping was made: the minutes before count as enabled and not read.
    'Lambda reads as seldom as it invokes': together(enabled, (scene) =>
      reads({ ...scene, fromMs: 0 }, Infinity, byWorkingInvocation),
    ),
    'the mapping is disabled': (scene) => ({
      MappingEnabled: byWatchdog(scene, (atMs) => Number(atMs < scene.onsetMs)),
      ...reads(scene, scene.onsetMs),
    }),
  },
};

const watchdogSilent: AlarmCase = {
  promiseMinutes: minutes(5),
  fires: (scene) => ({ WatchdogRuns: byWatchdog(scene, (atMs) => (atMs < scene.onsetMs ? 1 : undefined)) }),
  quiet: {
    'it runs': (scene) => ({ WatchdogRuns: byWatchdog(scene, () => 1) }),
    'one run is missing': (scene) => ({
      WatchdogRuns: byWatchdog(scene, (atMs) =>
        atMs >= scene.onsetMs && atMs < scene.onsetMs + 60_000 ? undefined : 1,
      ),
    }),
  },
};

/** Calls that fail, evenly. */
const failedCalls =
  (perMinute: (scene: Scene) => number): History =>
  (scene) => ({
    DataApiErrors: byInvocation(
      scene,
      (atMs) => (atMs < scene.onsetMs ? 0 : (perMinute(scene) * scene.gapMs) / 60_000),
      0,
    ),
  });

const dataApiErrors: AlarmCase = {
  promiseMinutes: invocations(3),
  fires: failedCalls(() => 10),
  quiet: {
    'no call fails': failedCalls(() => 0),
    'one invocation has failed calls': (scene) => {
      let wasBad = false;
      const signal = (atMs: number): number => {
        if (wasBad || atMs < scene.onsetMs) return 0;
        wasBad = true;
        return 1_000;
      };
      return { DataApiErrors: byInvocation(scene, signal, 0) };
    },
  },
};

/** Lookups, evenly, and how many of those of an invocation are hits. */
const lookups =
  (perMinute: number, hits: (keys: number, scene: Scene, atMs: number) => number): History =>
  (scene) => {
    const keys = Math.round((perMinute * scene.gapMs) / 60_000);
    return {
      LookupKeys: byInvocation(scene, () => keys),
      CacheHits: byInvocation(scene, (atMs) => hits(keys, scene, atMs)),
    };
  };

const cacheHitRatio: AlarmCase = {
  promiseMinutes: invocations(15),
  fires: lookups(200, (keys, { onsetMs, alarm }, atMs) =>
    atMs < onsetMs ? keys : Math.floor((keys * (alarm.threshold - 0.01)) / 100),
  ),
  quiet: {
    'there are no lookups': () => ({}),
    'as many are hits as should be': lookups(1_000, (keys, { alarm }) => Math.ceil((keys * alarm.threshold) / 100)),
    'there are too few lookups to tell': lookups(50, () => 0),
    'the cache is cold for two minutes': lookups(1_000, (keys, { onsetMs }, atMs) =>
      atMs >= onsetMs && atMs < onsetMs + 120_000 ? 0 : keys,
    ),
  },
};

const capacity = levelCase({ ...count('ACUUtilization'), idle: 0, worst: () => 100 }, minutes(10));
const databaseCapacity: AlarmCase = {
  ...capacity,
  quiet: {
    ...capacity.quiet,
    'the cluster uses as little as it can': (scene) => ({
      ACUUtilization: byMinute(scene, () => leastUtilizationPercent(scene.limits)),
    }),
  },
};

const subscribers = levelCase(
  gauge('PageSubscribers', () => 0, 1),
  minutes(65),
);
const nobodyPaged: AlarmCase = {
  ...subscribers,
  quiet: {
    ...subscribers.quiet,
    'it takes people most of an hour to confirm': (scene) => ({
      PageSubscribers: byWatchdog(scene, (atMs) => Number(atMs >= scene.fromMs + 50 * MINUTE_MS)),
    }),
  },
};

const verdictFromOnset =
  (verdict: Verdict): History =>
  (scene) => ({ Verdict: byWatchdog(scene, (atMs) => (atMs < scene.onsetMs ? 0 : verdictNumber(verdict))) });

const slow: AlarmCase = {
  promiseMinutes: minutes(10),
  fires: verdictFromOnset('SLOW'),
  quiet: {
    'it is well': verdictFromOnset('OK'),
    'it is catching up': verdictFromOnset('CATCHING_UP'),
    'something else is wrong, which has alarms of its own': verdictFromOnset('STALLED'),
    'it is slow for five minutes': (scene) => ({
      Verdict: byWatchdog(scene, (atMs) =>
        verdictNumber(atMs >= scene.onsetMs && atMs < scene.onsetMs + 5 * MINUTE_MS ? 'SLOW' : 'CATCHING_UP'),
      ),
    }),
  },
};

const watchdogBlind: AlarmCase = {
  promiseMinutes: minutes(5),
  fires: (scene) => ({
    ChecksFailed: byWatchdog(scene, (atMs) => Number(atMs >= scene.onsetMs)),
    ShardsUnreadable: byWatchdog(scene, () => 0),
  }),
  quiet: {
    'it sees everything': (scene) => ({
      ChecksFailed: byWatchdog(scene, () => 0),
      ShardsUnreadable: byWatchdog(scene, () => 0),
    }),
    'the database is away for three minutes': (scene) => ({
      ChecksFailed: byWatchdog(scene, (atMs) => Number(atMs >= scene.onsetMs && atMs < scene.onsetMs + 180_000)),
      ShardsUnreadable: byWatchdog(scene, () => 0),
    }),
  },
};

/**
 * Every alarm by its id, with what sets it off and what must not. An alarm that is not here fails the test, as does one
 * that is here and in no stack.
 */
export const ALARM_CASES: Readonly<Record<string, AlarmCase>> = {
  Behind: behind,
  IteratorAge: iteratorAge,
  Slow: slow,
  WatchdogSilent: watchdogSilent,
  WatchdogBlind: watchdogBlind,
  ConsumerStopped: consumerStopped,
  MappingNotPolling: mappingNotPolling,
  MappingDisabled: levelCase(
    gauge('MappingEnabled', () => 0, 1),
    minutes(3),
  ),
  PositionHeld: levelCase(
    perInvocation('PositionHeld', () => 1),
    invocations(2),
  ),
  FuseBlown: levelCase(
    perInvocation('FuseBlown', () => 1),
    invocations(2),
  ),
  DataLossDanger: ageCase(
    { ...gauge('TimeToDataLoss', () => 0), perSecond: -1, ofOne: false, idle: 365 * 86_400 },
    minutes(3),
  ),
  IteratorAgeDataLoss: iteratorAge,
  Quarantine: levelCase(
    gauge('QuarantineOpen', () => MAX_GAUGE_COUNT),
    minutes(2),
  ),
  Dropped: levelCase(count('DroppedEventCount'), minutes(1)),
  OnFailureDestination: levelCase(
    gauge('FailedBatchesUnread', () => MAX_GAUGE_COUNT),
    minutes(2),
  ),
  OnFailureDelivery: levelCase(count('DestinationDeliveryFailures'), minutes(1)),
  FunctionErrors: levelCase(
    perInvocation('Errors', () => 1),
    invocations(3),
  ),
  Throttles: levelCase(count('Throttles'), minutes(3)),
  Duration: levelCase(
    perInvocation('Duration', ({ timeout }) => timeout.toMilliseconds() - 2_000),
    invocations(3),
  ),
  ReadThroughput: levelCase(count('ReadProvisionedThroughputExceeded'), minutes(3)),
  WriteThroughput: levelCase(count('WriteProvisionedThroughputExceeded'), minutes(3)),
  ShardsUnknown: levelCase(
    gauge('ShardsUnknown', ({ shardCount }) => shardCount),
    minutes(15),
  ),
  DatabaseCapacity: databaseCapacity,
  DataApiErrors: dataApiErrors,
  CacheHitRatio: cacheHitRatio,
  NobodyPaged: nobodyPaged,
  Paused: levelCase(
    gauge('PauseReminder', () => ANY_COUNT),
    minutes(2),
  ),
  PagingFailed: levelCase(count('NumberOfNotificationsFailed'), minutes(1)),
  NewVersionErrors: levelCase(
    perInvocation('Errors', () => 1),
    invocations(2),
  ),
};
