import { GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';

/**
 * Counts who is subscribed to a topic and has confirmed it.
 *
 * @returns undefined when the topic's owner does not let us ask; 0 also for a topic that is gone
 */
export async function countPageSubscribers(client: SNSClient, topicArn: string): Promise<number | undefined> {
  try {
    const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
    return Number(Attributes?.['SubscriptionsConfirmed'] ?? 0);
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name.startsWith('NotFound')) return 0;
    if (name.startsWith('AuthorizationError') || name.startsWith('AccessDenied')) return undefined;
    throw error;
  }
}
