import { RECORD_KEY, type TopicRecord } from '../../contract/template-record.ts';
import type { CloudFormationTemplate } from '../../local/cloudwatch/template/cloudformation-template.ts';
import type { Subscription, Topic } from '../../local/cloudwatch/topics/topic.ts';

/** A topic as it is drilled, and what was assumed or is missing. */
export interface DrilledTopic {
  readonly topic: Topic;
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** Stands in for whoever subscribes outside of the stack. */
const SOMEBODY: Subscription = {
  protocol: 'https',
  endpoint: 'https://subscribed.outside.of.this.stack',
  filtered: false,
};

/**
 * A topic that alarms send to. Where the stack subscribes nobody, somebody is assumed to be; where it says that it
 * does, all of them have to be there.
 *
 * @param arn what the alarms are to act on
 * @param what names it for people, such as `page`
 */
export function drillTopic(
  template: CloudFormationTemplate,
  topics: readonly Topic[],
  { arn, what }: { readonly arn: string; readonly what: string },
): DrilledTopic {
  const topic = topics.find((known) => known.arn === arn);
  if (topic === undefined) {
    const note = `the ${what} topic ${arn} is not in the template: assumed to deliver`;
    return {
      topic: { arn, subscriptions: [SOMEBODY], policies: [], key: { kind: 'none' } },
      faults: [],
      notes: [note],
    };
  }
  const [logicalId] = template.ofType('AWS::SNS::Topic').find(([id]) => template.arnOf(id) === arn) ?? [''];
  const record = template.metadataOf(logicalId)[RECORD_KEY] as TopicRecord | undefined;
  const found = topic.subscriptions.length;
  if (record !== undefined && record.subscribers > found) {
    const fault = `the ${what} topic ${logicalId} must have ${people(record.subscribers)}, as the stack was told, got ${String(found)}`;
    return { topic, faults: [fault], notes: [] };
  }
  if (found > 0) return { topic, faults: [], notes: [] };
  const note = `this stack subscribes nobody to the ${what} topic ${logicalId}; subscribe by hand. One subscriber is assumed`;
  return { topic: { ...topic, subscriptions: [SOMEBODY] }, faults: [], notes: [note] };
}

function people(count: number): string {
  return count === 1 ? '1 subscription' : `${String(count)} subscriptions`;
}
