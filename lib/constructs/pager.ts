import { createHash } from 'node:crypto';
import { ArnFormat, Stack, Token, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Subscription, SubscriptionProtocol, Topic, type CfnTopic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { RECORD_KEY, type TopicRecord } from '../../contract/template-record.ts';
import type { Urgency } from '../monitoring/alarm-spec.ts';
import type { ResolvedPagerOptions } from '../props/pager-options.ts';

/** Who is told, and the topics that are there already. */
export interface PagerProps extends ResolvedPagerOptions {
  readonly pageTopic: ITopic | undefined;
  readonly ticketTopic: ITopic | undefined;
  readonly noticeTopic: ITopic | undefined;
  /** Key of the topics that are made here. */
  readonly encryptionKey: IKey;
}

interface Subscribers {
  readonly topic: ITopic;
  readonly protocol: SubscriptionProtocol;
  readonly endpoints: readonly string[];
}

interface NewTopic {
  readonly encryptionKey: IKey;
  /** Addresses that are subscribed, by protocol. */
  readonly endpoints: readonly (readonly string[])[];
}

const { EMAIL, HTTPS } = SubscriptionProtocol;

/**
 * The topics. A page is one message per incident, from composite alarms; a notice is every change of every alarm, for
 * whoever looks into the incident. Tickets are what has time until the day, where there is a route for them.
 */
export class Pager extends Construct {
  readonly pageTopic: ITopic;
  readonly noticeTopic: ITopic;
  /** Undefined where what would go there pages. */
  readonly ticketTopic: ITopic | undefined;
  /** Addresses that were given, subscribed; none gets a message about alarms that are made before it. */
  readonly subscriptions: readonly Subscription[];
  /** Whether the topic of pages was made here; an existing one has its own owner. */
  readonly ownsPageTopic: boolean;
  /** Whether somebody must be subscribed to the pages, and the watchdog may ask: not a topic of another account. */
  readonly countsSubscribers: boolean;

  constructor(scope: Construct, id: string, props: PagerProps) {
    super(scope, id);
    const { encryptionKey, noticeEmails, pageEmails, pageHttpsEndpoints, ticketEmails } = props;
    this.noticeTopic = props.noticeTopic ?? this.createTopic('Notices', { encryptionKey, endpoints: [noticeEmails] });
    this.pageTopic =
      props.pageTopic ?? this.createTopic('Pages', { encryptionKey, endpoints: [pageEmails, pageHttpsEndpoints] });
    this.ownsPageTopic = props.pageTopic === undefined;
    this.countsSubscribers = this.ownsPageTopic
      ? pageEmails.length + pageHttpsEndpoints.length > 0
      : isOfThisAccount(this.pageTopic);
    const tickets = { encryptionKey, endpoints: [ticketEmails] };
    this.ticketTopic =
      props.ticketTopic ?? (ticketEmails.length > 0 ? this.createTopic('Tickets', tickets) : undefined);
    for (const topic of [this.noticeTopic, this.pageTopic, this.ticketTopic]) if (topic) this.allowAlarms(topic);
    this.subscriptions = [
      ...this.subscribe('NoticeEmail', { topic: this.noticeTopic, protocol: EMAIL, endpoints: noticeEmails }),
      ...this.subscribe('PageEmail', { topic: this.pageTopic, protocol: EMAIL, endpoints: pageEmails }),
      ...this.subscribe('PageHttps', { topic: this.pageTopic, protocol: HTTPS, endpoints: pageHttpsEndpoints }),
      ...this.subscribe('TicketEmail', {
        topic: this.topicFor('ticket'),
        protocol: EMAIL,
        endpoints: ticketEmails,
      }),
    ];
  }

  /** Where an incident goes: without a route for tickets they page. */
  topicFor(urgency: Urgency): ITopic {
    return urgency === 'ticket' && this.ticketTopic !== undefined ? this.ticketTopic : this.pageTopic;
  }

  /**
   * Named by a hash, so that no address becomes part of a name, and another address beside it or before it leaves a
   * subscription as it is: a new one would have to be confirmed again.
   */
  private subscribe(id: string, { topic, protocol, endpoints }: Subscribers): readonly Subscription[] {
    return [...new Set(endpoints)].map((endpoint) => {
      const hash = createHash('sha256').update(endpoint).digest('hex').slice(0, 8);
      const subscription = new Subscription(this, `${id}-${hash}`, { topic, protocol, endpoint });
      Validations.of(subscription).acknowledge({
        id: 'Serverless-SNSRedrivePolicy',
        reason: 'a page that waits in a queue helps nobody; the alarm PagingFailed says that one was not delivered',
      });
      return subscription;
    });
  }

  /** How many are told stands in the template twice, so that a subscription that is missing there can be missed. */
  private createTopic(id: string, { encryptionKey, endpoints }: NewTopic): Topic {
    const topic = new Topic(this, id, { enforceSSL: true, masterKey: encryptionKey });
    const record: TopicRecord = { subscribers: endpoints.reduce((count, list) => count + new Set(list).size, 0) };
    (topic.node.defaultChild as CfnTopic).addMetadata(RECORD_KEY, record);
    return topic;
  }

  /**
   * `enforceSSL` alone leaves a policy that only denies, and a customer-managed key knows no service: without the
   * grant, which covers topic and key, alarms change state and nobody hears of it. A topic that was only looked up by
   * its ARN stays as it is.
   */
  private allowAlarms(topic: ITopic): void {
    const stack = Stack.of(this);
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
  }
}

/** As far as it is known before the deployment. */
function isOfThisAccount(topic: ITopic): boolean {
  const [own, other] = [Stack.of(topic).account, topic.env.account];
  return Token.isUnresolved(own) || Token.isUnresolved(other) || own === other;
}
