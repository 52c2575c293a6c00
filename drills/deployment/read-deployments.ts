import { ProblemsError } from '../../contract/problems-error.ts';
import { RECORD_KEY, type PromiseRecord } from '../../contract/template-record.ts';
import { watchedAlarms } from '../../local/cloudwatch/alarms/composite-order.ts';
import type { Alarm } from '../../local/cloudwatch/alarms/alarm.ts';
import type { CloudFormationTemplate, StackPlace } from '../../local/cloudwatch/template/cloudformation-template.ts';
import { readTemplate, type MonitoredTemplate } from '../../local/cloudwatch/template/read-template.ts';
import type { Deployment } from './deployment.ts';
import { expectedAlarms, readAlarmId, routesOf, tellsEnd, type DrilledAlarm } from './drilled-alarms.ts';
import { drillTopic, type DrilledTopic } from './drilled-topics.ts';
import { findProcessor, readMapping, readProcessor, readStream, type Entry, type Json } from './read-consumer.ts';
import { findWatchdog, readWatchdog } from './read-watchdog.ts';

/** What of a template can be drilled. */
export interface DrilledTemplate {
  readonly deployments: readonly Deployment[];
  /** Logical ids of alarms that are not ours, and are not judged. */
  readonly otherAlarms: readonly string[];
}

/** A template that has nothing to drill in it. */
export class DrillError extends ProblemsError {
  /** Lists the problems, one sentence each. */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'DrillError', heading: 'the template cannot be drilled' });
  }
}

/**
 * Reads every processor of a template, with all that decides what its alarms see and who hears of them.
 *
 * @param json a template as it was synthesized, parsed
 * @param place where the stack is thought to be
 * @throws DrillError when there is no processor of ours in it, and `TemplateError` when its alarms cannot be read
 */
export function readDeployments(json: unknown, place?: StackPlace): DrilledTemplate {
  if (!isTemplate(json)) throw new DrillError(['expected a CloudFormation template, an object with `Resources`']);
  const template = readTemplate(json, place);
  const { resources } = template;
  const mappings = resources.ofType('AWS::Lambda::EventSourceMapping').filter(([, properties]) => isStream(properties));
  const alarmIds = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    resources.ofType(type).map(([id]) => id),
  );
  const ours = alarmIds.filter((id) => readAlarmId(id) !== undefined);
  const problems = [
    ...(mappings.length === 0 ? ['expected an event source mapping that reads a Kinesis stream, got none'] : []),
    ...(ours.length === 0 ? ['expected alarms that this project makes, got none'] : []),
  ];
  if (problems.length > 0) throw new DrillError(problems);
  const deployments = mappings.flatMap((mapping) => readDeployment(template, mapping) ?? []);
  if (deployments.length === 0)
    throw new DrillError(['expected a watchdog function beside the event source mapping, got none']);
  return { deployments, otherAlarms: alarmIds.filter((id) => !ours.includes(id)) };
}

function isTemplate(json: unknown): boolean {
  const resources = (json as { readonly Resources?: unknown } | null | undefined)?.Resources;
  return typeof resources === 'object' && resources !== null && !Array.isArray(resources);
}

/** Of a queue or another source, nothing here knows anything. */
function isStream({ EventSourceArn: source, StartingPosition: start }: Json): boolean {
  return start !== undefined || String(source).includes(':kinesis:');
}

interface OneOfSeveral {
  readonly mapping: Entry;
  /** What the logical ids of everything of one processor begin with; empty for the only one of a stack. */
  readonly prefix: string;
}

function readDeployment(monitored: MonitoredTemplate, mapping: Entry): Deployment | undefined {
  const { resources: template } = monitored;
  const [, prefix = ''] = /^(\w*?)PollingMapping[0-9A-F]{8}$/.exec(mapping[0]) ?? [];
  const one = { mapping, prefix };
  const promises = readPromises(template, one);
  const watchdogEntry = findWatchdog(template, one);
  const processorEntry = findProcessor(template, mapping);
  if (watchdogEntry === undefined || processorEntry === undefined) return undefined;
  const stream = readStream(template, mapping, promises);
  const watchdog = readWatchdog(template, watchdogEntry, { stream });
  const told = drillTopics(monitored, promises);
  const alarms = readAlarms(monitored, { prefix, waitsFor: waitConditions(template, prefix) });
  const consumer = readMapping(template, mapping);
  const pageTopic = template.ofType('AWS::SNS::Topic').find(([id]) => template.arnOf(id) === promises.pageTopic);
  const facts = { promises, hasDestination: consumer.hasDestination, ownsPageTopic: pageTopic !== undefined };
  return {
    name: watchdog.environment.deployment,
    accountId: template.place.accountId,
    stream,
    mapping: consumer,
    processor: readProcessor(template, processorEntry, { mapping, stream }),
    watchdog,
    clusterId: watchdog.environment.clusterArn.split(':').at(-1) ?? '',
    pageTopicName: pageTopic === undefined ? undefined : template.physicalName(pageTopic[0]),
    promises,
    alarms,
    evaluated: withWatched(alarms, monitored.alarms),
    topics: [...told.map(({ topic }) => topic), ...othersThan(told, monitored)],
    firstDeploymentFaults: firstDeploymentFaults(template, { prefix, watchdog, promises }),
    faults: [
      ...told.flatMap(({ faults }) => faults),
      ...missingAlarms(expectedAlarms(facts), alarms),
      ...routeFaults(alarms, promises),
    ],
    notes: told.flatMap(({ notes }) => notes),
  };
}

/** What a template says that was made before settings were recorded: the defaults. */
const UNRECORDED = {
  countsSubscribers: false,
  mappingEnabled: true,
  streamRetentionHours: 168,
  shardCount: 4,
  pageWhenBehindSeconds: 300,
  pageWhenRetentionUsedPercent: 50,
  pageWhenStoppedMinutes: 5,
  pageWhenQuarantined: 0,
  noticeWhenDurationPercent: 80,
  noticeWhenCapacityPercent: 90,
  noticeWhenCacheHitPercentBelow: 50,
} as const satisfies Partial<PromiseRecord>;

function readPromises(template: CloudFormationTemplate, { mapping, prefix }: OneOfSeveral): PromiseRecord {
  const record = template.metadataOf(mapping[0])[RECORD_KEY] as PromiseRecord | undefined;
  if (record !== undefined) return record;
  const topicArn = (name: string): string => {
    const found = template.ofType('AWS::SNS::Topic').find(([id]) => id.startsWith(`${prefix}Paging${name}`));
    return found === undefined ? `arn:aws:sns:unknown:${name}` : template.arnOf(found[0]);
  };
  const pageTopic = topicArn('Pages');
  return { ...UNRECORDED, pageTopic, ticketTopic: pageTopic, noticeTopic: topicArn('Notices') };
}

function drillTopics({ resources, topics }: MonitoredTemplate, promises: PromiseRecord): readonly DrilledTopic[] {
  const { pageTopic, ticketTopic, noticeTopic } = promises;
  return [
    drillTopic(resources, topics, { arn: pageTopic, what: 'page' }),
    ...(ticketTopic === pageTopic ? [] : [drillTopic(resources, topics, { arn: ticketTopic, what: 'ticket' })]),
    drillTopic(resources, topics, { arn: noticeTopic, what: 'notice' }),
  ];
}

function othersThan(told: readonly DrilledTopic[], { topics }: MonitoredTemplate): Deployment['topics'] {
  return topics.filter(({ arn }) => !told.some(({ topic }) => topic.arn === arn));
}

function readAlarms(
  { resources: template, alarms }: MonitoredTemplate,
  { prefix, waitsFor }: { readonly prefix: string; readonly waitsFor: readonly string[] },
): readonly DrilledAlarm[] {
  const ids = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    template.ofType(type).map(([logicalId]) => logicalId),
  );
  return ids.flatMap((logicalId) => {
    const read = readAlarmId(logicalId);
    const alarm = alarms.find(({ arn }) => arn === template.arnOf(logicalId));
    if (read?.prefix !== prefix || alarm === undefined) return [];
    const bornEarly = !waitsFor.some((condition) => template.waitsFor(logicalId, condition));
    return [{ id: read.id, alarm, bornEarly }];
  });
}

/** Ours, and whatever else they look at. */
function withWatched(ours: readonly DrilledAlarm[], all: readonly Alarm[]): readonly Alarm[] {
  const evaluated = new Set<Alarm>();
  const open: Alarm[] = ours.map(({ alarm }) => alarm);
  for (let alarm = open.pop(); alarm !== undefined; alarm = open.pop()) {
    if (evaluated.has(alarm)) continue;
    evaluated.add(alarm);
    if (alarm.kind === 'metric') continue;
    const watched = watchedAlarms(alarm);
    open.push(...all.filter(({ name, arn }) => watched.includes(name) || watched.includes(arn)));
  }
  return [...evaluated];
}

/** An alarm that is not there cannot be missed by looking at those that are. */
function missingAlarms(expected: readonly string[], found: readonly DrilledAlarm[]): readonly string[] {
  return expected
    .filter((id) => !found.some((alarm) => alarm.id === id))
    .map((id) => `the template must have the alarm ${id}, got none`);
}

/** Also of an alarm that no scenario sees the end of, the end must be told. */
function routeFaults(alarms: readonly DrilledAlarm[], promises: PromiseRecord): readonly string[] {
  return alarms.flatMap(({ id, alarm: { actions, actionsEnabled } }) =>
    routesOf(id, promises).flatMap(({ topic, name }) => [
      ...(actions.ALARM.includes(topic) && actionsEnabled
        ? []
        : [`${id} must notify the ${name} when it fires, but has no action for that`]),
      ...(!tellsEnd(id) || (actions.OK.includes(topic) && actionsEnabled)
        ? []
        : [`${id} must notify the ${name} when it is over, but has no action for that`]),
    ]),
  );
}

function waitConditions(template: CloudFormationTemplate, prefix: string): readonly string[] {
  return template
    .ofType('AWS::CloudFormation::WaitCondition')
    .map(([id]) => id)
    .filter((id) => id.startsWith(`${prefix}Watching`));
}

interface FirstDeployment {
  readonly prefix: string;
  readonly watchdog: Deployment['watchdog'];
  readonly promises: PromiseRecord;
}

/** What would go wrong in a first deployment before any alarm is there. */
function firstDeploymentFaults(template: CloudFormationTemplate, first: FirstDeployment): readonly string[] {
  return [...waitFaults(template, first), ...birthFaults(template, first)];
}

/** The stack waits for the watchdog to have run. */
function waitFaults(template: CloudFormationTemplate, { prefix, watchdog }: FirstDeployment): readonly string[] {
  const ids = waitConditions(template, prefix);
  if (ids.length === 0) return [];
  const { neverRuns, environment } = watchdog;
  if (neverRuns !== undefined) return [`the first deployment waits for the watchdog, which never runs: ${neverRuns}`];
  const isSignalled = template
    .ofType('AWS::CloudFormation::WaitCondition')
    .filter(([id]) => ids.includes(id))
    .every(([, { Handle: handle }]) => handle === environment.runsSignalUrl);
  if (isSignalled) return [];
  return [
    'the first deployment waits for a signal that the watchdog sends elsewhere: `RUNS_SIGNAL_URL` must be the handle that the stack waits for',
  ];
}

/** A new alarm says that it is over, whatever it is about: those who are subscribed by then hear of it. */
function birthFaults(template: CloudFormationTemplate, { prefix, promises }: FirstDeployment): readonly string[] {
  const incidents = template
    .ofType('AWS::CloudWatch::CompositeAlarm')
    .map(([id]) => id)
    .filter((id) => readAlarmId(id)?.prefix === prefix);
  return template
    .ofType('AWS::SNS::Subscription')
    .filter(
      ([id, { TopicArn: topic }]) =>
        topic === promises.pageTopic && !incidents.every((incident) => template.waitsFor(id, incident)),
    )
    .map(
      ([id]) =>
        `the first deployment must page nobody: ${id} must be made after the incidents, whose first message says that they are over`,
    );
}
