import { Alarm, AlarmRule, AlarmState, CompositeAlarm, type AlarmBase } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Pager } from '../constructs/pager.ts';
import { INCIDENTS, type AlarmSpec, type IncidentName } from './alarm-spec.ts';
import type { EventMetrics } from './event-metrics.ts';
import type { MonitoredLimits } from './monitored-limits.ts';
import { noticeAlarms } from './notice-alarms.ts';
import { pageAlarms } from './page-alarms.ts';
import { pagerAlarms } from './pager-alarms.ts';

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
 * the pages, or to the tickets. So one incident is one page, however many alarms belong to it.
 */
export class EventAlarms extends Construct {
  /** Every metric alarm by its id. */
  readonly alarms: Readonly<Record<string, Alarm>>;
  readonly incidents: Readonly<Record<IncidentName, CompositeAlarm>>;

  constructor(scope: Construct, id: string, props: EventAlarmsProps) {
    super(scope, id);
    const { metrics, limits, pager } = props;
    const specs = [...pageAlarms(metrics, limits), ...noticeAlarms(metrics, limits), ...pagerAlarms(metrics, pager)];
    this.alarms = Object.fromEntries(specs.map((spec) => [spec.id, this.createAlarm(spec, props)]));
    this.incidents = this.createIncidents(specs, props);
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
    const topics = [pager.noticeTopic, ...(spec.isWork === true ? [pager.ticketTopic] : [])];
    for (const topic of topics) if (topic !== undefined) notify(alarm, topic, spec.repeats);
    return alarm;
  }

  private createIncidents(
    specs: readonly AlarmSpec[],
    { deployment, pager, dashboardUrl }: EventAlarmsProps,
  ): Readonly<Record<IncidentName, CompositeAlarm>> {
    const create = (name: IncidentName): CompositeAlarm => {
      const { says, urgency } = INCIDENTS[name];
      const parts = specs.filter(({ incident }) => incident === name);
      const rules = parts.flatMap(({ id }) => {
        const alarm = this.alarms[id];
        return alarm === undefined ? [] : [AlarmRule.fromAlarm(alarm, AlarmState.ALARM)];
      });
      const incident = new CompositeAlarm(this, `Incident${name}`, {
        compositeAlarmName: `${deployment}-${name}`,
        alarmDescription: describe(`Incident: ${says}`, `incident-${name.toLowerCase()}`, dashboardUrl),
        alarmRule: AlarmRule.anyOf(...rules),
      });
      notify(incident, pager.topicFor(urgency));
      return incident;
    };
    return {
      NotKeepingUp: create('NotKeepingUp'),
      DataLossDanger: create('DataLossDanger'),
      RecordsLost: create('RecordsLost'),
      SetAside: create('SetAside'),
    };
  }
}

/** A message when it begins and, unless it begins again and again, one when it is over. */
function notify(alarm: AlarmBase, topic: ITopic, repeats = false): void {
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  if (!repeats) alarm.addOkAction(action);
}

function describe(says: string, section: string, dashboardUrl: string): string {
  return `${says}. What to do: ${RUNBOOK}#${section}. Dashboard: ${dashboardUrl}`;
}
