import { Construct } from 'constructs';
import type { EventDatabase } from '../constructs/event-database.ts';
import type { EventStream } from '../constructs/event-stream.ts';
import type { Pager } from '../constructs/pager.ts';
import type { ProcessorFunction } from '../constructs/processor-function.ts';
import type { StreamMapping } from '../constructs/stream-mapping.ts';
import type { ResolvedProps } from '../props/resolve-props.ts';
import { EventAlarms } from './event-alarms.ts';
import { EventDashboard } from './event-dashboard.ts';
import { EventMetrics } from './event-metrics.ts';

/** What is monitored, and who is told. */
export interface MonitoringProps {
  readonly settings: ResolvedProps;
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly processor: ProcessorFunction;
  readonly mapping: StreamMapping;
  readonly pager: Pager;
}

/** Alarms, and the dashboard that they point to. */
export class Monitoring extends Construct {
  readonly dashboard: EventDashboard;
  readonly alarms: EventAlarms;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { settings, pager, processor } = props;
    const metrics = new EventMetrics({
      namespace: settings.metricsNamespace,
      functionName: settings.functionName,
      lambdaName: processor.function.functionName,
      mappingId: props.mapping.mappingId,
      streamName: props.stream.streamName,
      clusterIdentifier: props.database.clusterIdentifier,
    });
    const { logGroup } = processor.service;
    this.dashboard = new EventDashboard(this, 'Dashboard', { settings, metrics, logGroup });
    this.alarms = new EventAlarms(this, 'Alarms', { settings, metrics, pager, dashboardUrl: this.dashboard.url });
    this.dashboard.showAlarms([...Object.values(this.alarms.incidents), ...Object.values(this.alarms.alarms)]);
  }
}
