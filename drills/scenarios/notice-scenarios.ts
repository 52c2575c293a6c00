import type { Conditions } from '../world/conditions.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { afterMinutes, periodMinutes } from './deadlines.ts';
import { settled, type Scenario } from './scenario.ts';

/** How many minutes it lasts, unless its alarm takes longer. */
const LASTS = 40;

interface Notice {
  readonly name: string;
  readonly title: string;
  readonly alarms: readonly string[];
  readonly set: (deployment: Deployment) => Partial<Conditions> | string;
  /** Minutes of it that set off the alarm. */
  readonly minutes: (deployment: Deployment) => number;
}

const TWELVE_OF_FIFTEEN = { evaluationPeriods: 15, datapointsToAlarm: 12 } as const;

const NOTICES: readonly Notice[] = [
  {
    name: 'cache-misses',
    title: 'The hit ratio of the lookup cache is too low',
    alarms: ['CacheHitRatio'],
    set: ({ promises }) =>
      promises.noticeWhenCacheHitPercentBelow === 0
        ? 'the alarm is switched off'
        : { cacheHitPercent: promises.noticeWhenCacheHitPercentBelow - 1 },
    minutes: (deployment) => 12 * periodMinutes(deployment, TWELVE_OF_FIFTEEN),
  },
  {
    name: 'near-timeout',
    title: 'Invocations run close to their timeout',
    alarms: ['Duration'],
    set: ({ promises }) => ({ durationPercent: promises.noticeWhenDurationPercent + 1 }),
    minutes: (deployment) => 3 * periodMinutes(deployment),
  },
  {
    name: 'database-at-capacity',
    title: 'The database is at its maximum capacity',
    alarms: ['DatabaseCapacity'],
    set: ({ promises }) =>
      promises.noticeWhenCapacityPercent === 0
        ? 'the database cannot scale'
        : { databaseCapacityPercent: promises.noticeWhenCapacityPercent + 1 },
    minutes: () => 10,
  },
  {
    name: 'reads-refused',
    title: 'The stream refuses reads',
    alarms: ['ReadThroughput'],
    set: () => ({ readsRefused: 1 }),
    minutes: () => 3,
  },
  {
    name: 'writes-refused',
    title: 'The stream refuses writes',
    alarms: ['WriteThroughput'],
    set: () => ({ writesRefused: 1 }),
    minutes: () => 3,
  },
  {
    name: 'data-api-errors',
    title: 'Data API calls fail, and are retried',
    alarms: ['DataApiErrors'],
    set: () => ({ dataApiErrors: 6 }),
    minutes: (deployment) => 3 * periodMinutes(deployment),
  },
  {
    name: 'shards-silent',
    title: 'Reads of the shards reach neither a record nor the tip',
    alarms: ['ShardsUnknown'],
    set: () => ({ shardsSilent: true }),
    minutes: () => 15,
  },
  {
    name: 'pages-fail',
    title: 'Messages of the page topic are not delivered',
    alarms: ['PagingFailed'],
    set: ({ pageTopicName }) =>
      pageTopicName === undefined ? 'the page topic belongs to another stack' : { pagesFailed: 1 },
    minutes: () => 1,
  },
  {
    name: 'nobody-paged',
    title: 'Nobody has confirmed the subscription to the pages',
    alarms: ['NobodyPaged'],
    set: ({ promises }) =>
      promises.countsSubscribers
        ? { subscribersConfirmed: false }
        : 'the stack does not count the subscribers of its pages',
    minutes: () => 60,
  },
];

/** Situations that nobody is woken up for: each sets off its own alarm and no other. */
export const NOTICE_SCENARIOS: readonly Scenario[] = NOTICES.map(({ name, title, alarms, set, minutes }) => ({
  name,
  title,
  plan: (deployment) => {
    const changed = set(deployment);
    if (typeof changed === 'string') return changed;
    const lasting = minutes(deployment);
    const until = Math.max(LASTS, 2 * lasting);
    const noticed = { by: afterMinutes(lasting), notBefore: lasting / 2, overBy: until + 2 * lasting + 14 };
    return {
      course: settled({ minutes: noticed.overBy + 10, phases: [{ from: 0, until, set: changed }] }),
      expectation: { alarms: Object.fromEntries(alarms.map((id) => [id, noticed])) },
    };
  },
}));
