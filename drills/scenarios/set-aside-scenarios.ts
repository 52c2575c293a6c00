import { MINUTE_MS } from '../timeline.ts';
import { HEAL_FOR_MS } from '../world/consumer-model.ts';
import { afterMinutes } from './deadlines.ts';
import { settled, type Scenario } from './scenario.ts';

const HOUR = 60;

/** The watchdog sees it in the same minute, and one datapoint is enough; three good ones end it. */
function waits(
  from: number,
  until: number,
): { readonly by: number; readonly notBefore: number; readonly until: number; readonly overBy: number } {
  return { by: afterMinutes(1, from), notBefore: from, until, overBy: afterMinutes(3, until) };
}

const POISON_TRICKLE: Scenario = {
  name: 'poison-trickle',
  title: 'One bad event an hour goes to the quarantine, until somebody redrives them',
  plan: ({ promises }) => {
    const each = promises.pageWhenQuarantined + 1;
    const page = waits(0, 3 * HOUR);
    return {
      course: settled({
        minutes: 3 * HOUR + 20,
        phases: [
          ...[0, HOUR, 2 * HOUR].map((from) => ({ from, until: from + 1, set: { quarantined: each } })),
          { from: 3 * HOUR, set: { redriven: true } },
        ],
      }),
      expectation: { pages: { SetAside: page }, alarms: { Quarantine: page } },
    };
  },
};

const POISON_FLOOD: Scenario = {
  name: 'poison-flood',
  title: 'For half an hour, a quarter of the events are bad',
  plan: ({ promises }) => {
    const each = Math.max(150, promises.pageWhenQuarantined + 1);
    const page = { by: afterMinutes(1), until: HOUR };
    return {
      course: settled({ minutes: HOUR, phases: [{ from: 0, until: 30, set: { quarantined: each } }] }),
      expectation: { pages: { SetAside: page }, alarms: { Quarantine: page } },
    };
  },
};

/** Minutes after which an entry that waits is for somebody. */
const HEAL_FOR = HEAL_FOR_MS / MINUTE_MS;

const WAITS_AND_HEALS: Scenario = {
  name: 'waits-and-heals',
  title: 'Events wait for a row that comes, and then nothing comes in that would have them tried',
  plan: () => ({
    course: settled({
      minutes: HEAL_FOR + 30,
      phases: [
        { from: 0, until: 1, set: { waiting: 100 } },
        { from: 1, set: { arrivals: 0 } },
        { from: 20, set: { rowsHaveCome: true } },
      ],
    }),
    expectation: {},
  }),
};

const WAITS_IN_VAIN: Scenario = {
  name: 'waits-in-vain',
  title: 'Events wait for a row that never comes',
  plan: ({ promises }) => {
    const page = waits(HEAL_FOR, HEAL_FOR + 30);
    return {
      course: settled({
        minutes: HEAL_FOR + 50,
        phases: [
          { from: 0, until: 1, set: { waiting: promises.pageWhenQuarantined + 1 } },
          { from: HEAL_FOR + 30, set: { redriven: true } },
        ],
      }),
      expectation: { pages: { SetAside: page }, alarms: { Quarantine: page } },
    };
  },
};

const DESTINATION_USED: Scenario = {
  name: 'destination-used',
  title: 'Lambda gives up a batch and keeps it in the on-failure bucket, and somebody redrives it',
  plan: ({ mapping }) => {
    if (!mapping.hasDestination) return 'the mapping has no on-failure destination';
    const page = waits(0, HOUR);
    return {
      course: settled({
        minutes: HOUR + 20,
        phases: [
          { from: 0, until: 1, set: { givenUp: 1 } },
          { from: HOUR, set: { redriven: true } },
        ],
      }),
      expectation: { pages: { SetAside: page }, alarms: { OnFailureDestination: page } },
    };
  },
};

const GIVEN_UP: Scenario = {
  name: 'given-up-and-lost',
  title: 'Lambda gives up a batch and keeps no copy',
  plan: ({ mapping }) => {
    // What is counted in five minutes is seen in each of them.
    const page = { by: afterMinutes(1), overBy: 20 };
    const set = { givenUp: 1, destinationTakes: false };
    return {
      course: settled({ minutes: 40, phases: [{ from: 0, until: 1, set }] }),
      expectation: {
        pages: { RecordsLost: page },
        alarms: { Dropped: page, ...(mapping.hasDestination && { OnFailureDelivery: page }) },
      },
    };
  },
};

/** What was put aside, or lost, and waits for somebody. */
export const SET_ASIDE_SCENARIOS: readonly Scenario[] = [
  POISON_TRICKLE,
  POISON_FLOOD,
  WAITS_AND_HEALS,
  WAITS_IN_VAIN,
  DESTINATION_USED,
  GIVEN_UP,
];
