import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Pager } from '../constructs/pager.ts';
import type { AlarmSpec } from './alarm-spec.ts';
import type { EventMetrics } from './event-metrics.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** Whether pages reach somebody. A pager that is out of reach cannot be told so by a page: these go to the notices. */
export function pagerAlarms(metrics: EventMetrics, pager: Pager): readonly AlarmSpec[] {
  return [
    ...(pager.ownsPageTopic ? [pagingFailed(pager)] : []),
    ...(pager.countsSubscribers ? [nobodyPaged(metrics)] : []),
  ];
}

function pagingFailed({ pageTopic }: Pager): AlarmSpec {
  return {
    id: 'PagingFailed',
    says: 'A page could not be delivered to an endpoint',
    section: 'paging-failed',
    metric: new Metric({
      namespace: 'AWS/SNS',
      metricName: 'NumberOfNotificationsFailed',
      dimensionsMap: { TopicName: pageTopic.topicName },
      statistic: 'Sum',
      period: FIVE_MINUTES,
    }),
    operator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missingData: TreatMissingData.NOT_BREACHING,
    isWork: true,
  };
}

/**
 * A topic without a confirmed subscription takes every page and delivers none, and no metric of SNS says so. An hour is
 * what people get to confirm after a first deployment.
 */
function nobodyPaged(metrics: EventMetrics): AlarmSpec {
  return {
    id: 'NobodyPaged',
    says: 'Nobody is subscribed to the pages',
    section: 'nobody-paged',
    metric: metrics.watchdog('PageSubscribers', { statistic: 'Maximum', period: FIVE_MINUTES }),
    operator: ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: 1,
    evaluationPeriods: 12,
    datapointsToAlarm: 12,
    missingData: TreatMissingData.IGNORE,
    isWork: true,
  };
}
