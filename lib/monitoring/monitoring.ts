import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Pager } from '../constructs/pager.ts';
import { EventAlarms } from './event-alarms.ts';
import { EventDashboard } from './event-dashboard.ts';
import { EventMetrics, type MetricSources } from './event-metrics.ts';
import type { LoggingFunction } from './log-queries.ts';
import type { MonitoredLimits } from './monitored-limits.ts';

/** What is monitored, and who is told. */
export interface MonitoringProps {
  readonly sources: MetricSources;
  readonly limits: MonitoredLimits;
  readonly logGroups: Readonly<Record<LoggingFunction, ILogGroup>>;
  readonly pager: Pager;
}

/** Alarms, and the dashboard that they point to. */
export class Monitoring extends Construct {
  readonly dashboard: EventDashboard;
  readonly alarms: EventAlarms;

  constructor(scope: Construct, id: string, { sources, limits, logGroups, pager }: MonitoringProps) {
    super(scope, id);
    const metrics = new EventMetrics(sources);
    const { deployment } = sources;
    this.dashboard = new EventDashboard(this, 'Dashboard', { deployment, limits, metrics, logGroups });
    this.alarms = new EventAlarms(this, 'Alarms', {
      deployment,
      limits,
      metrics,
      pager,
      dashboardUrl: this.dashboard.url,
    });
    this.dashboard.showAlarms([...Object.values(this.alarms.incidents), ...Object.values(this.alarms.alarms)]);
  }
}
