import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Subscription, SubscriptionProtocol, Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ResolvedProps } from '../props/resolve-props.ts';

/** Who is told, and the key of the stack. */
export interface PagerProps {
  readonly settings: ResolvedProps;
  readonly key: IKey;
}

interface Subscribers {
  readonly topic: ITopic;
  readonly protocol: SubscriptionProtocol;
  readonly endpoints: readonly string[];
}

const { EMAIL, HTTPS } = SubscriptionProtocol;

/**
 * Two topics. A page is one message per incident, from composite alarms; a notice is every change of every alarm, for
 * whoever looks into the incident.
 */
export class Pager extends Construct {
  readonly pages: ITopic;
  readonly notices: Topic;
  /** The topic of pages when it was made here; an existing one has its own owner. */
  readonly ownPages: Topic | undefined;

  constructor(scope: Construct, id: string, { settings, key }: PagerProps) {
    super(scope, id);
    this.notices = this.createTopic('Notices', key);
    this.ownPages = settings.existingPageTopicArn === undefined ? this.createTopic('Pages', key) : undefined;
    this.pages = this.ownPages ?? Topic.fromTopicArn(this, 'Pages', settings.existingPageTopicArn ?? '');
    this.subscribe('NoticeEmail', { topic: this.notices, protocol: EMAIL, endpoints: settings.noticeEmails });
    this.subscribe('PageEmail', { topic: this.pages, protocol: EMAIL, endpoints: settings.pageEmails });
    this.subscribe('PageHttps', { topic: this.pages, protocol: HTTPS, endpoints: settings.pageHttpsEndpoints });
  }

  /** Numbered, so that no address becomes part of a name. */
  private subscribe(id: string, { topic, protocol, endpoints }: Subscribers): void {
    for (const [index, endpoint] of endpoints.entries()) {
      const subscription = new Subscription(this, `${id}${index + 1}`, { topic, protocol, endpoint });
      Validations.of(subscription).acknowledge({
        id: 'Serverless-SNSRedrivePolicy',
        reason: 'a page that waits in a queue helps nobody; the alarm PagingFailed says that one was not delivered',
      });
    }
  }

  /**
   * `enforceSSL` alone leaves a policy that only denies, and a customer-managed key knows no service: without the
   * grant, which covers topic and key, alarms change state and nobody hears of it.
   */
  private createTopic(id: string, key: IKey): Topic {
    const stack = Stack.of(this);
    const topic = new Topic(this, id, { enforceSSL: true, masterKey: key });
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: {
            'aws:SourceArn': stack.formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    return topic;
  }
}
