import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '../../../../local/cloudwatch/topics/policy.ts';
import { deliver, type Topic, type TopicKey } from '../../../../local/cloudwatch/topics/topic.ts';
import { PAGES } from '../../../support/cloudwatch-alarms.ts';

const CONTEXT = {
  alarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:behind',
  accountId: '111122223333',
  isConfirmed: () => true,
};

const ALLOW = {
  Effect: 'Allow',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: PAGES.arn,
};

const KEY_ALLOW = { ...ALLOW, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*' };

function reasonOf(topic: Partial<Topic>): string | undefined {
  const delivery = deliver({ ...PAGES, ...topic }, CONTEXT);
  return delivery.kind === 'lost' ? delivery.reason : undefined;
}

function withPolicy(...statements: readonly PolicyStatement[]): string | undefined {
  return reasonOf({ policies: [statements] });
}

function withKey(...policy: readonly PolicyStatement[]): string | undefined {
  return reasonOf({ key: { kind: 'own', arn: 'arn:key', enabled: true, policy } });
}

describe('a topic without a policy of its own', () => {
  it('lets alarms of its account publish', () => {
    expect(reasonOf({})).toBeUndefined();
  });
});

describe('the policy of a topic', () => {
  it.each([
    { what: 'by name', statement: ALLOW },
    { what: 'to everybody', statement: { ...ALLOW, Principal: '*' } },
    {
      what: 'to the account, as the policy of a new topic does',
      statement: {
        ...ALLOW,
        Principal: { AWS: '*' },
        Action: ['SNS:GetTopicAttributes', 'SNS:Publish'],
        Condition: { StringEquals: { 'AWS:SourceOwner': '111122223333' } },
      },
    },
    { what: 'by a pattern', statement: { ...ALLOW, Action: 'sns:*', Resource: 'arn:aws:sns:*:111122223333:*' } },
    {
      what: 'to alarms of this account',
      statement: {
        ...ALLOW,
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111122223333' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*' },
        },
      },
    },
    { what: 'if a key is there', statement: { ...ALLOW, Condition: { StringEqualsIfExists: { 'aws:vpc': 'x' } } } },
    { what: 'unless', statement: { ...ALLOW, Condition: { StringNotEquals: { 'aws:SourceAccount': '2' } } } },
    {
      what: 'unless a key that is not sent',
      statement: { ...ALLOW, Condition: { StringNotEquals: { 'aws:vpc': 'x' } } },
    },
    { what: 'where a key is absent', statement: { ...ALLOW, Condition: { Null: { 'aws:vpc': 'true' } } } },
  ])('lets CloudWatch publish: $what', ({ statement }) => {
    expect(withPolicy(statement)).toBeUndefined();
  });

  it.each([
    { what: 'another service', statement: { ...ALLOW, Principal: { Service: 'events.amazonaws.com' } } },
    { what: 'the root of the account', statement: { ...ALLOW, Principal: { AWS: 'arn:aws:iam::111122223333:root' } } },
    { what: 'another action', statement: { ...ALLOW, Action: 'sns:Subscribe' } },
    { what: 'another topic', statement: { ...ALLOW, Resource: `${PAGES.arn}2` } },
    {
      what: 'another account',
      statement: { ...ALLOW, Condition: { StringEquals: { 'aws:SourceAccount': '999999999999' } } },
    },
    {
      what: 'alarms of another Region',
      statement: {
        ...ALLOW,
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:*' } },
      },
    },
    {
      what: 'an ARN in which a star would have to reach over a colon',
      statement: { ...ALLOW, Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:*:alarm:behind' } } },
    },
    { what: 'a key that is not sent', statement: { ...ALLOW, Condition: { StringEquals: { 'aws:vpc': 'x' } } } },
    { what: 'an unknown operator', statement: { ...ALLOW, Condition: { DateLessThan: { 'aws:now': '2030' } } } },
    { what: 'everybody but somebody', statement: { ...ALLOW, Principal: undefined, NotPrincipal: { AWS: 'x' } } },
  ])('keeps CloudWatch out: only $what is allowed', ({ statement }) => {
    expect(withPolicy(statement)).toBe('publishing is not allowed by the policy of the topic');
  });

  it('keeps CloudWatch out when it only denies what is sent in the clear', () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 'sns:Publish', Resource: PAGES.arn };
    const inTheClear = { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
    expect(withPolicy(inTheClear)).toBe('publishing is not allowed by the policy of the topic');
    expect(withPolicy(inTheClear, ALLOW)).toBeUndefined();
  });

  it.each([
    { what: 'everybody', deny: { Principal: '*' } },
    { what: 'on terms that are not modelled', deny: { Principal: '*', Condition: { DateLessThan: { a: '1' } } } },
    { what: 'all but somebody', deny: { NotPrincipal: { AWS: 'x' } } },
  ])('denies whatever else it allows: $what', ({ deny }) => {
    const statement = { Effect: 'Deny', Action: 'sns:*', Resource: '*', ...deny };
    expect(withPolicy(ALLOW, statement)).toBe('publishing is denied by the policy of the topic');
  });

  it('must allow in every version when several replace each other', () => {
    expect(reasonOf({ policies: [[ALLOW], []] })).toBe('publishing is not allowed by the policy of the topic');
  });
});

describe('the key of a topic', () => {
  it('lets CloudWatch publish when both actions are allowed', () => {
    expect(withKey(KEY_ALLOW)).toBeUndefined();
    expect(
      withKey({ ...KEY_ALLOW, Condition: { StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': PAGES.arn } } }),
    ).toBeUndefined();
  });

  it('keeps CloudWatch out when one is missing', () => {
    expect(withKey({ ...KEY_ALLOW, Action: 'kms:Decrypt' })).toContain('kms:GenerateDataKey not allowed');
    expect(withKey({ ...KEY_ALLOW, Action: 'kms:GenerateDataKey*' })).toContain('kms:Decrypt not allowed');
    expect(withKey({ ...KEY_ALLOW, Principal: { AWS: 'arn:aws:iam::111122223333:root' } })).toContain('not allowed');
  });

  it.each<{ readonly key: TopicKey; readonly reason: string }>([
    { key: { kind: 'aws-managed' }, reason: 'the topic uses the key of AWS, which CloudWatch may not use' },
    { key: { kind: 'unknown', id: 'k' }, reason: 'nothing is known of the key k of the topic' },
    {
      key: { kind: 'own', arn: 'arn:key', enabled: false, policy: [KEY_ALLOW] },
      reason: 'the key of the topic is disabled',
    },
  ])('keeps CloudWatch out: $reason', ({ key, reason }) => {
    expect(reasonOf({ key })).toBe(reason);
  });
});

describe('subscriptions', () => {
  it('are needed, confirmed and without a filter', () => {
    const [subscription] = PAGES.subscriptions;
    expect(reasonOf({ subscriptions: [] })).toBe('the topic has no subscription');
    expect(reasonOf({ subscriptions: [{ ...subscription!, filtered: true }] })).toBe(
      'every subscription has a filter policy',
    );
    const unconfirmed = deliver(PAGES, { ...CONTEXT, isConfirmed: () => false });
    expect(unconfirmed).toEqual({ kind: 'lost', reason: 'no subscription is confirmed' });
  });
});
