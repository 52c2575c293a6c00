import { Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Pager } from '../../../lib/constructs/pager.ts';
import { Rollout, type RolledOut } from '../../../lib/constructs/rollout.ts';
import { EventAlarms } from '../../../lib/monitoring/event-alarms.ts';
import { EventMetrics } from '../../../lib/monitoring/event-metrics.ts';
import type { MonitoredLimits } from '../../../lib/monitoring/monitored-limits.ts';
import { checkOptions } from '../../../lib/props/resolve-options.ts';
import { optionsOf } from '../../../lib/settings/check-settings.ts';
import type { StageSettings } from '../../../lib/settings/stage-settings.ts';
import type { Alarm } from '../../../local/cloudwatch/alarms/alarm.ts';
import { readTemplate } from '../../../local/cloudwatch/template/read-template.ts';

/** The alarms of a stack as CloudFormation gets them, without the rest of the stack. */
export interface StackAlarms {
  /** What the settings come to, with the defaults filled in. */
  readonly limits: MonitoredLimits;
  /** Why these settings are refused; the alarms are made all the same. */
  readonly problems: readonly string[];
  /** By the id of its construct, such as `Behind` or `IncidentSetAside`. */
  readonly alarms: ReadonlyMap<string, Alarm>;
}

/**
 * Makes the alarms of a stack with these settings, with the constructs that a deployment uses. It takes milliseconds, a
 * synthesis of the whole stack seconds.
 */
export function alarmsOf(settings: Partial<StageSettings>): StackAlarms {
  const surroundings = { isTemporary: true, hasPageTopic: false, hasCluster: false, now: new Date() };
  const { options, problems } = checkOptions(optionsOf({ ...PAGED, ...settings }), surroundings);
  const { monitoringOptions, streamOptions, mappingOptions, functionOptions, databaseOptions, pagerOptions } = options;
  const limits = { ...monitoringOptions, ...streamOptions, ...mappingOptions, ...functionOptions, ...databaseOptions };
  const stack = new Stack();
  const encryptionKey = new Key(stack, 'Key');
  const pager = new Pager(stack, 'Paging', {
    ...pagerOptions,
    pageTopic: undefined,
    ticketTopic: undefined,
    noticeTopic: undefined,
    encryptionKey,
  });
  const metrics = new EventMetrics({ ...SOURCES, consumerName: limits.enhancedFanOut ? 'consumer' : undefined });
  new EventAlarms(stack, 'Alarms', { deployment: 'orders-test', limits, metrics, pager, dashboardUrl: '' });
  const { noticeTopic } = pager;
  new Rollout(stack, 'Rollout', { ...limits, rollout: 'all-at-once', processor: processorIn(stack), noticeTopic });
  return { limits, problems, alarms: readAlarms(stack) };
}

const PAGED = { functionName: 'orders', pageEmails: ['a@example.com'] } as const;

const SOURCES = {
  namespace: 'KinesisToAurora',
  deployment: 'orders-test',
  lambdaName: 'processor',
  mappingId: 'mapping',
  streamName: 'stream',
  clusterIdentifier: 'cluster',
} as const;

/** As much of it as an alarm is made of. */
function processorIn(stack: Stack): RolledOut {
  const processor = new LambdaFunction(stack, 'Processor', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = () => {}'),
  });
  return { function: processor, alias: processor.addAlias('live') };
}

/** A template is written by a synthesis, which also writes files; this is what it would hold. */
function readAlarms(stack: Stack): ReadonlyMap<string, Alarm> {
  const unresolved = (stack as unknown as { readonly _toCloudFormation: () => object })._toCloudFormation();
  const { alarms } = readTemplate(stack.resolve(unresolved));
  return new Map(alarms.map((alarm) => [constructIdOf(alarm), alarm]));
}

/** Logical ids end with a hash; composite alarms have names of their own. */
function constructIdOf({ kind, name }: Alarm): string {
  if (kind === 'composite') return `Incident${name.replace(`${SOURCES.deployment}-`, '')}`;
  const id = /(?:Alarms|Rollout)(\w+)[0-9A-F]{8}$/.exec(name)?.[1];
  if (id === undefined) throw new Error(`cannot tell the id of ${name}`);
  return id;
}
