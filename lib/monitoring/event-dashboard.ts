import { Duration, Stack } from 'aws-cdk-lib';
import type { GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import {
  AlarmStatusWidget,
  Dashboard,
  LogQueryWidget,
  TextWidget,
  type AlarmBase,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { graphRows } from './dashboard-graphs.ts';
import type { EventMetrics } from './event-metrics.ts';
import { LOG_QUERIES, type LoggingFunction } from './log-queries.ts';
import type { MonitoredLimits } from './monitored-limits.ts';

/** What the dashboard shows. */
export interface EventDashboardProps {
  /** Distinguishes it from every other dashboard of the account and region. */
  readonly deployment: string;
  readonly limits: MonitoredLimits;
  readonly metrics: EventMetrics;
  readonly logGroups: Readonly<Record<LoggingFunction, ILogGroup>>;
}

/** CloudWatch's grid. */
const COLUMNS = 24;

/**
 * One page for an incident: metrics and log queries share one time window, so that what the logs say and what the
 * graphs show is about the same minutes.
 */
export class EventDashboard extends Construct {
  readonly dashboard: Dashboard;
  readonly url: string;

  constructor(scope: Construct, id: string, props: EventDashboardProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    // Dashboards are global: the same stack in another region has one, too.
    const dashboardName = `${props.deployment}-${region}`;
    this.dashboard = new Dashboard(this, 'Dashboard', { dashboardName, defaultInterval: Duration.hours(3) });
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName}`;
    this.dashboard.addWidgets(new TextWidget({ width: COLUMNS, height: 2, markdown: HEADING }));
    for (const row of graphRows(props.metrics, props.limits)) this.addRow(row);
    this.addLogQueries(props);
  }

  /** Shows the state of alarms; called once they are there, because their descriptions name this dashboard. */
  showAlarms(alarms: readonly AlarmBase[]): void {
    this.dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', width: COLUMNS, height: 4, alarms: [...alarms] }),
    );
  }

  private addRow(graphs: readonly GraphWidget[]): void {
    this.dashboard.addWidgets(...(graphs as readonly IWidget[]));
  }

  private addLogQueries({ logGroups, deployment }: EventDashboardProps): void {
    for (const { title, of, lines } of LOG_QUERIES) {
      const { logGroupName } = logGroups[of];
      this.dashboard.addWidgets(
        new LogQueryWidget({
          title,
          width: COLUMNS,
          height: 6,
          logGroupNames: [logGroupName],
          queryLines: [...lines],
        }),
      );
      new CfnQueryDefinition(this, title.replaceAll(' ', ''), {
        name: `${deployment}/${title}`,
        queryString: lines.join('\n| '),
        logGroupNames: [logGroupName],
      });
    }
  }
}

const HEADING =
  'Graphs and log queries show the time range chosen above. What each alarm means and what to do about it ' +
  'is in **docs/operations.md**.';
