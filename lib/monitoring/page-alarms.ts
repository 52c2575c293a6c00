import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSpec } from './alarm-spec.ts';
import { formula, type EventMetrics } from './event-metrics.ts';
import type { MonitoredLimits } from './monitored-limits.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** Long enough that one slow minute pages nobody, short enough that somebody is paged within ten. */
const THREE_OF_FIVE = { evaluationPeriods: 5, datapointsToAlarm: 3 } as const;

const ABOVE = ComparisonOperator.GREATER_THAN_THRESHOLD;
const BELOW = ComparisonOperator.LESS_THAN_THRESHOLD;

/** Once is enough. Published only when it happens, so no data is good. */
const ANY = {
  operator: ABOVE,
  threshold: 0,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  missingData: TreatMissingData.NOT_BREACHING,
  incident: 'SetAside',
} as const;

/** The alarms that page, grouped by incident. */
export function pageAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  return [
    ...behindAlarms(metrics, limits),
    ...stoppedAlarms(metrics, limits),
    ...holdingAlarms(metrics),
    ...dataLossAlarms(metrics, limits),
    ...setAsideAlarms(metrics, limits),
  ];
}

/** Ages, from two paths that do not share a cause: database and stream, and Lambda's invocations. */
function behindAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const old = { operator: ABOVE, ...THREE_OF_FIVE, incident: 'NotKeepingUp' } as const;
  return [
    {
      id: 'Behind',
      says: 'The oldest uncommitted record is too old, or the watchdog is silent',
      section: 'behind',
      metric: metrics.watchdog('BacklogAge', { statistic: 'Maximum' }),
      ...old,
      threshold: limits.pageWhenBehind.toSeconds(),
      // The watchdog publishes every minute: silence means it is dead, or cannot see.
      missingData: TreatMissingData.BREACHING,
    },
    {
      id: 'IteratorAge',
      says: 'Invocations get records that are too old',
      section: 'iterator-age',
      metric: metrics.lambda('IteratorAge', { statistic: 'Maximum' }),
      ...old,
      threshold: limits.pageWhenBehind.toMilliseconds(),
      // Without invocations there is no age. Taken for good, that would look like a recovery in the middle of an outage.
      missingData: TreatMissingData.IGNORE,
    },
  ];
}

/** A consumer that does nothing at all, seen from two more sides: what it commits, and Lambda's poller. */
function stoppedAlarms(metrics: EventMetrics, { pageWhenStoppedMinutes }: MonitoredLimits): readonly AlarmSpec[] {
  const all = {
    threshold: 0,
    evaluationPeriods: pageWhenStoppedMinutes,
    datapointsToAlarm: pageWhenStoppedMinutes,
    incident: 'NotKeepingUp',
  } as const;
  return [
    {
      id: 'ConsumerStopped',
      says: 'Records come in and none are committed',
      section: 'consumer-stopped',
      metric: noneCommitted(metrics),
      operator: ABOVE,
      ...all,
      // An idle stream has no data at all, and must stay quiet.
      missingData: TreatMissingData.NOT_BREACHING,
    },
    {
      id: 'MappingNotPolling',
      says: 'The event source mapping does not poll the stream',
      section: 'mapping-not-polling',
      metric: metrics.mapping('PolledEventCount', { statistic: 'Sum' }),
      // A count is never below 0: only silence sets this off. A mapping that is idle publishes zeroes.
      operator: BELOW,
      ...all,
      missingData: TreatMissingData.BREACHING,
    },
  ];
}

/** 1 in a minute in which records came in and none were committed, else 0. */
function noneCommitted(metrics: EventMetrics): IMetric {
  return formula(
    'IF(FILL(incoming, 0) > 0 AND FILL(received, 0) - FILL(held, 0) <= 0, 1, 0)',
    {
      incoming: metrics.stream('IncomingRecords', { statistic: 'Sum' }),
      received: metrics.batch('RecordsReceived', { statistic: 'Sum' }),
      held: metrics.batch('RecordsHeld', { statistic: 'Sum' }),
    },
    { label: 'records come in and none are committed' },
  );
}

/** Deliveries of a held position can be more than a minute apart: two in five minutes are no accident any more. */
function holdingAlarms(metrics: EventMetrics): readonly AlarmSpec[] {
  const held = {
    operator: ABOVE,
    threshold: 0,
    evaluationPeriods: 5,
    datapointsToAlarm: 2,
    missingData: TreatMissingData.NOT_BREACHING,
    incident: 'NotKeepingUp',
  } as const;
  return [
    {
      id: 'PositionHeld',
      says: 'The processor holds its position: it cannot write, or must not',
      section: 'position-held',
      metric: metrics.batch('PositionHeld', { statistic: 'Sum' }),
      ...held,
    },
    {
      id: 'FuseBlown',
      says: 'So much of a batch was rejected that the deployment is likelier wrong than the data',
      section: 'fuse-blown',
      metric: metrics.batch('FuseBlown', { statistic: 'Sum' }),
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
      says: 'The oldest uncommitted record will leave the stream before long, or the watchdog is silent',
      section: 'data-loss-danger',
      metric: metrics.watchdog('TimeToDataLoss', { statistic: 'Minimum' }),
      operator: BELOW,
      threshold: retentionSeconds - usedSeconds,
      ...THREE_OF_FIVE,
      missingData: TreatMissingData.BREACHING,
      incident: 'DataLossDanger',
    },
    {
      id: 'IteratorAgeDataLoss',
      says: 'Invocations get records that will leave the stream before long',
      section: 'data-loss-danger',
      metric: metrics.lambda('IteratorAge', { statistic: 'Maximum' }),
      operator: ABOVE,
      threshold: usedSeconds * 1000,
      ...THREE_OF_FIVE,
      missingData: TreatMissingData.IGNORE,
      incident: 'DataLossDanger',
    },
  ];
}

function setAsideAlarms(metrics: EventMetrics, { pageWhenQuarantined }: MonitoredLimits): readonly AlarmSpec[] {
  const sum = { statistic: 'Sum', period: FIVE_MINUTES } as const;
  return [
    {
      id: 'Quarantine',
      says: 'Events were quarantined',
      section: 'quarantine',
      metric: metrics.batch('EventsQuarantined', sum),
      ...ANY,
      threshold: pageWhenQuarantined,
    },
    ...givenUpAlarms(metrics),
  ];
}

/** What Lambda gave up: kept, not kept because the bucket could not be written, or not kept at all. */
function givenUpAlarms(metrics: EventMetrics): readonly AlarmSpec[] {
  const sum = { statistic: 'Sum', period: FIVE_MINUTES } as const;
  return [
    {
      id: 'OnFailureDestination',
      says: 'Lambda gave up a batch and put it into the on-failure bucket',
      section: 'on-failure-destination',
      metric: metrics.mapping('OnFailureDestinationDeliveredEventCount', sum),
      ...ANY,
    },
    {
      id: 'OnFailureDelivery',
      says: 'Lambda gave up a batch and could not put it into the on-failure bucket',
      section: 'on-failure-destination',
      metric: metrics.lambda('DestinationDeliveryFailures', sum),
      ...ANY,
    },
    {
      id: 'Dropped',
      says: 'Lambda dropped records',
      section: 'records-dropped',
      metric: metrics.mapping('DroppedEventCount', sum),
      ...ANY,
    },
  ];
}
