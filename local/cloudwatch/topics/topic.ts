import { decide, type PolicyStatement, type ServiceRequest } from './policy.ts';

/** Who gets the messages of a topic. */
export interface Subscription {
  /** Such as `email` or `https`. */
  readonly protocol: string;
  readonly endpoint: string;
  /** Whether only messages with certain attributes are passed on; those of alarms have none. */
  readonly filtered: boolean;
}

/** The key that a topic encrypts messages with, as far as it decides who may publish. */
export type TopicKey =
  | { readonly kind: 'none' }
  /** Its policy is that of AWS, lets no service publish, and cannot be changed. */
  | { readonly kind: 'aws-managed' }
  | {
      readonly kind: 'own';
      readonly arn: string;
      readonly enabled: boolean;
      readonly policy: readonly PolicyStatement[];
    }
  /** Somebody else's, of which only the name is known. */
  | { readonly kind: 'unknown'; readonly id: string };

/** An SNS topic. */
export interface Topic {
  readonly arn: string;
  readonly subscriptions: readonly Subscription[];
  /**
   * Each replaces the one before, in an order that nobody knows: all of them must allow what is asked. None stands for
   * the policy of a topic that was given none, which lets in everybody of the same account.
   */
  readonly policies: readonly (readonly PolicyStatement[])[];
  readonly key: TopicKey;
}

/** What became of the message of an alarm. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly to: readonly Subscription[] }
  /** Nobody is told; AWS leaves a trace in the history of the alarm at most. */
  | { readonly kind: 'lost'; readonly reason: string };

/** What a delivery depends on besides the topic. */
export interface DeliveryContext {
  /** ARN of the alarm. */
  readonly alarmArn: string;
  /** Account of alarm and topic. */
  readonly accountId: string;
  /** Whether the endpoint has confirmed that it wants messages. */
  readonly isConfirmed: (subscription: Subscription) => boolean;
}

/**
 * Brings the message of an alarm to those who are subscribed: CloudWatch must be allowed to publish and to use the key,
 * and somebody must have confirmed.
 */
export function deliver(topic: Topic, context: DeliveryContext): Delivery {
  const refusal = policyRefusal(topic, context) ?? keyRefusal(topic, context);
  if (refusal !== undefined) return { kind: 'lost', reason: refusal };
  const confirmed = topic.subscriptions.filter(context.isConfirmed);
  const to = confirmed.filter(({ filtered }) => !filtered);
  if (to.length > 0) return { kind: 'delivered', to };
  if (confirmed.length > 0) return { kind: 'lost', reason: 'every subscription has a filter policy' };
  if (topic.subscriptions.length > 0) return { kind: 'lost', reason: 'no subscription is confirmed' };
  return { kind: 'lost', reason: 'the topic has no subscription' };
}

/** {@link https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html} */
function policyRefusal({ arn, policies }: Topic, context: DeliveryContext): string | undefined {
  const request = { ...requestOf(context), action: 'sns:Publish', resource: arn };
  const refusal = policies.map((policy) => decide(policy, request)).find((decision) => decision !== 'allowed');
  return refusal === undefined ? undefined : `publishing is ${refusal} by the policy of the topic`;
}

/**
 * CloudWatch needs both actions, and no other policy can give them to it.
 * {@link https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html}
 */
function keyRefusal({ arn, key }: Topic, context: DeliveryContext): string | undefined {
  if (key.kind === 'none') return undefined;
  if (key.kind === 'aws-managed') return 'the topic uses the key of AWS, which CloudWatch may not use';
  if (key.kind === 'unknown') return `nothing is known of the key ${key.id} of the topic`;
  if (!key.enabled) return 'the key of the topic is disabled';
  const request = requestOf(context);
  const withTopic = { ...request.context, 'kms:encryptioncontext:aws:sns:topicarn': arn };
  const refused = ['kms:Decrypt', 'kms:GenerateDataKey'].filter(
    (action) => decide(key.policy, { ...request, context: withTopic, action, resource: key.arn }) !== 'allowed',
  );
  return refused.length === 0 ? undefined : `${refused.join(' and ')} not allowed by the policy of the topic's key`;
}

function requestOf({ alarmArn, accountId }: DeliveryContext): Pick<ServiceRequest, 'service' | 'context'> {
  return {
    service: 'cloudwatch.amazonaws.com',
    context: {
      'aws:sourceaccount': accountId,
      'aws:sourcearn': alarmArn,
      'aws:sourceowner': accountId,
      'aws:securetransport': 'true',
      'aws:principalisawsservice': 'true',
    },
  };
}
