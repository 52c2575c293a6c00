import type { AwsAnswers, Call, ClusterAnswer, Reply, StackAnswer, TopicAnswer } from './aws-answers.ts';

/**
 * The services that are asked by a form and answer in XML, as far as they are asked here: CloudFormation's
 * `DescribeStacks`, RDS's `DescribeDBClusters` and `ModifyDBCluster`, and SNS's `GetTopicAttributes` and `ListSubscriptionsByTopic`.
 */
export function answerQuery({ body }: Call, { stacks, topics, clusters }: AwsAnswers): Reply | undefined {
  const form = new URLSearchParams(body);
  switch (form.get('Action')) {
    case 'DescribeStacks':
      return describeStack(form.get('StackName') ?? '', stacks);
    case 'DescribeDBClusters':
    case 'ModifyDBCluster':
      return answerCluster(form, clusters);
    case 'GetTopicAttributes':
      return answerTopic(topics.get(form.get('TopicArn') ?? ''), 'GetTopicAttributes', describeTopic);
    case 'ListSubscriptionsByTopic':
      return answerTopic(topics.get(form.get('TopicArn') ?? ''), 'ListSubscriptionsByTopic', (confirmed) =>
        listSubscriptions(form.get('TopicArn') ?? '', confirmed),
      );
    default:
      return undefined;
  }
}

/** {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html} */
function describeStack(name: string, stacks: ReadonlyMap<string, StackAnswer>): Reply {
  const stack = stacks.get(name);
  if (stack === undefined) return failure(400, 'ValidationError', `Stack with id ${name} does not exist`);
  const outputs = Object.entries(stack.outputs).map(
    ([key, value]) => `<member>${element('OutputKey', key)}${element('OutputValue', value)}</member>`,
  );
  const described =
    element('StackName', name) + element('StackStatus', stack.status) + `<Outputs>${outputs.join('')}</Outputs>`;
  return success('DescribeStacks', `<Stacks><member>${described}</member></Stacks>`);
}

const SCALING = 'ServerlessV2ScalingConfiguration';

/** {@link https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html} */
function answerCluster(form: URLSearchParams, clusters: Map<string, ClusterAnswer>): Reply {
  const identifier = form.get('DBClusterIdentifier') ?? '';
  const cluster = clusters.get(identifier);
  if (cluster === undefined) return failure(404, 'DBClusterNotFoundFault', `DBCluster ${identifier} not found.`);
  const isChange = form.get('Action') === 'ModifyDBCluster';
  const { minAcu, maxAcu } = isChange
    ? {
        minAcu: Number(form.get(`${SCALING}.MinCapacity`) ?? cluster.minAcu),
        maxAcu: Number(form.get(`${SCALING}.MaxCapacity`) ?? cluster.maxAcu),
      }
    : cluster;
  clusters.set(identifier, { minAcu, maxAcu });
  const capacity = element('MinCapacity', String(minAcu)) + element('MaxCapacity', String(maxAcu));
  const described = `${element('DBClusterIdentifier', identifier)}<${SCALING}>${capacity}</${SCALING}>`;
  if (isChange) return success('ModifyDBCluster', `<DBCluster>${described}</DBCluster>`);
  return success('DescribeDBClusters', `<DBClusters><DBCluster>${described}</DBCluster></DBClusters>`);
}

function answerTopic(
  topic: TopicAnswer | undefined,
  action: string,
  describe: (confirmedSubscriptions: number) => string,
): Reply {
  if (topic === undefined) return failure(404, 'NotFound', 'Topic does not exist');
  if (topic === 'refused') return failure(403, 'AuthorizationError', 'the policy of the topic does not allow it');
  return success(action, describe(topic));
}

/** {@link https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html} */
function describeTopic(confirmed: number): string {
  const entry = element('key', 'SubscriptionsConfirmed') + element('value', String(confirmed));
  return `<Attributes><entry>${entry}</entry></Attributes>`;
}

/** {@link https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html} */
function listSubscriptions(topicArn: string, confirmed: number): string {
  const members = Array.from({ length: confirmed }, (_, index) => {
    const subscription =
      element('SubscriptionArn', `${topicArn}:${index}`) +
      element('Protocol', 'email') +
      element('Endpoint', `nobody-${index}@example.com`);
    return `<member>${subscription}</member>`;
  });
  return `<Subscriptions>${members.join('')}</Subscriptions>`;
}

function success(action: string, result: string): Reply {
  const body = `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`;
  return { headers: { 'content-type': 'text/xml' }, body };
}

function failure(status: number, code: string, message: string): Reply {
  const error = element('Code', code) + element('Message', message);
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse><Error>${error}</Error></ErrorResponse>`,
  };
}

/** An element of XML with a text in it. */
export function element(name: string, text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<${name}>${escaped}</${name}>`;
}
