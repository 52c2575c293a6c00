import { HEALTHY } from '../world/conditions.ts';
import { behindFrom, laneShare, usableMinutes } from './deadlines.ts';
import { settled, type Scenario } from './scenario.ts';

const DAY_MINUTES = 24 * 60;

const IDLE_DAY: Scenario = {
  name: 'idle-day',
  title: 'Nothing comes in for a day',
  plan: () => ({
    course: settled({ minutes: DAY_MINUTES, phases: [{ from: 0, set: { arrivals: 0 } }] }),
    expectation: {},
  }),
};

const IDLE_PAST_RETENTION: Scenario = {
  name: 'idle-past-retention',
  title: 'Nothing has come in for longer than the stream keeps records',
  plan: ({ stream }) => ({
    course: settled({
      minutes: 90,
      phases: [{ from: -Infinity, set: { arrivals: 0 } }],
      // The last committed record leaves the stream on the way.
      idleForMinutes: stream.retentionHours * 60 - 40,
    }),
    expectation: {},
  }),
};

const EVENT_AN_HOUR: Scenario = {
  name: 'one-event-an-hour',
  title: 'One event an hour comes in',
  plan: () => ({
    course: settled({ minutes: 6 * 60, phases: [{ from: -Infinity, set: { arrivals: 1 / 60 } }] }),
    expectation: {},
  }),
};

const BURST: Scenario = {
  name: 'healthy-burst',
  title: 'Twenty times the usual load comes in for five minutes, and is processed',
  plan: () => ({
    course: settled({ minutes: 30, phases: [{ from: 0, until: 5, set: { arrivals: 12_000 } }] }),
    expectation: {},
  }),
};

const RESHARD: Scenario = {
  name: 'reshard',
  title: 'The stream gets twice as many shards',
  plan: () => ({
    course: settled({ minutes: 40, phases: [{ from: 0, set: { resharded: true } }] }),
    expectation: {},
  }),
};

const HICCUP: Scenario = {
  name: 'hiccup',
  title: 'Everything that may fail for a minute fails for one minute',
  plan: () => {
    const bad = {
      durationPercent: 99,
      databaseCapacityPercent: 100,
      cacheHitPercent: 0,
      dataApiErrors: 50,
      readsRefused: 5,
      writesRefused: 5,
      shardsSilent: true,
      newVersionErrors: 1,
    };
    return {
      course: settled({
        minutes: 120,
        phases: [
          { from: 0, until: 1, set: bad },
          { from: 20, until: 21, set: { conduct: 'throttled' } },
          { from: 40, until: 41, set: { conduct: 'fuse' } },
          { from: 60, until: 61, set: { pollerReads: false } },
          { from: 75, until: 76, set: { watchdog: 'dead', shardsRefused: 1 } },
          { from: 90, until: 91, set: { mapping: 'disabled' } },
          { from: 105, until: 106, set: { shardsRefused: 1 } },
        ],
      }),
      expectation: {},
    };
  },
};

const LATE_FOR_A_MOMENT: Scenario = {
  name: 'late-for-a-moment',
  title: 'The consumer is slow until it is behind, and catches up within two minutes',
  plan: (deployment) => {
    // A tenth is handled: in ten minutes it falls behind by nine.
    const laneCapacity = Math.max(1, Math.floor(laneShare(deployment, HEALTHY.arrivals) / 10));
    const until = Math.ceil((behindFrom(deployment) + 1) / 0.9);
    return {
      course: settled({ minutes: until + 30, phases: [{ from: 0, until, set: { laneCapacity } }] }),
      expectation: {},
    };
  },
};

/** What is as bad as it may be, without end. */
const WITHIN_LIMITS: Scenario = {
  name: 'within-limits',
  title: 'Every metric stays just below its limit',
  plan: (deployment) => {
    const { promises } = deployment;
    const lagMinutes = Math.floor((0.8 * promises.pageWhenBehindSeconds) / 60);
    return {
      course: settled({
        minutes: 60,
        backlogMinutes: lagMinutes,
        phases: [
          {
            from: -Infinity,
            set: {
              // Handles what comes in, and no more: the lag stays as it is.
              laneCapacity: laneShare(deployment, HEALTHY.arrivals),
              durationPercent: promises.noticeWhenDurationPercent - 1,
              databaseCapacityPercent: Math.max(1, promises.noticeWhenCapacityPercent - 1),
              cacheHitPercent: promises.noticeWhenCacheHitPercentBelow + 1,
              dataApiErrors: 1,
              // The schedule promises each run at least once.
              watchdog: 'runs-twice',
            },
          },
          { from: 0, until: 1, set: { quarantined: promises.pageWhenQuarantined } },
        ],
      }),
      expectation: {},
    };
  },
};

const RETENTION_LEFT: Scenario = {
  name: 'retention-left',
  title: 'The consumer is far behind, and there is still time before records are lost',
  plan: (deployment) => {
    const minutes = 40;
    const always = { by: 4, notBefore: -Infinity, until: minutes };
    return {
      course: settled({
        minutes,
        backlogMinutes: 0.9 * usableMinutes(deployment),
        phases: [{ from: -Infinity, set: { laneCapacity: laneShare(deployment, HEALTHY.arrivals) } }],
      }),
      expectation: { pages: { NotKeepingUp: always }, alarms: { Behind: always, IteratorAge: always, Slow: always } },
    };
  },
};

/** What must page nobody, or nobody for more than it is. */
export const QUIET_SCENARIOS: readonly Scenario[] = [
  IDLE_DAY,
  IDLE_PAST_RETENTION,
  EVENT_AN_HOUR,
  BURST,
  RESHARD,
  HICCUP,
  LATE_FOR_A_MOMENT,
  WITHIN_LIMITS,
  RETENTION_LEFT,
];
