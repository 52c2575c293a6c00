import type * as z from 'zod';
import { ProblemsError } from '../../../contract/problems-error.ts';
import type { Alarm, AlarmBase } from '../alarms/alarm.ts';
import { orderComposites, watchedAlarms } from '../alarms/composite-order.ts';
import type { Topic } from '../topics/topic.ts';
import { COMPOSITE_ALARM_PROPERTIES, METRIC_ALARM_PROPERTIES, type AlarmProperties } from './alarm-properties.ts';
import { ANY_PLACE, CloudFormationTemplate, type StackPlace } from './cloudformation-template.ts';
import { readCompositeAlarm } from './read-composite-alarm.ts';
import { readMetricAlarm, type ReportProblem } from './read-metric-alarm.ts';
import { readTopics } from './read-topics.ts';

/** Types that would change what alarms do, and are not modelled. */
const UNMODELLED_TYPES = [
  'AWS::CloudWatch::AlarmMuteRule',
  'AWS::CloudWatch::AnomalyDetector',
  'AWS::CloudWatch::LogAlarm',
  'AWS::CloudWatch::PromQLAlarm',
];

/** What a template says about alarms. */
export interface MonitoredTemplate {
  readonly alarms: readonly Alarm[];
  readonly topics: readonly Topic[];
  /** Everything else, such as the name of the stream whose metrics an alarm reads. */
  readonly resources: CloudFormationTemplate;
}

/** A template with alarms that cannot be played: everything that stands in the way. */
export class TemplateError extends ProblemsError {
  /** Lists the problems, each with the logical id of its resource. */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'TemplateError', heading: 'the alarms of the template are not usable' });
  }
}

/**
 * Reads the alarms and topics of a CloudFormation template. What is not modelled is refused, not left out: an alarm that
 * is not looked at has not been tried.
 *
 * @param json a template as it was synthesized, parsed
 * @param place where the stack is thought to be
 * @throws {@link TemplateError} with everything that is wrong or not modelled
 */
export function readTemplate(json: unknown, place: StackPlace = ANY_PLACE): MonitoredTemplate {
  const template = new CloudFormationTemplate(json, place);
  const problems: string[] = [];
  const alarms = [
    ...template.ofType('AWS::CloudWatch::Alarm').flatMap(([id, properties]) => {
      const report: ReportProblem = (problem) => problems.push(`${id}: ${problem}`);
      const checked = check(METRIC_ALARM_PROPERTIES, properties, report);
      return checked === undefined ? [] : (readMetricAlarm(alarmBase(template, id, checked), checked, report) ?? []);
    }),
    ...template.ofType('AWS::CloudWatch::CompositeAlarm').flatMap(([id, properties]) => {
      const report: ReportProblem = (problem) => problems.push(`${id}: ${problem}`);
      const checked = check(COMPOSITE_ALARM_PROPERTIES, properties, report);
      return checked === undefined ? [] : (readCompositeAlarm(alarmBase(template, id, checked), checked, report) ?? []);
    }),
  ];
  const topics = readTopics(template);
  problems.push(...unmodelledTypes(template), ...template.problems);
  // An alarm that was refused would be missed by every alarm over it.
  if (problems.length === 0) problems.push(...referenceProblems(alarms));
  if (problems.length > 0) throw new TemplateError(problems);
  return { alarms, topics, resources: template };
}

function check<Schema extends z.ZodType>(
  schema: Schema,
  properties: unknown,
  report: ReportProblem,
): z.output<Schema> | undefined {
  const result = schema.safeParse(properties);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) report(`\`${path.join('.') || 'Properties'}\`: ${message}`);
  return undefined;
}

function alarmBase(template: CloudFormationTemplate, id: string, properties: AlarmProperties): AlarmBase {
  return {
    name: template.physicalName(id),
    arn: template.arnOf(id),
    description: properties.AlarmDescription ?? '',
    actionsEnabled: properties.ActionsEnabled,
    actions: {
      ALARM: properties.AlarmActions,
      OK: properties.OKActions,
      INSUFFICIENT_DATA: properties.InsufficientDataActions,
    },
  };
}

function unmodelledTypes(template: CloudFormationTemplate): readonly string[] {
  const types = template.types();
  return UNMODELLED_TYPES.filter((type) => types.has(type)).map((type) => `\`${type}\` is not modelled`);
}

/** CloudFormation would not create an alarm over one that is not there, and AWS evaluates none that watches itself. */
function referenceProblems(alarms: readonly Alarm[]): readonly string[] {
  const known = new Set(alarms.flatMap(({ name, arn }) => [name, arn]));
  const names = alarms.map(({ name }) => name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const composites = alarms.filter((alarm) => alarm.kind === 'composite');
  return [
    ...repeated.map((name) => `two alarms are called \`${name}\``),
    ...composites.flatMap((alarm) =>
      watchedAlarms(alarm)
        .filter((reference) => !known.has(reference))
        .map((reference) => `${alarm.name}: the template has no alarm \`${reference}\``),
    ),
    ...orderComposites(alarms).inCycle.map((name) => `${name}: the alarm watches itself`),
  ];
}
