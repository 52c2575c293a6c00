import type { Course } from '../world/simulate.ts';
import type { Conditions } from '../world/conditions.ts';
import { MINUTE_ZERO } from '../world/simulate.ts';
import { afterMinutes, behindFrom, stoppedMinutes, usableMinutes } from './deadlines.ts';
import { LEAD_MINUTES, settled, type Scenario } from './scenario.ts';

/** Runs of the watchdog before it tells CloudFormation so, and what is created then. */
const RUNS_BEFORE_ALARMS = 6;

/** Minutes until cluster, migrations and function are there. */
const BUILDING_MINUTES = 10;

/** A stack that comes to be on a stream that is busy already. */
function firstDeployment(): Course {
  const absent = { mapping: 'disabled', watchdog: 'dead', databaseAnswers: false } as const;
  return {
    leadMinutes: 0,
    minutes: 60,
    alarmsMadeAt: BUILDING_MINUTES + RUNS_BEFORE_ALARMS,
    phases: [
      { from: 0, until: BUILDING_MINUTES, set: absent },
      // The producers begin with the consumer: a backlog would be behind, and told so.
      { from: 0, until: BUILDING_MINUTES, set: { arrivals: 0 } },
    ],
  };
}

const FIRST_DEPLOYMENT: Scenario = {
  name: 'first-deployment',
  title: 'The stack is deployed for the first time',
  plan: ({ firstDeploymentFaults: faults }) => ({ course: firstDeployment(), expectation: {}, faults }),
};

const UPDATE: Scenario = {
  name: 'update',
  title: 'A new version is deployed, and works',
  plan: () => ({
    // For a minute no invocation comes to its end.
    course: settled({ minutes: 30, phases: [{ from: 0, until: 1, set: { laneCapacity: 0 } }] }),
    expectation: {},
  }),
};

const ROLLED_BACK: Scenario = {
  name: 'rolled-back-update',
  title: 'A new version fails, and is rolled back',
  plan: ({ alarms }) => {
    if (!alarms.some(({ id }) => id === 'NewVersionErrors')) return 'no alarm stops a new version that fails';
    return {
      course: settled({ minutes: 40, phases: [{ from: 0, until: 8, set: { newVersionErrors: 3 } }] }),
      expectation: {
        alarms: { NewVersionErrors: { by: afterMinutes(2), overBy: 20 } },
        may: ['FunctionErrors'],
      },
    };
  },
};

/** When a pause is brought to mind, in minutes since midnight, UTC. */
const NINE_O_CLOCK = 9 * 60;

const THIRTY_HOURS = 30 * 60;

const PLANNED_PAUSE: Scenario = {
  name: 'planned-pause',
  title: 'The stack itself has disabled the mapping, and records pile up for thirty hours',
  isForPause: true,
  plan: (deployment) => {
    if (deployment.promises.mappingEnabled)
      return 'the stack enables the mapping; drill it with `-c mappingEnabled=false`';
    const reminded = NINE_O_CLOCK - MINUTE_ZERO;
    // Nothing is read from the very beginning on, which is before minute 0.
    const used = usableMinutes(deployment) - LEAD_MINUTES;
    const danger = { by: afterMinutes(3, used), notBefore: used - 1, until: THIRTY_HOURS };
    const isInDanger = danger.by < THIRTY_HOURS && { DataLossDanger: danger };
    const old = { by: afterMinutes(3, behindFrom(deployment)), notBefore: behindFrom(deployment) - LEAD_MINUTES };
    return {
      course: settled({ minutes: THIRTY_HOURS, phases: [] }),
      expectation: {
        pages: { ...isInDanger },
        alarms: { ...isInDanger, Behind: old, Paused: { by: afterMinutes(1, reminded), notBefore: reminded } },
      },
    };
  },
};

const DEAD: Partial<Conditions> = { pollerReads: false, watchdog: 'dead' };

const SICK_BESIDE_HEALTHY: Scenario = {
  name: 'sick-beside-healthy',
  title: 'This stage is dead while another stage of the function is fine, whose metrics silence nothing here',
  plan: (deployment) => {
    const silent = { by: afterMinutes(5), notBefore: 2, until: 40 };
    const stopped = { by: afterMinutes(stoppedMinutes(deployment)), notBefore: 1, until: 40 };
    return {
      course: settled({ minutes: 40, phases: [{ from: 0, set: DEAD }] }),
      twin: settled({ minutes: 40, phases: [] }),
      expectation: {
        pages: { NotKeepingUp: { ...silent, by: Math.min(silent.by, stopped.by), notBefore: 1 } },
        alarms: { WatchdogSilent: silent, MappingNotPolling: stopped },
      },
    };
  },
};

const HEALTHY_BESIDE_SICK: Scenario = {
  name: 'healthy-beside-sick',
  title: 'Another stage of the function fails in every way: no alarm of this one fires',
  plan: () => {
    const everything: Partial<Conditions> = {
      conduct: 'holds',
      databaseAnswers: false,
      quarantined: 50,
      givenUp: 1,
      durationPercent: 99,
      dataApiErrors: 50,
      pagesFailed: 1,
      newVersionErrors: 5,
      shardsSilent: true,
    };
    return {
      course: settled({ minutes: 40, phases: [] }),
      twin: settled({
        minutes: 40,
        phases: [
          { from: 0, set: everything },
          { from: 20, set: { conduct: 'crashes', databaseAnswers: true, mapping: 'disabled' } },
        ],
      }),
      expectation: {},
    };
  },
};

/** What a stack lives through on purpose. */
export const LIFE_CYCLE_SCENARIOS: readonly Scenario[] = [
  FIRST_DEPLOYMENT,
  UPDATE,
  ROLLED_BACK,
  PLANNED_PAUSE,
  SICK_BESIDE_HEALTHY,
  HEALTHY_BESIDE_SICK,
];
