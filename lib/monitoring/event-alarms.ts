import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Pager } from '../constructs/pager.ts';
import { INCIDENTS, type AlarmSpec, type IncidentName } from './alarm-spec.ts';
import type { EventMetrics } from './event-metrics.ts';
import type { MonitoredLimits } from './monitored-limits.ts';
import { noticeAlarms } from './notice-alarms.ts';
import { pageAlarms } from './page-alarms.ts';

/** What is watched, and who is told. */
export interface EventAlarmsProps {
  /** Begins the names of the incidents, which are what a page shows first. */
  readonly deployment: string;
  readonly limits: MonitoredLimits;
  readonly metrics: EventMetrics;
  readonly pager: Pager;
  /** Added to every description. */
  readonly dashboardUrl: string;
}

/** Where the sections of the runbook are, from the root of the repository. */
const RUNBOOK = 'docs/operations.md';

/**
 * All alarms. Each one sends its changes to the notices; the incidents, which are composites of them, send theirs to
 * the pages. So one incident is one page, however many alarms belong to it.
 */
export class EventAlarms extends Construct {
  /** Every metric alarm by its id. */
  readonly alarms: Readonly<Record<string, Alarm>>;
  readonly incidents: Readonly<Record<IncidentName, CompositeAlarm>>;

  constructor(scope: Construct, id: string, props: EventAlarmsProps) {
    super(scope, id);
    const { metrics, limits, pager } = props;
    const specs = [...pageAlarms(metrics, limits), ...noticeAlarms(metrics, limits)];
    this.alarms = Object.fromEntries(specs.map((spec) => [spec.id, this.createAlarm(spec, props)]));
    this.incidents = this.createIncidents(specs, props);
    if (pager.ownsPageTopic) this.alarms = { ...this.alarms, PagingFailed: this.watchPages(pager) };
  }

  private createAlarm(spec: AlarmSpec, { pager, dashboardUrl }: EventAlarmsProps): Alarm {
    const alarm = new Alarm(this, spec.id, {
      alarmDescription: describe(spec.says, spec.section, dashboardUrl),
      metric: spec.metric,
      comparisonOperator: spec.operator,
      threshold: spec.threshold,
      evaluationPeriods: spec.evaluationPeriods,
      datapointsToAlarm: spec.datapointsToAlarm,
      treatMissingData: spec.missingData,
    });
    notify(alarm, new SnsAction(pager.noticeTopic));
    return alarm;
  }

  private createIncidents(
    specs: readonly AlarmSpec[],
    { deployment, pager, dashboardUrl }: EventAlarmsProps,
  ): Readonly<Record<IncidentName, CompositeAlarm>> {
    const create = (name: IncidentName): CompositeAlarm => {
      const parts = specs.filter(({ incident }) => incident === name);
      const rules = parts.flatMap(({ id }) => {
        const alarm = this.alarms[id];
        return alarm === undefined ? [] : [AlarmRule.fromAlarm(alarm, AlarmState.ALARM)];
      });
      const incident = new CompositeAlarm(this, `Incident${name}`, {
        compositeAlarmName: `${deployment}-${name}`,
        alarmDescription: describe(`Incident: ${INCIDENTS[name]}`, `incident-${name.toLowerCase()}`, dashboardUrl),
        alarmRule: AlarmRule.anyOf(...rules),
      });
      notify(incident, new SnsAction(pager.pageTopic));
      return incident;
    };
    return {
      NotKeepingUp: create('NotKeepingUp'),
      DataLossDanger: create('DataLossDanger'),
      SetAside: create('SetAside'),
    };
  }

  /** A pager that is out of reach cannot be told so by a page: this goes to the notices. */
  private watchPages({ pageTopic, noticeTopic }: Pager): Alarm {
    const alarm = new Alarm(this, 'PagingFailed', {
      alarmDescription: describe('Pages do not reach an endpoint', 'paging-failed', ''),
      metric: new Metric({
        namespace: 'AWS/SNS',
        metricName: 'NumberOfNotificationsFailed',
        dimensionsMap: { TopicName: pageTopic.topicName },
        statistic: 'Sum',
        period: Duration.minutes(5),
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    notify(alarm, new SnsAction(noticeTopic));
    return alarm;
  }
}

/** A message when it begins and a message when it is over. */
function notify(alarm: Alarm | CompositeAlarm, action: SnsAction): void {
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}

function describe(says: string, section: string, dashboardUrl: string): string {
  const dashboard = dashboardUrl === '' ? '' : ` Dashboard: ${dashboardUrl}`;
  return `${says}. What to do: ${RUNBOOK}#${section}.${dashboard}`;
}
