import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSpec } from './alarm-spec.ts';
import {
  ONE_OF_THREE,
  periodOf,
  secondsUntilAgeAlarm,
  THREE_OF_FIVE,
  THREE_OF_SEVEN,
  TWO_OF_FIVE,
  workingGapSeconds,
} from './alarm-window.ts';
import { formula, type EventMetrics } from './event-metrics.ts';
import type { MonitoredLimits } from './monitored-limits.ts';

const FIVE_MINUTES = Duration.minutes(5);

const ABOVE = ComparisonOperator.GREATER_THAN_THRESHOLD;
const BELOW = ComparisonOperator.LESS_THAN_THRESHOLD;

/** Once is enough. */
const ANY = { operator: ABOVE, threshold: 0, evaluationPeriods: 1, datapointsToAlarm: 1 } as const;

/** Once is enough of a gauge too. */
const ANY_OF_THREE = { operator: ABOVE, threshold: 0, ...ONE_OF_THREE } as const;

/**
 * Gauges keep their state while the watchdog is silent, which has an alarm of its own: silence is neither an outage of
 * the consumer nor its recovery.
 */
const GAUGE = { missingData: TreatMissingData.IGNORE } as const;

/** The alarms that page, grouped by incident. */
export function pageAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  return [
    ...behindAlarms(metrics, limits),
    ...blindAlarms(metrics),
    ...stoppedAlarms(metrics, limits),
    ...holdingAlarms(metrics, limits),
    ...dataLossAlarms(metrics, limits),
    ...setAsideAlarms(metrics, limits),
  ];
}

/** Ages, from two paths that do not share a cause: database and stream, and Lambda's invocations. */
function behindAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  // During a planned pause everything becomes old, which is no news; that it will be lost is.
  const incident = limits.mappingEnabled ? 'NotKeepingUp' : undefined;
  const old = { operator: ABOVE, incident } as const;
  return [
    {
      id: 'Behind',
      says: 'The oldest uncommitted record is too old',
      section: 'behind',
      metric: metrics.watchdog('BacklogAge', { statistic: 'Maximum' }),
      ...old,
      ...THREE_OF_FIVE,
      ...GAUGE,
      threshold: limits.pageWhenBehind.toSeconds(),
    },
    {
      id: 'IteratorAge',
      says: 'Invocations get records that are too old',
      section: 'iterator-age',
      metric: iteratorAge(metrics, limits),
      ...old,
      ...THREE_OF_SEVEN,
      threshold: limits.pageWhenBehind.toMilliseconds(),
      // Without invocations there is no age. Taken for good, that would look like a recovery in the middle of an outage.
      missingData: TreatMissingData.IGNORE,
    },
  ];
}

/** Published once an invocation: the period grows with the longest one. */
function iteratorAge(metrics: EventMetrics, limits: MonitoredLimits): IMetric {
  return metrics.lambda('IteratorAge', { statistic: 'Maximum', period: periodOf(THREE_OF_SEVEN, limits) });
}

/** The watchdog itself: whether it runs, and whether it sees. */
function blindAlarms(metrics: EventMetrics): readonly AlarmSpec[] {
  return [
    {
      id: 'WatchdogSilent',
      says: 'The watchdog does not run',
      section: 'watchdog-silent',
      metric: metrics.watchdog('WatchdogRuns', { statistic: 'Sum' }),
      operator: BELOW,
      threshold: 1,
      // One datapoint keeps it quiet until it has left the range: those of the first runs do so when the alarm is new.
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      missingData: TreatMissingData.BREACHING,
      incident: 'NotKeepingUp',
    },
    {
      id: 'WatchdogBlind',
      says: 'The watchdog cannot read all of stream, database, bucket, mapping and topic',
      section: 'watchdog-blind',
      metric: formula(
        'checks + shards',
        {
          checks: metrics.watchdog('ChecksFailed', { statistic: 'Maximum' }),
          shards: metrics.watchdog('ShardsUnreadable', { statistic: 'Maximum' }),
        },
        { label: 'what the watchdog could not see' },
      ),
      operator: ABOVE,
      threshold: 0,
      // A database that fails over or resumes is back before that.
      evaluationPeriods: 7,
      datapointsToAlarm: 5,
      ...GAUGE,
      incident: 'NotKeepingUp',
    },
  ];
}

/**
 * A consumer that does nothing at all, seen from more sides: what it commits, Lambda's poller, and its switch. Not where
 * the stack itself disables the mapping: a planned pause pages nobody.
 */
function stoppedAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const { mappingEnabled, pageWhenStoppedMinutes } = limits;
  if (!mappingEnabled) return [];
  // The newest minutes are not all there yet, so M of N. A healthy consumer shows nothing while an invocation lasts; in
  // this many minutes it shows itself three times, once more than an alarm that wants all but two of N forgives.
  const forMinutes = (minutes: number) => {
    const datapointsToAlarm = Math.max(minutes, Math.ceil((3 * workingGapSeconds(limits)) / 60));
    return {
      operator: ABOVE,
      threshold: 0,
      evaluationPeriods: datapointsToAlarm + 2,
      datapointsToAlarm,
      missingData: TreatMissingData.NOT_BREACHING,
      incident: 'NotKeepingUp',
    } as const;
  };
  return [
    {
      id: 'ConsumerStopped',
      says: 'Records come in, but none are committed',
      section: 'consumer-stopped',
      metric: noneCommitted(metrics),
      ...forMinutes(pageWhenStoppedMinutes),
    },
    {
      id: 'MappingNotPolling',
      says: 'The event source mapping does not read the stream',
      section: 'mapping-not-polling',
      metric: notReading(metrics),
      // It takes up to a minute until an alarm is evaluated: the page is to come within the time that is set.
      ...forMinutes(pageWhenStoppedMinutes - 1),
    },
    disabledAlarm(metrics),
  ];
}

/** Somebody disabled the mapping by hand, or deleted it. */
function disabledAlarm(metrics: EventMetrics): AlarmSpec {
  return {
    id: 'MappingDisabled',
    says: 'The event source mapping is disabled or deleted',
    section: 'mapping-not-polling',
    metric: metrics.watchdog('MappingEnabled', { statistic: 'Maximum' }),
    operator: BELOW,
    threshold: 1,
    ...THREE_OF_FIVE,
    ...GAUGE,
    incident: 'NotKeepingUp',
  };
}

/**
 * 1 in a minute in which records came in and none were committed, while Lambda reads. Of a difference, a side that is
 * missing counts as 0, also when it never had any data; without reads there is no value, so that the minutes before the
 * mapping was there do not count.
 */
function noneCommitted(metrics: EventMetrics): IMetric {
  return formula(
    'IF(reads >= 0, (incoming > 0) - (received - held > 0), 0)',
    {
      reads: metrics.reads(),
      incoming: metrics.stream('IncomingRecords', { statistic: 'Sum' }),
      received: metrics.batch('RecordsReceived', { statistic: 'Sum' }),
      held: metrics.batch('RecordsHeld', { statistic: 'Sum' }),
    },
    { label: 'records come in and none are committed' },
  );
}

/**
 * 1 in a minute in which Lambda does not read although the mapping is enabled. The watchdog says whether it is; where it
 * says nothing, the mapping is taken to be enabled, so that a dead watchdog hides nothing.
 */
function notReading(metrics: EventMetrics): IMetric {
  return formula(
    '(FILL(enabled, 1) > 0) - (reads >= 0)',
    { enabled: metrics.watchdog('MappingEnabled', { statistic: 'Minimum' }), reads: metrics.reads() },
    { label: 'enabled, and does not read' },
  );
}

/** A held position reports once a delivery: two of them in a row are no accident any more. */
function holdingAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const reading = { statistic: 'Sum', period: periodOf(TWO_OF_FIVE, limits) } as const;
  const held = {
    operator: ABOVE,
    threshold: 0,
    ...TWO_OF_FIVE,
    missingData: TreatMissingData.NOT_BREACHING,
    incident: 'NotKeepingUp',
  } as const;
  return [
    {
      id: 'PositionHeld',
      says: 'The processor holds its position: it cannot write, or must not',
      section: 'position-held',
      metric: metrics.batch('PositionHeld', reading),
      ...held,
    },
    {
      id: 'FuseBlown',
      says: 'So many recent events were rejected that the build is likelier wrong than the data',
      section: 'fuse-blown',
      metric: metrics.batch('FuseBlown', reading),
      ...held,
    },
  ];
}

function dataLossAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const retentionSeconds = limits.streamRetention.toSeconds();
  const usedSeconds = (retentionSeconds * limits.pageWhenRetentionUsedPercent) / 100;
  return [
    {
      id: 'DataLossDanger',
      says: 'The oldest uncommitted record will soon expire from the stream',
      section: 'data-loss-danger',
      metric: metrics.watchdog('TimeToDataLoss', { statistic: 'Minimum' }),
      operator: BELOW,
      threshold: retentionSeconds - usedSeconds,
      ...THREE_OF_FIVE,
      ...GAUGE,
      incident: 'DataLossDanger',
    },
    {
      id: 'IteratorAgeDataLoss',
      says: 'Invocations get records that will soon expire from the stream',
      section: 'data-loss-danger',
      metric: iteratorAge(metrics, limits),
      operator: ABOVE,
      threshold: Math.min(usedSeconds, oldestPagedSeconds(limits)) * 1000,
      ...THREE_OF_SEVEN,
      missingData: TreatMissingData.IGNORE,
      incident: 'DataLossDanger',
    },
  ];
}

/** No invocation gets a record older than `maxRecordAge` or the retention, and the alarm takes several older ones to go off. */
function oldestPagedSeconds(limits: MonitoredLimits): number {
  const { streamRetention, maxRecordAge = streamRetention } = limits;
  const oldestSeconds = Math.min(streamRetention.toSeconds(), maxRecordAge.toSeconds());
  return oldestSeconds - secondsUntilAgeAlarm(limits) - 1;
}

function setAsideAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const quarantine: AlarmSpec = {
    id: 'Quarantine',
    says: 'Quarantined events wait to be redriven',
    section: 'quarantine',
    metric: metrics.watchdog('QuarantineOpen', { statistic: 'Maximum' }),
    ...ANY_OF_THREE,
    ...GAUGE,
    threshold: limits.pageWhenQuarantined,
    incident: 'SetAside',
  };
  return [quarantine, ...givenUpAlarms(metrics, limits)];
}

/** What Lambda gave up: kept, not kept because the bucket could not be written, or not kept at all. */
function givenUpAlarms(metrics: EventMetrics, { onFailureDestination }: MonitoredLimits): readonly AlarmSpec[] {
  const sum = { statistic: 'Sum', period: FIVE_MINUTES } as const;
  // Published only when it happens, so no data is good.
  const lost = { ...ANY, missingData: TreatMissingData.NOT_BREACHING, incident: 'RecordsLost' } as const;
  const dropped: AlarmSpec = {
    id: 'Dropped',
    says: 'Lambda dropped records',
    section: 'records-dropped',
    metric: metrics.mapping('DroppedEventCount', sum),
    ...lost,
  };
  if (!onFailureDestination) return [dropped];
  return [
    dropped,
    {
      id: 'OnFailureDestination',
      says: 'Batches that Lambda gave up wait in the on-failure bucket to be redriven',
      section: 'on-failure-destination',
      metric: metrics.watchdog('FailedBatchesUnread', { statistic: 'Maximum' }),
      ...ANY_OF_THREE,
      ...GAUGE,
      incident: 'SetAside',
    },
    {
      id: 'OnFailureDelivery',
      says: 'Lambda gave up a batch and could not put it into the on-failure bucket',
      section: 'on-failure-delivery',
      metric: metrics.lambda('DestinationDeliveryFailures', sum),
      ...lost,
    },
  ];
}
