import { createHash } from 'node:crypto';
import { ArnFormat, Stack, Token, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Subscription, SubscriptionProtocol, Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
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
    this.noticeTopic = props.noticeTopic ?? this.createTopic('Notices', props.encryptionKey);
    this.pageTopic = props.pageTopic ?? this.createTopic('Pages', props.encryptionKey);
    this.ownsPageTopic = props.pageTopic === undefined;
    this.countsSubscribers = this.ownsPageTopic
      ? props.pageEmails.length + props.pageHttpsEndpoints.length > 0
      : isOfThisAccount(this.pageTopic);
    const hasTickets = props.ticketEmails.length > 0;
    this.ticketTopic = props.ticketTopic ?? (hasTickets ? this.createTopic('Tickets', props.encryptionKey) : undefined);
    for (const topic of [this.noticeTopic, this.pageTopic, this.ticketTopic]) if (topic) this.allowAlarms(topic);
    this.subscriptions = [
      ...this.subscribe('NoticeEmail', { topic: this.noticeTopic, protocol: EMAIL, endpoints: props.noticeEmails }),
      ...this.subscribe('PageEmail', { topic: this.pageTopic, protocol: EMAIL, endpoints: props.pageEmails }),
      ...this.subscribe('PageHttps', { topic: this.pageTopic, protocol: HTTPS, endpoints: props.pageHttpsEndpoints }),
      ...this.subscribe('TicketEmail', {
        topic: this.topicFor('ticket'),
        protocol: EMAIL,
        endpoints: props.ticketEmails,
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

  private createTopic(id: string, encryptionKey: IKey): Topic {
    return new Topic(this, id, { enforceSSL: true, masterKey: encryptionKey });
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
