import type { Duration } from 'aws-cdk-lib';
import { DEFAULT_ENVIRONMENT } from '../../contract/environment.ts';
import { leastMemoryMb, leastMemoryWithCacheMb } from '../../contract/function-memory.ts';
import { secondsUntilAgeAlarm } from '../monitoring/alarm-window.ts';
import { formatSeconds } from '../../contract/duration-text.ts';
import { canScale, leastUtilizationPercent } from './least-utilization.ts';
import { DAY } from './option-spec.ts';
import type { FlatOptions, OptionName } from './processor-options.ts';

/** What is decided outside of the options, and matters to them. */
export interface Surroundings {
  /** A test stage, which leaves nothing behind and may do without a pager. */
  readonly isTemporary: boolean;
  /** Pages go to a topic that somebody else made. */
  readonly hasPageTopic: boolean;
  /** The cluster is there already. */
  readonly hasCluster: boolean;
  /** For times that must not be in the future. */
  readonly now: Date;
}

/** What must be true between options. */
export interface OptionRule {
  /** Options it looks at; with one of them broken or known only at deploy time it is not applied. */
  readonly on: readonly OptionName[];
  /** Set for a warning, under which it can be acknowledged. */
  readonly warning?: string;
  /** The problem, or false. */
  readonly check: (options: FlatOptions, surroundings: Surroundings) => string | false;
}

/** Events that a write takes in a second when the database is having a bad day; it measures forty times that. */
const SLOW_EVENTS_PER_SECOND = 1_000;

/** All rules between options, in the order in which their problems are told. */
export const OPTION_RULES: readonly OptionRule[] = [
  {
    on: ['maxRecordAge', 'streamRetention'],
    check: ({ maxRecordAge, streamRetention }) =>
      maxRecordAge !== undefined &&
      maxRecordAge.toSeconds() > streamRetention.toSeconds() &&
      `\`maxRecordAge\` must be at most \`streamRetention\` (${text(streamRetention)}), got ${text(maxRecordAge)}; ` +
        'records would expire before Lambda gives them up, and no copy would be kept',
  },
  {
    on: ['ledgerRetention', 'streamRetention'],
    check: ({ ledgerRetention, streamRetention }) =>
      ledgerRetention.toSeconds() < streamRetention.toSeconds() + DAY &&
      `\`ledgerRetention\` must be at least a day longer than \`streamRetention\` (${text(streamRetention)}), ` +
        `got ${text(ledgerRetention)}; a late delivery would count twice`,
  },
  {
    on: ['pageWhenBehind', 'streamRetention', 'pageWhenRetentionUsedPercent'],
    check: ({ pageWhenBehind, streamRetention, pageWhenRetentionUsedPercent: percent }) =>
      pageWhenBehind.toSeconds() >= (streamRetention.toSeconds() * percent) / 100 &&
      `\`pageWhenBehind\` must be less than \`pageWhenRetentionUsedPercent\` of \`streamRetention\` (${percent} % of ` +
        `${text(streamRetention)}), got ${text(pageWhenBehind)}; the first page would come only with the data-loss page`,
  },
  {
    on: ['pageWhenBehind', 'maxRecordAge', 'timeout', 'maxBatchingWindow'],
    check: ({ pageWhenBehind, maxRecordAge, ...times }) => {
      if (maxRecordAge === undefined) return false;
      const neededSeconds = secondsUntilAgeAlarm(times);
      return (
        pageWhenBehind.toSeconds() + neededSeconds >= maxRecordAge.toSeconds() &&
        `\`maxRecordAge\` must be more than ${formatSeconds(neededSeconds)} longer than \`pageWhenBehind\` ` +
          `(${text(pageWhenBehind)}), got ${text(maxRecordAge)}; records would be given up before the alarm about their ` +
          'age can go off'
      );
    },
  },
  {
    on: ['reservedConcurrency', 'shardCount', 'parallelizationFactor'],
    check: ({ reservedConcurrency = Infinity, shardCount, parallelizationFactor }) =>
      reservedConcurrency < shardCount * parallelizationFactor &&
      `\`reservedConcurrency\` must be at least \`shardCount\` × \`parallelizationFactor\` ` +
        `(${shardCount * parallelizationFactor}), got ${reservedConcurrency}; the rest would be throttled`,
  },
  {
    on: ['timeout', 'batchSize'],
    check: ({ timeout, batchSize }) => {
      const needed = Math.ceil((2 * batchSize) / SLOW_EVENTS_PER_SECOND + DEFAULT_ENVIRONMENT.timeReserveMs / 1000);
      return (
        timeout.toSeconds() < needed &&
        `\`timeout\` must be at least ${needed}s for \`batchSize\` ${batchSize} (two tries at ${SLOW_EVENTS_PER_SECOND} ` +
          `events/s, and ${DEFAULT_ENVIRONMENT.timeReserveMs / 1000}s to answer), got ${text(timeout)}`
      );
    },
  },
  {
    on: ['memorySize', 'batchSize'],
    check: ({ memorySize, batchSize }) => {
      const needed = leastMemoryMb(batchSize);
      return (
        memorySize < needed &&
        `\`memorySize\` must be at least ${needed} for \`batchSize\` ${batchSize}, got ${memorySize}; a full batch would end ` +
          'the process: raise it or lower `batchSize`'
      );
    },
  },
  {
    on: ['onFailureDestination', 'retryAttempts', 'maxRecordAge'],
    check: ({ onFailureDestination, retryAttempts, maxRecordAge }) =>
      !onFailureDestination &&
      (retryAttempts >= 0 || maxRecordAge !== undefined) &&
      '`onFailureDestination` must be true when `retryAttempts` or `maxRecordAge` is set, got false; records that are ' +
        'given up would be lost without a trace',
  },
  {
    on: ['startingPosition', 'startingPositionTimestamp'],
    check: ({ startingPosition, startingPositionTimestamp }) =>
      (startingPosition === 'AT_TIMESTAMP') !== (startingPositionTimestamp !== undefined) &&
      '`startingPositionTimestamp` must be set with `startingPosition` AT_TIMESTAMP, and only then, ' +
        `got ${startingPosition} and ${startingPositionTimestamp ?? 'nothing'}`,
  },
  {
    on: ['startingPositionTimestamp'],
    check: ({ startingPositionTimestamp: time }, { now }) =>
      time !== undefined &&
      Date.parse(time) > now.getTime() &&
      `\`startingPositionTimestamp\` must not be in the future, got ${time}`,
  },
  {
    on: ['databaseMinCapacity', 'databaseMaxCapacity'],
    check: ({ databaseMinCapacity, databaseMaxCapacity }) =>
      databaseMinCapacity > databaseMaxCapacity &&
      `\`databaseMinCapacity\` must be at most \`databaseMaxCapacity\` (${databaseMaxCapacity}), ` +
        `got ${databaseMinCapacity}`,
  },
  {
    on: ['noticeWhenCapacityPercent', 'databaseMinCapacity', 'databaseMaxCapacity'],
    check: ({ noticeWhenCapacityPercent: percent, ...range }, { hasCluster }) => {
      const least = Math.ceil(leastUtilizationPercent(range));
      return (
        !hasCluster &&
        canScale(range) &&
        percent < least &&
        `\`noticeWhenCapacityPercent\` must be at least ${least}, the share of \`databaseMinCapacity\` ` +
          `(${range.databaseMinCapacity}) in \`databaseMaxCapacity\` (${range.databaseMaxCapacity}), got ${percent}; the ` +
          'cluster never uses less, so the alarm would never turn off'
      );
    },
  },
  {
    on: ['retryAttempts'],
    warning: 'retries',
    check: ({ retryAttempts }) =>
      retryAttempts >= 0 &&
      `\`retryAttempts\` ${retryAttempts} counts deliveries during a database outage too; a longer outage sends good ` +
        'batches to the on-failure destination',
  },
  {
    on: ['filterPatterns'],
    warning: 'filters',
    check: ({ filterPatterns }) =>
      filterPatterns.length > 0 &&
      'the watchdog cannot tell records skipped by `filterPatterns` from a backlog: it pages when nothing matches for ' +
        'longer than `pageWhenBehind`',
  },
  {
    on: ['pageWhenBehind', 'maxBatchingWindow'],
    warning: 'batching-window',
    check: ({ pageWhenBehind, maxBatchingWindow }) =>
      pageWhenBehind.toSeconds() < maxBatchingWindow.toSeconds() &&
      `\`pageWhenBehind\` (${text(pageWhenBehind)}) is less than \`maxBatchingWindow\` (${text(maxBatchingWindow)}): records ` +
        'wait that long for a batch to fill, so an idle consumer pages; raise `pageWhenBehind` or lower `maxBatchingWindow`',
  },
  {
    on: ['memorySize', 'batchSize', 'cacheMaxBytes'],
    warning: 'cache-memory',
    check: ({ memorySize, batchSize, cacheMaxBytes }) => {
      const needed = leastMemoryWithCacheMb(batchSize, cacheMaxBytes);
      return (
        memorySize >= leastMemoryMb(batchSize) &&
        memorySize < needed &&
        `\`memorySize\` ${memorySize} has no room for a full lookup cache beside a full batch: raise it to ${needed}, or lower ` +
          `\`cacheMaxBytes\` (${cacheMaxBytes}); without large lookups neither is needed`
      );
    },
  },
  {
    on: ['pageEmails', 'pageHttpsEndpoints'],
    check: ({ pageEmails, pageHttpsEndpoints }, { isTemporary, hasPageTopic }) =>
      !isTemporary &&
      !hasPageTopic &&
      pageEmails.length + pageHttpsEndpoints.length === 0 &&
      '`pageHttpsEndpoints`, `pageEmails` or a page topic (`existingPageTopicArn`, `pageTopic`) must be set, got none; ' +
        'nobody would be paged (only a stage with `removalPolicy` destroy may do without)',
  },
  {
    on: ['databaseMinCapacity'],
    warning: 'auto-pause',
    check: ({ databaseMinCapacity }, { hasCluster }) =>
      databaseMinCapacity === 0 &&
      !hasCluster &&
      '`databaseMinCapacity` 0 does not let the database pause: the watchdog queries it every minute',
  },
];

function text(duration: Duration): string {
  return formatSeconds(duration.toSeconds());
}
