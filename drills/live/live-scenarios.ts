import { afterMinutes, behindFrom, stoppedMinutes, toldBy } from '../scenarios/deadlines.ts';
import { settled, type ExpectedAlarm, type Plan, type Scenario } from '../scenarios/scenario.ts';
import { SCENARIOS } from '../scenarios/scenarios.ts';
import type { Course } from '../world/simulate.ts';

/** A healthy stretch that is just long enough for the alarms to settle, in minutes. */
const LEAD_MINUTES = 9;

/** The alarms are made after so many runs of the watchdog, as at a first deployment. */
const RUNS_BEFORE_ALARMS = 7;

function shortened(course: Course, minutes: number): Course {
  return {
    ...course,
    leadMinutes: LEAD_MINUTES,
    alarmsMadeAt: RUNS_BEFORE_ALARMS - LEAD_MINUTES,
    minutes: Math.min(course.minutes, minutes),
  };
}

/** One of the scenarios of the drill, with a shorter begin and end. */
function live(name: string, minutes = Infinity): Scenario {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return {
    ...scenario,
    plan: (deployment) => {
      const plan = scenario.plan(deployment);
      return typeof plan === 'string' ? plan : shortenPlan(plan, minutes);
    },
  };
}

function shortenPlan({ course, twin, expectation, ...plan }: Plan, minutes: number): Plan {
  return {
    ...plan,
    expectation: {
      ...expectation,
      pages: aMinuteLater(expectation.pages),
      alarms: aMinuteLater(expectation.alarms),
    },
    course: shortened(course, minutes),
    ...(twin !== undefined && { twin: shortened(twin, minutes) }),
  };
}

/**
 * What is told by a minute may be told in the next one here: records come in at the begin of a minute and not all along,
 * and a run of the watchdog waits up to twenty seconds for a database that is away.
 */
function aMinuteLater(expected: Readonly<Record<string, ExpectedAlarm>> = {}): Readonly<Record<string, ExpectedAlarm>> {
  return Object.fromEntries(Object.entries(expected).map(([id, alarm]) => [id, { ...alarm, by: alarm.by + 1 }]));
}

const REDRIVEN: Scenario = {
  name: 'quarantined-and-redriven',
  title: 'Bad events go to the quarantine; somebody fixes the cause and redrives them',
  plan: ({ promises }) => {
    const redrivenAt = 12;
    const page = { by: afterMinutes(1), notBefore: 0, until: redrivenAt, overBy: afterMinutes(3, redrivenAt) };
    const course = settled({
      minutes: page.overBy + 2,
      phases: [
        { from: 0, until: 1, set: { quarantined: promises.pageWhenQuarantined + 2 } },
        { from: redrivenAt, set: { redriven: true } },
      ],
    });
    const expectation = { pages: { SetAside: page }, alarms: { Quarantine: page } };
    return shortenPlan({ course, expectation }, Infinity);
  },
};

const CATCH_UP: Scenario = {
  name: 'stopped-and-caught-up',
  title: 'The backlog of half an hour of standstill is processed at once',
  plan: (deployment) => {
    const away = 30;
    const overBy = toldBy(away + stoppedMinutes(deployment) + 3);
    const notPolling = { by: afterMinutes(stoppedMinutes(deployment)), notBefore: 1, until: away, overBy };
    const behind = { by: afterMinutes(3, behindFrom(deployment)), notBefore: behindFrom(deployment) + 1, overBy };
    const course = settled({ minutes: overBy + 1, phases: [{ from: 0, until: away, set: { pollerReads: false } }] });
    const expectation = {
      pages: { NotKeepingUp: { ...notPolling, by: Math.min(notPolling.by, behind.by) } },
      alarms: { MappingNotPolling: notPolling, Behind: behind },
      may: ['IteratorAge'],
    };
    return shortenPlan({ course, expectation }, Infinity);
  },
};

/** What a scenario is played with. */
export interface LiveScenario {
  readonly scenario: Scenario;
  /** Settings of the stage `dev` that it needs; its one lane unless told. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Scenarios in which the real watchdog runs against the local stream and database, besides being simulated. */
export const LIVE_SCENARIOS: readonly LiveScenario[] = [
  { scenario: live('stopped-ten-minutes', 24) },
  { scenario: CATCH_UP },
  { scenario: live('mapping-disabled', 12) },
  { scenario: live('idle-day', 12) },
  { scenario: live('database-down') },
  { scenario: REDRIVEN },
  { scenario: live('reshard', 12) },
  { scenario: live('sick-beside-healthy', 14) },
  { scenario: live('one-stuck-lane', 20), context: { parallelizationFactor: '10' } },
];
