import { TWO_OF_FIVE } from '../../lib/monitoring/alarm-window.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { HEALTHY, type Conditions } from '../world/conditions.ts';
import {
  afterMinutes,
  behind,
  behindFrom,
  gapMinutes,
  laneShare,
  periodMinutes,
  stoppedMinutes,
  toldBy,
  usableMinutes,
} from './deadlines.ts';
import { LEAD_MINUTES, settled, type Expectation, type ExpectedAlarm, type Scenario } from './scenario.ts';

/** Long enough for every alarm that may come, whatever the timeout. */
function longEnough(deployment: Deployment): number {
  return Math.max(40, behindFrom(deployment) + 20, 8 * gapMinutes(deployment) + 20);
}

/** Nothing is committed though records come in and are read. */
function stopped(deployment: Deployment): ExpectedAlarm {
  return { by: afterMinutes(stoppedMinutes(deployment)), notBefore: 1 };
}

/** Two deliveries in a row were handed back. */
function held(deployment: Deployment): ExpectedAlarm {
  return { by: afterMinutes(2 * periodMinutes(deployment, TWO_OF_FIVE) * gapMinutes(deployment)) };
}

/** Three invocations of five, however far apart they are. */
function threeInvocations(deployment: Deployment, everyMinutes = 1): ExpectedAlarm {
  return { by: afterMinutes(3 * periodMinutes(deployment) * everyMinutes), notBefore: 1 };
}

/** The invocations get records that are older than the limit. */
function oldRecords(deployment: Deployment, everyMinutes = 1): ExpectedAlarm {
  const old = behindFrom(deployment);
  return { by: afterMinutes(3 * periodMinutes(deployment) * everyMinutes, old + 1), notBefore: old };
}

const CANNOT_START: Scenario = {
  name: 'function-cannot-start',
  title: 'Every invocation fails before the handler runs',
  plan: (deployment) => ({
    course: settled({ minutes: longEnough(deployment), phases: [{ from: 0, set: { conduct: 'crashes' } }] }),
    expectation: {
      pages: { NotKeepingUp: { by: stopped(deployment).by, until: longEnough(deployment) } },
      alarms: {
        ConsumerStopped: stopped(deployment),
        Behind: behind(deployment),
        IteratorAge: oldRecords(deployment),
        FunctionErrors: threeInvocations(deployment),
        NewVersionErrors: { by: afterMinutes(2 * periodMinutes(deployment, TWO_OF_FIVE)), notBefore: 1 },
      },
    },
  }),
};

const THROTTLED: Scenario = {
  name: 'throttled-to-zero',
  title: 'The function is not started: its concurrency is used up',
  plan: (deployment) => ({
    course: settled({ minutes: longEnough(deployment), phases: [{ from: 0, set: { conduct: 'throttled' } }] }),
    expectation: {
      pages: { NotKeepingUp: { by: stopped(deployment).by, until: longEnough(deployment) } },
      alarms: {
        ConsumerStopped: stopped(deployment),
        Behind: behind(deployment),
        Throttles: { by: afterMinutes(3), notBefore: 1 },
      },
    },
  }),
};

const HOT_KEY: Scenario = {
  name: 'hot-partition-key',
  title: 'All records have one partition key, and are more than a lane can handle',
  plan: (deployment) => {
    const old = 2 * (behindFrom(deployment) + 1);
    const late = { by: afterMinutes(3 * periodMinutes(deployment), old) + 2, notBefore: 2 };
    const set = { hotKey: true, laneCapacity: HEALTHY.arrivals / 2 };
    return {
      course: settled({ minutes: late.by + 20, phases: [{ from: 0, set }] }),
      expectation: {
        pages: { NotKeepingUp: late },
        alarms: {
          Behind: { ...late, by: afterMinutes(3, old) + 2 },
          IteratorAge: late,
          Slow: { by: afterMinutes(10, old) + 4, notBefore: old },
        },
      },
    };
  },
};

const STUCK_LANE: Scenario = {
  name: 'one-stuck-lane',
  title: 'One lane holds its batch again and again, and the others work',
  plan: (deployment) => {
    const isAlone = deployment.mapping.factor === 1;
    const every = gapMinutes(deployment);
    const expectation: Expectation = {
      pages: { NotKeepingUp: { by: held(deployment).by, until: longEnough(deployment) } },
      alarms: {
        PositionHeld: { ...held(deployment), until: longEnough(deployment) },
        IteratorAge: oldRecords(deployment, every),
        Behind: behind(deployment),
      },
      may: ['DataApiErrors', 'Duration', ...(isAlone ? ['ConsumerStopped'] : [])],
    };
    return {
      course: settled({
        minutes: longEnough(deployment),
        phases: [{ from: 0, set: { conduct: 'holds', lanesAffected: 1 } }],
      }),
      expectation,
    };
  },
};

/** Every batch is handed back. */
function allHeld(deployment: Deployment): Expectation {
  return {
    pages: { NotKeepingUp: { by: held(deployment).by, until: longEnough(deployment) } },
    alarms: {
      PositionHeld: { ...held(deployment), until: longEnough(deployment) },
      ConsumerStopped: stopped(deployment),
      Behind: behind(deployment),
      IteratorAge: oldRecords(deployment, gapMinutes(deployment)),
    },
    may: ['DataApiErrors', 'Duration'],
  };
}

const BAD_DEPLOY: Scenario = {
  name: 'bad-deploy',
  title: 'A version rejects nearly every event, and the fuse blows',
  plan: (deployment) => {
    const { pages, alarms, may = [] } = allHeld(deployment);
    const fuse = { by: afterMinutes(2 * periodMinutes(deployment, TWO_OF_FIVE)), until: longEnough(deployment) };
    return {
      course: settled({ minutes: longEnough(deployment), phases: [{ from: 0, set: { conduct: 'fuse' } }] }),
      expectation: { pages: pages ?? {}, alarms: { ...alarms, FuseBlown: fuse }, may },
    };
  },
};

const MISSING_GRANT: Scenario = {
  name: 'missing-grant',
  title: 'The processor loses the right to write one of its tables',
  plan: (deployment) => ({
    course: settled({ minutes: longEnough(deployment), phases: [{ from: 0, set: { conduct: 'holds' } }] }),
    expectation: allHeld(deployment),
  }),
};

/** The database is away from minute 0 on. */
function databaseAway(minutes: number): {
  readonly from: number;
  readonly until: number;
  readonly set: Partial<Conditions>;
} {
  return { from: 0, until: minutes, set: { conduct: 'holds', databaseAnswers: false } };
}

const DATABASE_DOWN: Scenario = {
  name: 'database-down',
  title: 'The database is down for ten minutes',
  plan: (deployment) => {
    const minutes = Math.max(10, 4 * gapMinutes(deployment));
    const overBy = toldBy(minutes + 5 * periodMinutes(deployment, TWO_OF_FIVE) + stoppedMinutes(deployment) + 3);
    return {
      course: settled({ minutes: overBy + 20, phases: [databaseAway(minutes)] }),
      expectation: {
        pages: { NotKeepingUp: { by: held(deployment).by, overBy } },
        alarms: {
          PositionHeld: { ...held(deployment), overBy },
          WatchdogBlind: { by: afterMinutes(5), notBefore: 2, overBy },
        },
        may: ['ConsumerStopped', 'Behind', 'IteratorAge', 'DataApiErrors', 'Duration'],
      },
    };
  },
};

const DATABASE_RESTARTED: Scenario = {
  name: 'database-restarted',
  title: 'The database restarts, or wakes up from a pause, within a minute',
  plan: () => ({ course: settled({ minutes: 40, phases: [databaseAway(1)] }), expectation: {} }),
};

const DATABASE_WAKES: Scenario = {
  name: 'database-paused',
  title: 'After an idle hour a record comes in, and the database takes a minute to resume',
  plan: () => ({
    course: settled({
      minutes: 100,
      phases: [
        { from: 0, until: 60, set: { arrivals: 0 } },
        { from: 60, until: 61, set: { conduct: 'holds', databaseCapacityPercent: 0 } },
      ],
    }),
    expectation: {},
  }),
};

const KILLER_RECORD: Scenario = {
  name: 'killer-record',
  title: 'A record ends the process, is found, and goes to the quarantine',
  plan: ({ promises }) => {
    // Lambda delivers again at once; a few attempts are enough.
    const found = 2;
    const isPaged = promises.pageWhenQuarantined === 0;
    const page = { by: afterMinutes(1, found), notBefore: found, until: 30 };
    return {
      course: settled({
        minutes: 30,
        phases: [
          { from: 0, until: found, set: { conduct: 'crashes', lanesAffected: 1 } },
          { from: found, until: found + 1, set: { quarantined: 1 } },
        ],
      }),
      expectation: {
        ...(isPaged && { pages: { SetAside: page }, alarms: { Quarantine: page } }),
        may: ['FunctionErrors', 'NewVersionErrors', ...(isPaged ? [] : ['Quarantine'])],
      },
    };
  },
};

const RETENTION_RUNS_OUT: Scenario = {
  name: 'retention-runs-out',
  title: 'Old records wait everywhere and will soon expire, and then the watchdog dies: no alarm turns off',
  plan: (deployment) => {
    const used = usableMinutes(deployment);
    const [dies, minutes] = [40, 80];
    const stays = { until: minutes } as const;
    const danger = { by: afterMinutes(3, 10), notBefore: 9, ...stays };
    const always = { by: 0, notBefore: -Infinity, ...stays };
    const waits = { by: afterMinutes(1), ...stays };
    const { promises, mapping } = deployment;
    return {
      course: settled({
        minutes,
        backlogMinutes: used - 10 - LEAD_MINUTES,
        phases: [
          { from: -Infinity, set: { pollerReads: false } },
          {
            from: 0,
            until: 1,
            set: { quarantined: promises.pageWhenQuarantined + 1, ...(mapping.hasDestination && { givenUp: 1 }) },
          },
          { from: dies, set: { watchdog: 'dead' } },
        ],
      }),
      expectation: {
        pages: { NotKeepingUp: always, DataLossDanger: danger, SetAside: waits },
        alarms: {
          MappingNotPolling: always,
          Behind: always,
          DataLossDanger: danger,
          Quarantine: waits,
          ...(mapping.hasDestination && { OnFailureDestination: waits }),
          WatchdogSilent: { by: afterMinutes(5, dies), notBefore: dies + 2, ...stays },
        },
      },
    };
  },
};

const SLOW_AND_OLD: Scenario = {
  name: 'slow-and-old',
  title: 'The consumer works on records that will soon expire, and then Lambda stops polling',
  plan: (deployment) => {
    const [stops, minutes] = [40, 80];
    const danger = { by: afterMinutes(3 * periodMinutes(deployment)), notBefore: 0, until: minutes };
    const always = { by: danger.by, notBefore: -Infinity, until: minutes };
    return {
      course: settled({
        minutes,
        backlogMinutes: oldestPagedMinutes(deployment) + 3 - LEAD_MINUTES,
        phases: [
          { from: -Infinity, set: { pollerReads: false } },
          // Handles what comes in, and no more: what it works on stays as old as it is.
          { from: 0, until: stops, set: { pollerReads: true, laneCapacity: laneShare(deployment, HEALTHY.arrivals) } },
        ],
      }),
      expectation: {
        pages: { NotKeepingUp: always, DataLossDanger: { ...danger, notBefore: -Infinity } },
        alarms: {
          MappingNotPolling: { by: 0, notBefore: -Infinity },
          Behind: always,
          IteratorAge: always,
          IteratorAgeDataLoss: danger,
        },
        may: ['DataLossDanger', 'Slow'],
      },
    };
  },
};

/**
 * Age of the oldest record at which the invocations alone must page: before it is given up, or forgotten, so many of
 * them have to come.
 */
function oldestPagedMinutes(deployment: Deployment): number {
  const { stream, mapping } = deployment;
  const oldest = Math.min(stream.retentionHours * 60, (mapping.maxRecordAgeSeconds ?? Infinity) / 60);
  return Math.min(usableMinutes(deployment), oldest - 3 * gapMinutes(deployment));
}

interface TroubleThenSilence extends Pick<Scenario, 'name' | 'title'> {
  readonly conduct: 'crashes' | 'throttled';
  /** What goes off by the trouble, and is over when nothing is invoked any more. */
  readonly alarms: readonly string[];
}

/** What is published by invocations only must not stay on when there are none. */
function thenSilence({ name, title, conduct, alarms }: TroubleThenSilence): Scenario {
  return {
    name,
    title,
    plan: (deployment) => {
      const stops = longEnough(deployment);
      const minutes = stops + 60;
      const over = { by: stops, overBy: toldBy(stops + 7 * periodMinutes(deployment) + 3) };
      return {
        course: settled({
          minutes,
          phases: [
            { from: 0, set: { conduct } },
            { from: stops, set: { pollerReads: false } },
          ],
        }),
        expectation: {
          pages: { NotKeepingUp: { by: stops, until: minutes } },
          alarms: {
            ...Object.fromEntries(alarms.map((id) => [id, over])),
            ConsumerStopped: { by: stops, overBy: toldBy(stops + stoppedMinutes(deployment) + 3) },
            Behind: { by: stops, until: minutes },
            MappingNotPolling: { by: afterMinutes(stoppedMinutes(deployment), stops), notBefore: stops },
            ...(conduct === 'crashes' && { IteratorAge: { by: stops, until: minutes } }),
          },
        },
      };
    },
  };
}

const CRASHES_THEN_SILENCE = thenSilence({
  name: 'crashes-then-stops',
  title: 'Every invocation fails, and then Lambda stops polling',
  conduct: 'crashes',
  alarms: ['FunctionErrors', 'NewVersionErrors'],
});

const THROTTLED_THEN_SILENCE = thenSilence({
  name: 'throttled-then-stops',
  title: 'The function is throttled to zero, and then Lambda stops polling',
  conduct: 'throttled',
  alarms: ['Throttles'],
});

const CATCH_UP: Scenario = {
  name: 'catch-up',
  title: 'After two hours of standstill, the consumer works through the backlog',
  plan: (deployment) => {
    const away = 120;
    // Four times as fast as records come in: the backlog is gone after forty minutes.
    const laneCapacity = Math.ceil(4 * laneShare(deployment, HEALTHY.arrivals));
    const caughtUp = away + away / 3;
    const overBy = toldBy(caughtUp + 5 * periodMinutes(deployment));
    const stoppedSince = { by: afterMinutes(stoppedMinutes(deployment)), notBefore: 1 };
    return {
      course: settled({
        minutes: overBy + 20,
        phases: [
          { from: 0, until: away, set: { pollerReads: false } },
          { from: away, set: { laneCapacity } },
        ],
      }),
      expectation: {
        pages: { NotKeepingUp: { by: Math.min(stoppedSince.by, behind(deployment).by), until: away + 10, overBy } },
        alarms: {
          MappingNotPolling: { ...stoppedSince, overBy: toldBy(away + stoppedMinutes(deployment) + 3) },
          Behind: { ...behind(deployment), until: away + 10, overBy },
          IteratorAge: { by: afterMinutes(3 * periodMinutes(deployment), away), notBefore: away, overBy },
        },
      },
    };
  },
};

/** A consumer that tries, and fails or is too slow. */
export const FAILING_SCENARIOS: readonly Scenario[] = [
  CANNOT_START,
  THROTTLED,
  HOT_KEY,
  STUCK_LANE,
  BAD_DEPLOY,
  MISSING_GRANT,
  KILLER_RECORD,
  DATABASE_DOWN,
  DATABASE_RESTARTED,
  DATABASE_WAKES,
  RETENTION_RUNS_OUT,
  SLOW_AND_OLD,
  CRASHES_THEN_SILENCE,
  THROTTLED_THEN_SILENCE,
  CATCH_UP,
];
