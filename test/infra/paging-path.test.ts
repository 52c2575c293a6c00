import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp, EXISTING, synthesize, targetOf, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

interface Statement {
  readonly Effect: string;
  readonly Resource?: unknown;
  readonly Action: string | readonly string[];
  readonly Principal: string | { readonly Service?: string };
  readonly Condition?: Readonly<Record<string, unknown>>;
}

let stack: Synthesized;

beforeAll(() => {
  stack = synthesize({ pageHttpsEndpoints: ['https://pager.example.com/hook'], noticeEmails: ['b@example.com'] });
});

function topicsOfActions(): readonly string[] {
  const alarms = [...stack.ofType('AWS::CloudWatch::Alarm'), ...stack.ofType('AWS::CloudWatch::CompositeAlarm')];
  const topics = alarms.flatMap(([, { Properties }]) =>
    (Properties['AlarmActions'] as readonly unknown[]).map(targetOf),
  );
  return [...new Set(topics.map((id) => id ?? 'nowhere'))];
}

function statementsFor(topicId: string): readonly Statement[] {
  const policies = stack
    .ofType('AWS::SNS::TopicPolicy')
    .filter(([, { Properties }]) => (Properties['Topics'] as readonly unknown[]).map(targetOf).includes(topicId));
  return policies.flatMap(
    ([, { Properties }]) => (Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] }).Statement,
  );
}

function allowsCloudWatch({ Effect, Principal }: Statement): boolean {
  return Effect === 'Allow' && typeof Principal === 'object' && Principal.Service === 'cloudwatch.amazonaws.com';
}

/** What SNS and KMS compare with what CloudWatch sends along; a condition on anything else would never be met. */
const MET_BY_CLOUDWATCH = {
  StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
  ArnLike: {
    'aws:SourceArn': {
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':cloudwatch:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':alarm:*',
        ],
      ],
    },
  },
};

describe('the way from an alarm to a person', () => {
  test('leads to topics of this template', () => {
    expect(topicsOfActions().map((id) => stack.resources[id]?.Type)).toEqual(['AWS::SNS::Topic', 'AWS::SNS::Topic']);
  });

  test('has a topic policy that lets CloudWatch publish, and nobody without TLS', () => {
    for (const topic of topicsOfActions()) {
      const statements = statementsFor(topic);
      const [allow, ...others] = statements.filter(allowsCloudWatch);
      expect(others).toEqual([]);
      expect(allow).toMatchObject({ Action: 'sns:Publish', Resource: { Ref: topic }, Condition: MET_BY_CLOUDWATCH });
      const denies = statements.filter(({ Effect }) => Effect === 'Deny');
      expect(denies.map(({ Condition }) => Condition)).toEqual([{ Bool: { 'aws:SecureTransport': 'false' } }]);
    }
  });

  test('has a key policy that lets CloudWatch encrypt for the topic', () => {
    for (const topic of topicsOfActions()) {
      const key = stack.resources[targetOf(stack.resources[topic]!.Properties['KmsMasterKeyId']) ?? ''];
      expect(key?.Type).toBe('AWS::KMS::Key');
      const { Statement } = key!.Properties['KeyPolicy'] as { readonly Statement: readonly Statement[] };
      const [allow] = Statement.filter(allowsCloudWatch);
      expect(allow).toMatchObject({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: MET_BY_CLOUDWATCH,
      });
    }
  });

  test('ends at every endpoint that was given', () => {
    const ends = stack
      .ofType('AWS::SNS::Subscription')
      .map(([, { Properties }]) => [
        targetOf(Properties['TopicArn'])?.replace(/[0-9A-F]{8}$/, ''),
        Properties['Protocol'],
        Properties['Endpoint'],
      ]);
    expect(ends.sort()).toEqual([
      ['PagingNotices', 'email', 'b@example.com'],
      ['PagingPages', 'email', 'a@example.com'],
      ['PagingPages', 'https', 'https://pager.example.com/hook'],
    ]);
  });

  test('can lead to a topic that is there already', () => {
    const existing = synthesize({ ...EXISTING });
    const actions = existing
      .ofType('AWS::CloudWatch::CompositeAlarm')
      .flatMap(([, { Properties }]) => Properties['AlarmActions'] as readonly unknown[]);
    expect([...new Set(actions)]).toEqual([EXISTING.existingPageTopicArn]);
  });
});

/** What sends to a topic, by the ids of the alarms. */
function sendersTo(topic: RegExp, of: Synthesized): readonly string[] {
  const alarms = [...of.ofType('AWS::CloudWatch::Alarm'), ...of.ofType('AWS::CloudWatch::CompositeAlarm')];
  return alarms
    .filter(([, { Properties }]) =>
      (Properties['AlarmActions'] as readonly unknown[]).some((action) =>
        topic.test(targetOf(action) ?? (action as string)),
      ),
    )
    .map(([id]) => /^MonitoringAlarms(\w+)[0-9A-F]{8}$/.exec(id)?.[1] ?? id)
    .sort();
}

const ALL_INCIDENTS = ['IncidentDataLossDanger', 'IncidentNotKeepingUp', 'IncidentRecordsLost', 'IncidentSetAside'];

describe('how soon somebody has to come', () => {
  const tickets = { ticketEmails: ['t@example.com'], mappingEnabled: false } as const;

  test('is at once for every incident, unless there is a route for what has time', () => {
    expect(sendersTo(/^PagingPages/, stack)).toEqual(ALL_INCIDENTS);
    expect(stack.ofType('AWS::SNS::Topic')).toHaveLength(2);
  });

  test('is the next day for what was set aside, and for what is no incident but work', () => {
    const day = synthesize(tickets);
    expect(sendersTo(/^PagingPages/, day)).toEqual(ALL_INCIDENTS.filter((id) => id !== 'IncidentSetAside'));
    expect(sendersTo(/^PagingTickets/, day)).toEqual(['IncidentSetAside', 'NobodyPaged', 'PagingFailed', 'Paused']);
    const [[topic] = ['']] = day.ofType('AWS::SNS::Topic').filter(([id]) => id.startsWith('PagingTickets'));
    const [policy] = day.ofType('AWS::SNS::TopicPolicy').filter(([id]) => id.startsWith('PagingTickets'));
    const { Statement } = policy![1].Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] };
    expect(Statement.find(allowsCloudWatch)).toMatchObject({ Resource: { Ref: topic }, Condition: MET_BY_CLOUDWATCH });
    expect(day.ofType('AWS::SNS::Subscription').map(([, { Properties }]) => Properties)).toContainEqual({
      Endpoint: 't@example.com',
      Protocol: 'email',
      TopicArn: { Ref: topic },
    });
  });

  test('can be said by a topic that is there already', () => {
    const existing = synthesize({ existingTicketTopicArn: 'arn:aws:sns:eu-west-1:123456789012:tickets' });
    expect(sendersTo(/:tickets$/, existing)).toEqual(['IncidentSetAside', 'NobodyPaged', 'PagingFailed']);
  });

  test('changes no topic and no subscription that is there', () => {
    const [before, after] = [
      synthesize({ noticeEmails: ['b@example.com'] }),
      synthesize({ noticeEmails: ['b@example.com'], ...tickets }),
    ];
    const propertiesOf = (of: Synthesized, type: string): Readonly<Record<string, unknown>> =>
      Object.fromEntries(of.ofType(type).map(([id, { Properties }]) => [id, Properties]));
    for (const type of ['AWS::SNS::Topic', 'AWS::SNS::Subscription']) {
      expect(propertiesOf(after, type)).toMatchObject(propertiesOf(before, type));
    }
  });
});

describe('a new subscriber', () => {
  test('is there after the alarms, each of which says that it is well when it is made', () => {
    const composites = stack.ofType('AWS::CloudWatch::CompositeAlarm').map(([id]) => id);
    const subscriptions = stack.ofType('AWS::SNS::Subscription');
    expect(subscriptions).toHaveLength(3);
    for (const [, { DependsOn = [] }] of subscriptions) expect(DependsOn).toEqual(expect.arrayContaining(composites));
  });
});

describe('whether anybody is subscribed to the pages', () => {
  const asks = (of: Synthesized): boolean => JSON.stringify(of.ofType('AWS::IAM::Role')).includes('GetTopicAttributes');
  const tells = (of: Synthesized): boolean => sendersTo(/./, of).includes('NobodyPaged');

  test('is asked of its own topic, and of one that is there already', () => {
    const [role] = stack.ofType('AWS::IAM::Role').filter(([id]) => id.startsWith('WatchingWatchdog'));
    const [topic] = stack
      .ofType('AWS::SNS::Topic')
      .map(([id]) => id)
      .filter((id) => id.startsWith('PagingPages'));
    expect(JSON.stringify(role?.[1])).toContain(
      JSON.stringify({ Action: 'sns:GetTopicAttributes', Effect: 'Allow', Resource: { Ref: topic } }),
    );
    expect(tells(stack)).toBe(true);
    expect([asks(synthesize({ ...EXISTING })), tells(synthesize({ ...EXISTING }))]).toEqual([true, true]);
  });

  test('is not asked of a topic of another account, nor in a test stage that pages nobody', () => {
    const env = { account: '999999999999', region: 'eu-west-1' };
    const { stack: foreign } = createApp({ existingPageTopicArn: EXISTING.existingPageTopicArn }, { env });
    const template = Template.fromStack(foreign);
    expect(JSON.stringify(template.findResources('AWS::IAM::Role'))).not.toContain('GetTopicAttributes');
    expect(JSON.stringify(template.toJSON())).not.toContain('NobodyPaged');
    const test = synthesize({ pageEmails: [], removalPolicy: 'destroy' });
    expect([asks(test), tells(test)]).toEqual([false, false]);
  });
});
