import {
  ALARMS,
  PAGES,
  WATCHDOG,
  alarm,
  change,
  find,
  metric,
  remove,
  statements,
  variable,
  without,
  withoutCloudWatch,
  withoutPart,
  type Template,
  type Properties,
} from './break-template.ts';

/** A way to break a template, and how it must be noticed. */
export interface Mutation {
  readonly what: string;
  readonly apply: (template: Template) => void;
  readonly scenarios: readonly string[];
  /** What one of the sentences must say. */
  readonly says: RegExp;
}

const STOPPED = ['stopped-ten-minutes'] as const;

/** Of a stack with one shard, and an address for each kind of message. */
export const MUTATIONS: readonly Mutation[] = [
  {
    what: 'a threshold ten times as high',
    apply: alarm('Behind', { Threshold: 3000 }),
    scenarios: STOPPED,
    says: /^Behind must fire by minute/,
  },
  {
    what: 'a threshold that a healthy lag is above',
    apply: alarm('Behind', { Threshold: 200 }),
    scenarios: ['within-limits'],
    says: /^Behind must stay quiet/,
  },
  {
    what: 'one minute too many',
    apply: alarm('Behind', { DatapointsToAlarm: 5 }),
    scenarios: ['stopped-ten-minutes'],
    says: /^Behind must fire by minute/,
  },
  {
    what: 'one minute for three',
    apply: alarm('Behind', { DatapointsToAlarm: 1 }),
    scenarios: ['late-for-a-moment'],
    says: /^Behind must stay quiet/,
  },
  {
    what: 'silence taken for bad',
    apply: alarm('Behind', { TreatMissingData: 'breaching' }),
    scenarios: ['watchdog-dead'],
    says: /^Behind must stay quiet/,
  },
  {
    what: 'silence taken for good',
    apply: alarm('Behind', { TreatMissingData: 'notBreaching' }),
    scenarios: ['watchdog-dies-later'],
    says: /^Behind must stay on until/,
  },
  {
    what: 'silence taken for nothing',
    apply: alarm('Quarantine', { TreatMissingData: 'missing' }),
    scenarios: ['retention-runs-out'],
    says: /^Quarantine must/,
  },
  {
    what: 'another comparison',
    apply: alarm('WatchdogSilent', { ComparisonOperator: 'GreaterThanThreshold' }),
    scenarios: ['within-limits'],
    says: /^WatchdogSilent must/,
  },
  {
    what: 'the wrong metric',
    apply: alarm('DataLossDanger', { MetricName: 'TimeToLoss' }),
    scenarios: ['retention-runs-out'],
    says: /^DataLossDanger must fire/,
  },
  {
    what: 'the wrong namespace',
    apply: alarm('Duration', { Namespace: 'AWS/Lamda' }),
    scenarios: ['near-timeout'],
    says: /^Duration must fire/,
  },
  {
    what: 'the wrong dimension',
    apply: alarm('IteratorAge', { Dimensions: [{ Name: 'FunctionName', Value: 'another' }] }),
    scenarios: ['slow-consumer'],
    says: /^IteratorAge must fire/,
  },
  {
    what: 'no dimension',
    apply: without(`${ALARMS}Throttles`, 'Dimensions'),
    scenarios: ['throttled-to-zero'],
    says: /^Throttles must fire/,
  },
  {
    what: 'the wrong statistic',
    apply: alarm('IteratorAge', { Statistic: 'SampleCount' }),
    scenarios: ['slow-consumer'],
    says: /^IteratorAge must fire/,
  },
  {
    what: 'a sum of a gauge',
    apply: alarm('Behind', { Statistic: 'Sum' }),
    scenarios: ['within-limits'],
    says: /^Behind must stay quiet/,
  },
  {
    what: 'a period five times as long',
    apply: alarm('PositionHeld', { Period: 300 }),
    scenarios: ['missing-grant'],
    says: /^PositionHeld must fire by minute/,
  },
  {
    what: '5 of 5 over FILL',
    apply: alarm('MappingNotPolling', { EvaluationPeriods: 7, DatapointsToAlarm: 7 }),
    scenarios: STOPPED,
    says: /^MappingNotPolling must fire by minute/,
  },
  {
    what: 'a consumer that must be stopped in every minute',
    apply: alarm('ConsumerStopped', { EvaluationPeriods: 5, DatapointsToAlarm: 5 }),
    scenarios: ['throttled-to-zero'],
    says: /^ConsumerStopped must fire/,
  },
  {
    what: 'a metric of a formula with another dimension',
    apply: metric(
      'ConsumerStopped',
      'incoming',
      ({ Metric }) => (Metric['Dimensions'] = [{ Name: 'StreamName', Value: 'another' }]),
    ),
    scenarios: ['throttled-to-zero'],
    says: /^ConsumerStopped must fire/,
  },
  {
    what: 'a metric of a formula in another namespace',
    apply: metric('WatchdogBlind', 'checks', ({ Metric }) => (Metric['Namespace'] = 'Other')),
    scenarios: ['database-down'],
    says: /^WatchdogBlind must fire/,
  },
  {
    what: 'an alarm without actions',
    apply: alarm('Dropped', { ActionsEnabled: false }),
    scenarios: ['given-up-and-lost'],
    says: /^Dropped must notify the notice topic when it fires/,
  },
  {
    what: 'an incident without actions',
    apply: alarm('IncidentNotKeepingUp', { ActionsEnabled: false }),
    scenarios: STOPPED,
    says: /^IncidentNotKeepingUp must notify the page topic when it fires/,
  },
  {
    what: 'an incident that tells nobody',
    apply: without(`${ALARMS}IncidentRecordsLost`, 'AlarmActions'),
    scenarios: ['given-up-and-lost'],
    says: /^IncidentRecordsLost must notify the page topic when it fires/,
  },
  {
    what: 'an incident that goes to the notices',
    apply: (template) => {
      alarm('IncidentNotKeepingUp', { AlarmActions: [{ Ref: find(template, 'PagingNotices')[0] }] })(template);
    },
    scenarios: STOPPED,
    says: /^IncidentNotKeepingUp must notify the page topic/,
  },
  {
    what: 'an alarm that pages by itself',
    apply: (template) => {
      change(`${ALARMS}Throttles`, ({ AlarmActions }) =>
        (AlarmActions as unknown[]).push({ Ref: find(template, PAGES)[0] }),
      )(template);
    },
    scenarios: ['throttled-to-zero'],
    says: /^Throttles must notify the notice topic only, but notifies the page topic/,
  },
  {
    what: 'a page that is never over',
    apply: without(`${ALARMS}IncidentDataLossDanger`, 'OKActions'),
    scenarios: ['update'],
    says: /^IncidentDataLossDanger must notify the page topic when it is over/,
  },
  {
    what: 'an alarm that is missing from its incident',
    apply: withoutPart('IncidentNotKeepingUp', 'MappingNotPolling'),
    scenarios: STOPPED,
    says: /^IncidentNotKeepingUp must be on while MappingNotPolling is/,
  },
  {
    what: 'another rule',
    apply: (template) => {
      change(`${ALARMS}IncidentSetAside`, (own) => (own['AlarmRule'] = 'FALSE'))(template);
    },
    scenarios: ['poison-trickle'],
    says: /^IncidentSetAside must fire/,
  },
  {
    what: 'a rule that is always true',
    apply: (template) => {
      change(`${ALARMS}IncidentSetAside`, (own) => (own['AlarmRule'] = 'TRUE'))(template);
    },
    scenarios: ['update'],
    says: /^IncidentSetAside must stay quiet/,
  },
  {
    what: 'an alarm that is gone',
    apply: (template) => {
      remove(template, /^MonitoringAlarmsPagingFailed/);
    },
    scenarios: ['update'],
    says: /^the template must have the alarm PagingFailed/,
  },
  {
    what: 'an incident that is gone',
    apply: (template) => {
      remove(template, /^MonitoringAlarmsIncidentDataLossDanger/);
    },
    scenarios: ['update'],
    says: /^the template must have the alarm IncidentDataLossDanger/,
  },
  {
    what: 'a topic without its subscription',
    apply: (template) => {
      remove(template, /^PagingPageEmail/);
    },
    scenarios: STOPPED,
    says: /the page topic PagingPages\w+ must have 1 subscription/,
  },
  {
    what: 'a subscription with a filter',
    apply: (template) => {
      const id = Object.keys(template.Resources).find((key) => key.startsWith('PagingPageEmail'))!;
      Object.assign(template.Resources[id]!.Properties, { FilterPolicy: { kind: ['page'] } });
    },
    scenarios: STOPPED,
    says: /page topic.*every subscription has a filter policy/,
  },
  {
    what: 'a policy that keeps CloudWatch out',
    apply: (template) => {
      withoutCloudWatch(statements(template, 'PagingPagesPolicy', 'PolicyDocument'));
    },
    scenarios: STOPPED,
    says: /^IncidentNotKeepingUp must reach somebody through the page topic.*policy of the topic/,
  },
  {
    what: 'a key that keeps CloudWatch out',
    apply: (template) => {
      withoutCloudWatch(statements(template, 'EncryptionKey', 'KeyPolicy'));
    },
    scenarios: STOPPED,
    says: /must reach somebody.*policy of the topic's key/,
  },
  {
    what: 'the key of AWS',
    apply: change(PAGES, (own) => (own['KmsMasterKeyId'] = 'alias/aws/sns')),
    scenarios: STOPPED,
    says: /page topic.*key of AWS/,
  },
  {
    what: 'a mapping that publishes nothing',
    apply: without('PollingMapping', 'MetricsConfig'),
    scenarios: ['update'],
    says: /^MappingNotPolling must stay quiet/,
  },
  {
    what: 'a mapping that is switched off',
    apply: change('PollingMapping', (own) => (own['Enabled'] = false)),
    scenarios: ['update'],
    says: /^MappingDisabled must stay quiet/,
  },
  {
    what: 'a mapping that gives up too soon',
    apply: change('PollingMapping', (own) => (own['MaximumRecordAgeInSeconds'] = 120)),
    scenarios: ['slow-consumer'],
    says: /^IteratorAge must fire/,
  },
  {
    what: 'a batch of one',
    apply: change('PollingMapping', (own) => Object.assign(own, { BatchSize: 1 })),
    scenarios: ['update'],
    says: /^Behind must stay quiet/,
  },
  {
    what: 'a shorter retention',
    apply: change('EventsStream', (own) => (own['RetentionPeriodHours'] = 24)),
    scenarios: ['retention-runs-out'],
    says: /DataLossDanger must/,
  },
  {
    what: 'a rule that is disabled',
    apply: change('WatchingEveryMinute', (own) => (own['State'] = 'DISABLED')),
    scenarios: ['first-deployment'],
    says: /waits for the watchdog, which never runs: the rule WatchingEveryMinute\w+ is disabled/,
  },
  {
    what: 'a rule that is too slow',
    apply: change('WatchingEveryMinute', (own) => (own['ScheduleExpression'] = 'rate(10 minutes)')),
    scenarios: ['update'],
    says: /^WatchdogSilent must stay quiet/,
  },
  {
    what: 'a rule that may not start the watchdog',
    apply: (template) => {
      remove(template, /^WatchingEveryMinuteAllow/);
    },
    scenarios: ['update'],
    says: /^WatchdogSilent must stay quiet/,
  },
  {
    what: 'a watchdog in another namespace',
    apply: variable(WATCHDOG, 'METRICS_NAMESPACE', 'Elsewhere'),
    scenarios: ['update'],
    says: /^WatchdogSilent must stay quiet/,
  },
  {
    what: 'a watchdog of another deployment',
    apply: variable(WATCHDOG, 'DEPLOYMENT', 'another'),
    scenarios: ['update'],
    says: /^WatchdogSilent must stay quiet/,
  },
  {
    what: 'a watchdog of another mapping',
    apply: variable(WATCHDOG, 'MAPPING_ID', 'another'),
    scenarios: ['update'],
    says: /^WatchdogBlind must stay quiet/,
  },
  {
    what: 'a watchdog that signals nobody',
    apply: variable(WATCHDOG, 'RUNS_SIGNAL_URL', ''),
    scenarios: ['first-deployment'],
    says: /waits for a signal that the watchdog sends elsewhere/,
  },
  {
    what: 'a watchdog that may not read the stream',
    apply: change('WatchingWatchdogRole', (own) => {
      const [policy] = own['Policies'] as [{ PolicyDocument: { Statement: Properties[] } }];
      for (const statement of policy.PolicyDocument.Statement)
        statement['Action'] = [statement['Action']].flat().filter((action) => action !== 'kinesis:GetRecords');
    }),
    scenarios: ['update'],
    says: /^WatchdogBlind must stay quiet/,
  },
  {
    what: 'a watchdog that may not have entries tried that wait',
    apply: change('WatchingWatchdogRole', (own) => {
      const [policy] = own['Policies'] as [{ PolicyDocument: { Statement: Properties[] } }];
      const { PolicyDocument: document } = policy;
      document.Statement = document.Statement.filter(({ Action }) => Action !== 'lambda:InvokeFunction');
    }),
    scenarios: ['waits-and-heals'],
    says: /^Quarantine must stay quiet/,
  },
  {
    what: 'a processor in another namespace',
    apply: variable('ProcessingProcessorFunction', 'METRICS_NAMESPACE', 'Elsewhere'),
    scenarios: ['bad-deploy'],
    says: /^FuseBlown must fire/,
  },
  {
    what: 'alarms that do not wait for the watchdog',
    apply: (template) => {
      for (const [id, resource] of Object.entries(template.Resources))
        if (id.startsWith(ALARMS)) Reflect.deleteProperty(resource, 'DependsOn');
    },
    scenarios: ['first-deployment'],
    says: /^(WatchdogSilent|MappingNotPolling|IncidentNotKeepingUp) must stay quiet/,
  },
  {
    what: 'subscribers that are there before the alarms',
    apply: (template) => {
      for (const [id, resource] of Object.entries(template.Resources))
        if (id.startsWith('PagingPageEmail')) Reflect.deleteProperty(resource, 'DependsOn');
    },
    scenarios: ['first-deployment'],
    says: /^the first deployment must page nobody: PagingPageEmail/,
  },
];
