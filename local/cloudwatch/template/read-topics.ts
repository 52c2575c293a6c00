import type { PolicyStatement } from '../topics/policy.ts';
import type { Subscription, Topic, TopicKey } from '../topics/topic.ts';
import type { CloudFormationTemplate } from './cloudformation-template.ts';

type Properties = Readonly<Record<string, unknown>>;

/** The topics of a template, with their policies, keys and subscriptions. */
export function readTopics(template: CloudFormationTemplate): readonly Topic[] {
  return template.ofType('AWS::SNS::Topic').map(([id, properties]): Topic => {
    const arn = template.arnOf(id);
    return {
      arn,
      subscriptions: readSubscriptions(template, arn, properties),
      policies: readPolicies(template, arn),
      key: readKey(template, properties['KmsMasterKeyId']),
    };
  });
}

function readPolicies(template: CloudFormationTemplate, topicArn: string): Topic['policies'] {
  const shared = template
    .ofType('AWS::SNS::TopicPolicy')
    .filter(([, { Topics: topics }]) => Array.isArray(topics) && topics.includes(topicArn));
  const inline = template.ofType('AWS::SNS::TopicInlinePolicy').filter(([, { TopicArn: topic }]) => topic === topicArn);
  return [...shared, ...inline].map(([, { PolicyDocument: document }]) => statementsOf(document));
}

function statementsOf(document: unknown): readonly PolicyStatement[] {
  const { Statement: statements } = (document ?? {}) as { readonly Statement?: unknown };
  return (Array.isArray(statements) ? statements : [statements ?? {}]) as readonly PolicyStatement[];
}

function readSubscriptions(
  template: CloudFormationTemplate,
  topicArn: string,
  { Subscription: inline }: Properties,
): readonly Subscription[] {
  const separate = template
    .ofType('AWS::SNS::Subscription')
    .filter(([, { TopicArn: topic }]) => topic === topicArn)
    .map(([, properties]) => properties);
  return [...(Array.isArray(inline) ? (inline as readonly Properties[]) : []), ...separate].map(
    ({ Protocol: protocol, Endpoint: endpoint, FilterPolicy: filter }) => ({
      protocol: String(protocol),
      endpoint: String(endpoint),
      filtered: Object.keys(filter ?? {}).length > 0,
    }),
  );
}

/** A key is named by its id, its ARN or an alias. */
function readKey(template: CloudFormationTemplate, id: unknown): TopicKey {
  if (typeof id !== 'string' || id === '') return { kind: 'none' };
  if (/(^|:)alias\/aws\/sns$/.test(id)) return { kind: 'aws-managed' };
  const aliased = template.ofType('AWS::KMS::Alias').find(([, { AliasName: alias }]) => alias === id);
  const target = aliased === undefined ? id : String(aliased[1]['TargetKeyId']);
  const found = template
    .ofType('AWS::KMS::Key')
    .find(([logicalId]) => [template.arnOf(logicalId), template.physicalName(logicalId)].includes(target));
  if (found === undefined) return { kind: 'unknown', id };
  const [logicalId, { KeyPolicy: policy, Enabled: enabled }] = found;
  return {
    kind: 'own',
    arn: template.arnOf(logicalId),
    enabled: enabled !== false && enabled !== 'false',
    policy: statementsOf(policy),
  };
}
