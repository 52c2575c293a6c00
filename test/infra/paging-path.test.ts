import { beforeAll, describe, expect, test, vi } from 'vitest';
import { EXISTING, synthesize, targetOf, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

interface Statement {
  readonly Effect: string;
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
