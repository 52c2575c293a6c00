import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Vpc, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { standInCode } from '../../drills/kept-world/stand-in-code.ts';
import { EventProcessor, type EventProcessorProps } from '../../lib/event-processor.ts';
import { targetOf, type Resource } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const root = mkdtempSync(join(tmpdir(), 'event-processor-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const CLUSTER = {
  clusterArn: 'arn:aws:rds:eu-west-1:123456789012:cluster:shared',
  clusterIdentifier: 'shared',
} as const;

const ENV = { account: '123456789012', region: 'eu-west-1' } as const;

/** A stack in an app of somebody else's. */
function createStack(): Stack {
  const app = new App({ outdir: mkdtempSync(join(root, 'app-')), autoSynth: false });
  return new Stack(app, 'shop', { env: ENV });
}

function create(stack: Stack, props: Partial<EventProcessorProps> = {}): EventProcessor {
  return new EventProcessor(stack, 'Orders', {
    code: standInCode(join(root, 'code')),
    pagerOptions: { pageEmails: ['a@example.com'] },
    ...props,
  });
}

function ownerSecret(stack: Stack): ISecret {
  return Secret.fromSecretCompleteArn(
    stack,
    'Owner',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:owner-abcdef',
  );
}

describe('the construct', () => {
  test('passes the security checks beside another one, in an app of somebody else', () => {
    const stack = createStack();
    const app = stack.node.root;
    if (!App.isApp(app)) throw new Error('the root of a stack is its app');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    const orders = create(stack);
    new EventProcessor(stack, 'Refunds', {
      code: standInCode(join(root, 'code', 'refunds'), 'refunds'),
      stream: orders.stream,
      cluster: orders.cluster,
      pageTopic: orders.pageTopic,
      noticeTopic: orders.noticeTopic,
    });
    const exitCode = process.exitCode;
    try {
      app.synth();
      expect(process.exitCode).toBe(exitCode);
    } finally {
      process.exitCode = exitCode;
    }
  });

  test('needs nothing but its code and somebody to page', () => {
    const stack = createStack();
    const orders = create(stack);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Kinesis::Stream', 1);
    template.resourceCountIs('AWS::RDS::DBCluster', 1);
    template.resourceCountIs('AWS::KMS::Key', 1);
    expect(orders.deployment).toBe('shop_Orders');
    // Outputs are the business of whoever owns the stack.
    expect(template.findOutputs('*')).toEqual({});
  });

  test('takes what is there already, and exposes it as it was given', () => {
    const stack = createStack();
    const given = {
      stream: Stream.fromStreamArn(stack, 'Stream', 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders'),
      cluster: CLUSTER,
      clusterSecret: ownerSecret(stack),
      encryptionKey: new Key(stack, 'Key'),
      pageTopic: new Topic(stack, 'Pages'),
      noticeTopic: new Topic(stack, 'Notices'),
    };
    const orders = create(stack, { ...given, pagerOptions: {} });
    expect(orders.stream).toBe(given.stream);
    expect(orders.cluster).toBe(given.cluster);
    expect(orders.key).toBe(given.encryptionKey);
    expect(orders.pageTopic).toBe(given.pageTopic);
    expect(orders.noticeTopic).toBe(given.noticeTopic);
    const template = Template.fromStack(stack);
    for (const type of ['AWS::Kinesis::Stream', 'AWS::RDS::DBCluster', 'AWS::EC2::VPC']) {
      template.resourceCountIs(type, 0);
    }
    template.resourceCountIs('AWS::KMS::Key', 1);
    template.resourceCountIs('AWS::SNS::Topic', 2);
  });

  test('exposes every part as the resource that the template has', () => {
    const stack = createStack();
    const orders = create(stack);
    const parts = {
      'AWS::Kinesis::Stream': orders.stream.streamArn,
      'AWS::RDS::DBCluster': orders.cluster.clusterArn,
      'AWS::KMS::Key': orders.key.keyArn,
      'AWS::Lambda::Function': orders.function.functionArn,
      'AWS::Lambda::Alias': orders.alias.functionArn,
      'AWS::Lambda::EventSourceMapping': orders.mapping.eventSourceMappingId,
      'AWS::S3::Bucket': orders.failedBatches?.bucketArn,
      'AWS::SecretsManager::Secret': orders.maintenanceSecret.secretArn,
      'AWS::CloudWatch::Dashboard': orders.dashboard.dashboardName,
      'AWS::CloudWatch::Alarm': orders.alarms['Behind']?.alarmArn,
      'AWS::CloudWatch::CompositeAlarm': orders.incidents.NotKeepingUp.alarmArn,
    };
    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, { Type: string }> };
    for (const [type, value] of Object.entries(parts)) {
      const resolved: unknown = stack.resolve(value);
      const logicalId = targetOf(resolved) ?? /"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/.exec(JSON.stringify(resolved))?.[1];
      expect([type, Resources[logicalId ?? '']?.Type]).toEqual([type, type]);
    }
  });

  test('puts a new cluster into the network that it is given', () => {
    const stack = createStack();
    const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2 });
    create(stack, { vpc: vpc as IVpc, vpcSubnets: { subnets: vpc.privateSubnets } });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::VPC', 1);
    const [group] = Object.values(template.findResources('AWS::RDS::DBSubnetGroup')) as {
      readonly Properties: { readonly SubnetIds: readonly unknown[] };
    }[];
    expect(group?.Properties.SubnetIds).toEqual(stack.resolve(vpc.privateSubnets.map(({ subnetId }) => subnetId)));
  });

  test('has reader instances that scale with the writer, which they may have to replace', () => {
    const stack = createStack();
    create(stack, { databaseOptions: { readers: 2 } });
    const instances = Object.values(Template.fromStack(stack).findResources('AWS::RDS::DBInstance')) as {
      readonly Properties: { readonly PromotionTier: number };
    }[];
    expect(instances.map(({ Properties }) => Properties.PromotionTier).sort()).toEqual([0, 1, 1]);
  });

  test('migrates a cluster of the same stack only once its writer is there, as only an instance answers', () => {
    const stack = createStack();
    const { cluster } = create(stack);
    new EventProcessor(stack, 'Refunds', {
      code: standInCode(join(root, 'code', 'refunds'), 'refunds'),
      pagerOptions: { pageEmails: ['a@example.com'] },
      cluster,
    });
    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> };
    const run = Object.keys(Resources).find((id) => id.startsWith('RefundsMigrationsRun'));
    const before = new Set<string>();
    const visit = (id: string): void => {
      if (before.has(id)) return;
      before.add(id);
      for (const next of Resources[id]?.DependsOn ?? []) visit(next);
    };
    visit(run ?? '');
    const types = [...before].map((id) => Resources[id]?.Type);
    expect(types).toContain('AWS::RDS::DBInstance');
  });

  test('refuses settings under which an alarm could not go off in time, or would never end', () => {
    const props = {
      mappingOptions: { maxRecordAge: Duration.minutes(11) },
      databaseOptions: { databaseMinCapacity: 7.5, databaseMaxCapacity: 8 },
    };
    expect(() => create(createStack(), props)).toThrow(
      /- `maxRecordAge` must be more than 6m longer than `pageWhenBehind`.*\n- `noticeWhenCapacityPercent` must be at least 94/,
    );
  });

  test('refuses what cannot be deployed, all of it at once', () => {
    const mappingOptions = { batchSize: 0, batchSiz: 5 };
    expect(() => create(createStack(), { mappingOptions, pagerOptions: {} })).toThrow(
      [
        'the settings are invalid:',
        '- `batchSiz` is not an option of `mappingOptions`; did you mean `batchSize`?',
        '- `batchSize` must be an integer from 1 to 10000, got 0',
        '- `pageHttpsEndpoints`, `pageEmails` or a page topic',
      ].join('\n'),
    );
  });

  test('refuses a cluster whose owner it does not know', () => {
    expect(() => create(createStack(), { cluster: CLUSTER })).toThrow('`clusterSecret` must be set');
    const stack = createStack();
    const clusterSecret = Secret.fromSecretNameV2(stack, 'Owner', 'owner');
    expect(() => create(stack, { cluster: CLUSTER, clusterSecret })).toThrow(
      '`clusterSecret` must have its complete ARN',
    );
  });

  test('warns of a key whose policy it cannot change, and says what the policy must allow', () => {
    const stack = createStack();
    const encryptionKey = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/central');
    create(stack, { encryptionKey });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('logs\\.REGION\\.amazonaws\\.com'));
  });

  test('lets CloudWatch publish to topics of the same app, and encrypt for them', () => {
    const stack = createStack();
    const masterKey = new Key(stack, 'TopicKey');
    create(stack, { pageTopic: new Topic(stack, 'Pages', { masterKey }), pagerOptions: {} });
    const template = Template.fromStack(stack);
    const service = { Service: 'cloudwatch.amazonaws.com' };
    const allow = { Principal: service, Effect: 'Allow', Action: 'sns:Publish' };
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      Topics: [{ Ref: Match.stringLikeRegexp('^Pages') }],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(allow)]) },
    });
    const [policy] = Object.entries(template.findResources('AWS::KMS::Key')).filter(([id]) =>
      id.startsWith('TopicKey'),
    );
    expect(JSON.stringify(policy)).toContain('cloudwatch.amazonaws.com');
  });
});

describe('grantProducer', () => {
  test('lets a role put records and use the key, and nothing else', () => {
    const stack = createStack();
    const orders = create(stack);
    orders.grantProducer(new Role(stack, 'Shop', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') }));
    const [policy] = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.startsWith('Shop'),
    );
    const { Statement } = (
      policy?.[1] as { Properties: { PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] } } }
    ).Properties.PolicyDocument;
    expect(Statement.map(({ Action, Resource }) => [Action, targetOf(Resource)?.replace(/[0-9A-F]{8}$/, '')])).toEqual([
      [['kinesis:PutRecord', 'kinesis:PutRecords'], 'OrdersEventsStream'],
      ['kms:GenerateDataKey', 'OrdersEncryptionKey'],
    ]);
  });

  test('reaches producers of another account through the policies of stream and key', () => {
    const stack = createStack();
    create(stack).grantProducer(new AccountPrincipal('210987654321'));
    const template = Template.fromStack(stack);
    const principal = { AWS: Match.objectLike({ 'Fn::Join': Match.anyValue() }) };
    template.hasResourceProperties('AWS::Kinesis::ResourcePolicy', {
      ResourcePolicy: {
        Statement: [Match.objectLike({ Action: ['kinesis:PutRecord', 'kinesis:PutRecords'], Principal: principal })],
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:GenerateDataKey', Principal: principal })]),
      },
    });
  });

  test('asks for no key where the stream has none of its own', () => {
    const stack = createStack();
    const orders = create(stack, { streamOptions: { streamEncryption: 'aws-managed' } });
    orders.grantProducer(new Role(stack, 'Shop', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') }));
    const policies = JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    expect(policies).toContain('kinesis:PutRecords');
    expect(policies).not.toContain('kms:GenerateDataKey');
  });
});
