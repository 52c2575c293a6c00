import type { Deployment } from '../deployment/deployment.ts';
import { HEALTHY } from '../world/conditions.ts';
import {
  afterMinutes,
  behind,
  behindFrom,
  laneShare,
  periodMinutes,
  stoppedMinutes,
  toldBy,
  usableMinutes,
} from './deadlines.ts';
import { settled, type ExpectedAlarm, type Expectation, type Scenario } from './scenario.ts';

/** When Lambda's poller has stopped: the first that notices pages. */
function pollerStopped(deployment: Deployment, overBy?: number): Expectation {
  const notPolling = {
    by: afterMinutes(stoppedMinutes(deployment)),
    notBefore: 1,
    ...(overBy !== undefined && { overBy }),
  };
  const first = Math.min(notPolling.by, behind(deployment).by);
  return {
    pages: { NotKeepingUp: { ...notPolling, by: first } },
    alarms: {
      MappingNotPolling: notPolling,
      Behind: { ...behind(deployment), ...(overBy !== undefined && { overBy }) },
    },
  };
}

const TEN_MINUTES = 10;

/** How long the pages of a consumer that works again may stay: the windows of all alarms, and the delays of AWS. */
function recovered(deployment: Deployment, from: number): number {
  return toldBy(from + stoppedMinutes(deployment) + 3);
}

const STOPPED_TEN_MINUTES: Scenario = {
  name: 'stopped-ten-minutes',
  title: 'Lambda stops polling for ten minutes, and resumes',
  plan: (deployment) => {
    const minutes = Math.max(TEN_MINUTES, behindFrom(deployment) + 6, stoppedMinutes(deployment) + 4);
    const overBy = recovered(deployment, minutes);
    return {
      course: settled({ minutes: overBy + 10, phases: [{ from: 0, until: minutes, set: { pollerReads: false } }] }),
      // The records that have waited come with the first invocations.
      expectation: { ...pollerStopped(deployment, overBy), may: ['IteratorAge'] },
    };
  },
};

const TWO_DAYS = 2 * 24 * 60;

const STOPPED_TWO_DAYS: Scenario = {
  name: 'stopped-two-days',
  title: 'Lambda stops polling, and nothing changes for two days',
  plan: (deployment) => {
    const { pages, alarms } = pollerStopped(deployment);
    const danger = {
      by: afterMinutes(3, usableMinutes(deployment)),
      notBefore: usableMinutes(deployment) - 1,
      until: TWO_DAYS,
    };
    const isInDanger = danger.by < TWO_DAYS;
    return {
      course: settled({ minutes: TWO_DAYS, phases: [{ from: 0, set: { pollerReads: false } }] }),
      expectation: {
        pages: { ...stayingOn(pages, TWO_DAYS), ...(isInDanger && { DataLossDanger: danger }) },
        alarms: { ...stayingOn(alarms, TWO_DAYS), ...(isInDanger && { DataLossDanger: danger }) },
      },
    };
  },
};

function stayingOn(
  expected: Readonly<Record<string, ExpectedAlarm>> = {},
  until: number,
): Record<string, ExpectedAlarm> {
  return Object.fromEntries(Object.entries(expected).map(([id, alarm]) => [id, { ...alarm, until }]));
}

/** The mapping is switched off or deleted, which the watchdog sees at once. */
function withoutMapping(deployment: Deployment): Expectation {
  const disabled = { by: afterMinutes(3), notBefore: 1, until: 40 };
  return {
    pages: { NotKeepingUp: disabled },
    alarms: { MappingDisabled: disabled, Behind: { ...behind(deployment), until: 40 } },
    // Until the watchdog's word is there, the mapping is taken to be enabled.
    may: ['MappingNotPolling'],
  };
}

const MAPPING_DISABLED: Scenario = {
  name: 'mapping-disabled',
  title: 'Somebody disables the event source mapping by hand',
  plan: (deployment) => {
    const expectation = withoutMapping(deployment);
    return { course: settled({ minutes: 40, phases: [{ from: 0, set: { mapping: 'disabled' } }] }), expectation };
  },
};

const MAPPING_DELETED: Scenario = {
  name: 'mapping-deleted',
  title: 'Somebody deletes the event source mapping, and then the watchdog dies as well',
  plan: (deployment) => {
    const expectation = withoutMapping(deployment);
    const dies = 40;
    const silent = { by: afterMinutes(5, dies), notBefore: dies + 2, until: 80 };
    return {
      course: settled({
        minutes: 80,
        phases: [
          { from: 0, set: { mapping: 'gone' } },
          { from: dies, set: { watchdog: 'dead' } },
        ],
      }),
      expectation: {
        ...expectation,
        pages: stayingOn(expectation.pages, 80),
        alarms: { ...stayingOn(expectation.alarms, 80), WatchdogSilent: silent },
      },
    };
  },
};

const WATCHDOG_DEAD: Scenario = {
  name: 'watchdog-dead',
  title: 'The watchdog no longer runs, and the consumer is fine',
  plan: () => {
    // The last good minute has to leave the evaluation range of five.
    const silent = { by: afterMinutes(5), notBefore: 2, until: 60, overBy: 70 };
    return {
      course: settled({ minutes: 80, phases: [{ from: 0, until: 60, set: { watchdog: 'dead' } }] }),
      expectation: { pages: { NotKeepingUp: silent }, alarms: { WatchdogSilent: silent } },
    };
  },
};

const WATCHDOG_DIES_LATER: Scenario = {
  name: 'watchdog-dies-later',
  title: 'The consumer is stopped, and then the watchdog dies as well',
  plan: (deployment) => {
    const dies = behind(deployment).by + 10;
    const minutes = dies + 60;
    const { pages, alarms } = pollerStopped(deployment);
    const silent = { by: afterMinutes(5, dies), notBefore: dies + 2, until: minutes };
    return {
      course: settled({
        minutes,
        phases: [
          { from: 0, set: { pollerReads: false } },
          { from: dies, set: { watchdog: 'dead' } },
        ],
      }),
      expectation: {
        pages: stayingOn(pages, minutes),
        alarms: { ...stayingOn(alarms, minutes), WatchdogSilent: silent },
      },
    };
  },
};

const STOPS_WHILE_OLD: Scenario = {
  name: 'stops-while-old',
  title: 'Every batch is held for half an hour, and then Lambda stops polling',
  plan: (deployment) => {
    const stops = Math.max(30, behindFrom(deployment) + 6 * periodMinutes(deployment) + 10);
    const minutes = stops + 60;
    const stays = { by: stops, until: minutes };
    const silent = { by: stops, overBy: toldBy(stops + stoppedMinutes(deployment) + 3) };
    return {
      course: settled({
        minutes,
        phases: [
          { from: 0, set: { conduct: 'fuse' } },
          { from: stops, set: { pollerReads: false } },
        ],
      }),
      expectation: {
        pages: { NotKeepingUp: stays },
        alarms: {
          Behind: stays,
          IteratorAge: stays,
          MappingNotPolling: { by: afterMinutes(stoppedMinutes(deployment), stops), notBefore: stops, until: minutes },
          // Nothing is read any more: others tell now.
          ConsumerStopped: silent,
          PositionHeld: silent,
          FuseBlown: silent,
        },
      },
    };
  },
};

const SHARD_UNREADABLE: Scenario = {
  name: 'shard-unreadable',
  title: 'The watchdog cannot read one of the shards, and then it dies',
  plan: () => {
    const dies = 30;
    const blind = { by: afterMinutes(5), notBefore: 2, until: 70 };
    return {
      course: settled({
        minutes: 70,
        phases: [
          { from: 0, set: { shardsRefused: 1 } },
          { from: dies, set: { watchdog: 'dead' } },
        ],
      }),
      expectation: {
        pages: { NotKeepingUp: blind },
        alarms: { WatchdogBlind: blind, WatchdogSilent: { by: afterMinutes(5, dies), notBefore: dies + 2, until: 70 } },
      },
    };
  },
};

const SLOW_CONSUMER: Scenario = {
  name: 'slow-consumer',
  title: 'More comes in than the consumer can handle',
  plan: (deployment) => {
    // Half of what comes in is handled: in two minutes it falls behind by one.
    const laneCapacity = Math.floor(laneShare(deployment, HEALTHY.arrivals) / 2);
    const old = 2 * (behindFrom(deployment) + 1);
    const late = { by: afterMinutes(3 * periodMinutes(deployment), old) + 2, notBefore: 2 };
    return {
      course: settled({ minutes: late.by + 20, phases: [{ from: 0, set: { laneCapacity } }] }),
      expectation: {
        pages: { NotKeepingUp: late },
        alarms: { Behind: { ...late, by: afterMinutes(3, old) + 2 }, IteratorAge: late, Slow: slowFrom(old) },
      },
    };
  },
};

/** Ten minutes of fifteen in which a consumer is behind, works, and does not get nearer. */
function slowFrom(minute: number): ExpectedAlarm {
  return { by: afterMinutes(10, minute) + 4, notBefore: minute };
}

/** A consumer that does nothing, or can do nothing. */
export const STOPPED_SCENARIOS: readonly Scenario[] = [
  STOPPED_TEN_MINUTES,
  STOPPED_TWO_DAYS,
  MAPPING_DISABLED,
  MAPPING_DELETED,
  WATCHDOG_DEAD,
  WATCHDOG_DIES_LATER,
  STOPS_WHILE_OLD,
  SHARD_UNREADABLE,
  SLOW_CONSUMER,
];
