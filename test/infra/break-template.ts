import { expect } from 'vitest';
import type { Resource } from './synthesized.ts';

/** A template, as far as it is broken here. */
export type Template = Readonly<{ Resources: Record<string, Resource> }>;
export type Properties = Record<string, unknown>;

/** The one resource whose logical id is this, without the hash at its end. */
export function find({ Resources }: Template, id: string): readonly [logicalId: string, resource: Resource] {
  const found = Object.entries(Resources).filter(([logicalId]) => new RegExp(`^${id}[0-9A-F]{8}$`).test(logicalId));
  expect(found.map(([logicalId]) => logicalId)).toHaveLength(1);
  return found[0]!;
}

export const ALARMS = 'MonitoringAlarms';
export const PAGES = 'PagingPages';

/** Changes the properties of one resource. */
export function change(id: string, apply: (properties: Properties) => void): (template: Template) => void {
  return (template) => {
    apply(find(template, id)[1].Properties);
  };
}

export function alarm(id: string, properties: Properties): (template: Template) => void {
  return change(`${ALARMS}${id}`, (own) => Object.assign(own, properties));
}

export function without(id: string, ...names: readonly string[]): (template: Template) => void {
  return change(id, (own) => {
    for (const name of names) Reflect.deleteProperty(own, name);
  });
}

export function remove(template: Template, pattern: RegExp): void {
  const ids = Object.keys(template.Resources).filter((id) => pattern.test(id));
  expect(ids.length).toBeGreaterThan(0);
  for (const id of ids) Reflect.deleteProperty(template.Resources, id);
}

/** The metrics of a formula, by id. */
export function metric(
  id: string,
  name: string,
  apply: (stat: Properties & { Metric: Properties }) => void,
): (template: Template) => void {
  return change(`${ALARMS}${id}`, ({ Metrics }) => {
    const query = (Metrics as { Id: string; MetricStat: Properties & { Metric: Properties } }[]).find(
      ({ Id }) => Id === name,
    );
    apply(query!.MetricStat);
  });
}

export function variable(id: string, name: string, value: unknown): (template: Template) => void {
  return change(id, ({ Environment }) => {
    (Environment as { Variables: Properties }).Variables[name] = value;
  });
}

export const WATCHDOG = 'WatchingWatchdogFunction';

/** Takes a part out of the rule of an incident. */
export function withoutPart(incident: string, part: string): (template: Template) => void {
  return (template) => {
    const [logicalId] = find(template, `${ALARMS}${part}`);
    const { Properties: own } = find(template, `${ALARMS}${incident}`)[1] as { Properties: Properties };
    own['AlarmRule'] = ruleWithout(own['AlarmRule'], logicalId);
  };
}

/** Rules are joins of texts and ARNs; what is left stands between ORs. */
function ruleWithout(rule: unknown, logicalId: string): unknown {
  const [, parts] = (rule as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
  const arns = parts.filter((part) => typeof part === 'object' && !JSON.stringify(part).includes(logicalId));
  return {
    'Fn::Join': ['', arns.flatMap((arn, index) => [index === 0 ? 'ALARM("' : '") OR ALARM("', arn]).concat('")')],
  };
}

export function statements(template: Template, id: string, member: string): Properties[] {
  const { Properties: own } = find(template, id)[1] as { Properties: Properties };
  return (own[member] as { Statement: Properties[] }).Statement;
}

export function withoutCloudWatch(list: Properties[]): void {
  const index = list.findIndex(({ Principal }) => JSON.stringify(Principal).includes('cloudwatch.amazonaws.com'));
  expect(index).toBeGreaterThanOrEqual(0);
  list.splice(index, 1);
}
