import { rmSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp, EVERYTHING, EXISTING, synthesize, targetOf, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let stack: Synthesized;

beforeAll(() => {
  stack = synthesize();
});

/** Types that hold data, or the key to it. */
const KEPT = [
  'AWS::Kinesis::Stream',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::RDS::DBCluster',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
];

describe('the stack', () => {
  test.each([
    ['by default', {}],
    ['with an existing stream, cluster and topic', EXISTING],
    ['with everything turned on', EVERYTHING],
    ['without a place for batches that are given up', { onFailureDestination: false }],
    ['as a test stage', { removalPolicy: 'destroy', rollout: 'all-at-once' }],
  ] as const)('passes the security checks %s, in a region and in none', (_, props) => {
    for (const env of [undefined, { account: '123456789012', region: 'eu-west-1' }]) {
      const { app } = createApp(props, { nag: true, ...(env !== undefined && { env }) });
      const exitCode = process.exitCode;
      try {
        expect(() => app.synth({ errorOnDuplicateSynth: false })).not.toThrow();
        expect(process.exitCode).toBe(exitCode);
      } finally {
        process.exitCode = exitCode;
        rmSync(app.outdir, { recursive: true, force: true });
      }
    }
  });

  test('keeps data when it is deleted, unless it is a test stage', () => {
    for (const type of KEPT) {
      const policies = new Set(stack.ofType(type).map(([, { DeletionPolicy }]) => DeletionPolicy));
      expect([type, ...policies]).toEqual([type, 'RetainExceptOnCreate']);
    }
    const destroyed = synthesize({ removalPolicy: 'destroy' });
    expect(KEPT.flatMap((type) => destroyed.ofType(type)).filter(([, it]) => it.DeletionPolicy !== 'Delete')).toEqual(
      [],
    );
  });

  test('encrypts everything at rest with the key of the stack', () => {
    const keyOf = {
      'AWS::Kinesis::Stream': (it: Properties) => (it['StreamEncryption'] as Properties)['KeyId'],
      'AWS::RDS::DBCluster': (it: Properties) => it['KmsKeyId'],
      'AWS::SecretsManager::Secret': (it: Properties) => it['KmsKeyId'],
      'AWS::Logs::LogGroup': (it: Properties) => it['KmsKeyId'],
      'AWS::SNS::Topic': (it: Properties) => it['KmsMasterKeyId'],
    } as const;
    for (const [type, read] of Object.entries(keyOf)) {
      const found = stack.ofType(type);
      expect(found.length).toBeGreaterThan(0);
      for (const [, { Properties }] of found) expect(targetOf(read(Properties))).toMatch(/^EncryptionKey/);
    }
    expect(JSON.stringify(stack.ofType('AWS::S3::Bucket')[0])).toContain('aws:kms');
    expect(stack.ofType('AWS::RDS::DBCluster')[0]![1].Properties).toMatchObject({ StorageEncrypted: true });
  });

  test('keeps the database out of reach of the internet', () => {
    expect(stack.ofType('AWS::EC2::InternetGateway')).toEqual([]);
    expect(stack.ofType('AWS::EC2::NatGateway')).toEqual([]);
    expect(stack.ofType('AWS::RDS::DBInstance').map(([, it]) => it.Properties['PubliclyAccessible'])).toEqual([false]);
    expect(stack.ofType('AWS::RDS::DBCluster')[0]![1].Properties).toMatchObject({
      EnableHttpEndpoint: true,
      ManageMasterUserPassword: true,
    });
  });

  test('keeps records for seven days', () => {
    expect(stack.ofType('AWS::Kinesis::Stream')[0]![1].Properties).toMatchObject({ RetentionPeriodHours: 168 });
  });

  test('migrates before the new version takes over, and again only when something about it changes', () => {
    const [run] = stack.ofType('Custom::DatabaseMigrations');
    expect(run?.[1].Properties).toMatchObject({ version: 'migrations-1', ServiceTimeout: '900' });
    const [alias] = stack.ofType('AWS::Lambda::Alias');
    expect(alias?.[1].DependsOn).toContain(run?.[0]);
    const other = synthesize({ codeCommit: 'abc123' }).ofType('Custom::DatabaseMigrations');
    expect(other).toEqual(stack.ofType('Custom::DatabaseMigrations'));
  });

  test('runs the watchdog every minute and pruning every hour, whatever the processor does', () => {
    const rules = stack
      .ofType('AWS::Events::Rule')
      .map(([, { Properties }]) => [
        Properties['ScheduleExpression'],
        targetOf((Properties['Targets'] as readonly { readonly Arn: unknown }[])[0]?.Arn)?.replace(/[0-9A-F]{8}$/, ''),
      ]);
    expect(rules.sort()).toEqual([
      ['rate(1 hour)', 'WatchingPruneFunction'],
      ['rate(1 minute)', 'WatchingWatchdogFunction'],
    ]);
  });

  test('rolls out step by step, on the alarm of the new version only', () => {
    const [group] = stack.ofType('AWS::CodeDeploy::DeploymentGroup');
    expect(group?.[1].Properties).toMatchObject({
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      AlarmConfiguration: {
        Enabled: true,
        Alarms: [{ Name: { Ref: expect.stringMatching(/^RolloutNewVersionErrors/) as unknown } }],
      },
      AutoRollbackConfiguration: { Enabled: true },
    });
  });

  test('takes over at once in an emergency, whatever the alarms say', () => {
    const [group] = synthesize({ emergencyDeploy: true }).ofType('AWS::CodeDeploy::DeploymentGroup');
    expect(group?.[1].Properties).toMatchObject({
      DeploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
      AlarmConfiguration: { Enabled: false },
    });
    expect(synthesize({ rollout: 'all-at-once' }).ofType('AWS::CodeDeploy::DeploymentGroup')).toEqual([]);
  });

  test('is far from the limits of a template', () => {
    const everything = synthesize(EVERYTHING);
    expect(Object.keys(everything.resources).length).toBeLessThan(150);
    expect(JSON.stringify(everything.template.toJSON()).length).toBeLessThan(300_000);
  });

  test('says in its outputs what runs', () => {
    const outputs = stack.template.findOutputs('*') as Readonly<Record<string, { readonly Value: unknown }>>;
    expect(outputs['BuildVersion']?.Value).toBe('build-of-processor');
    expect(targetOf(outputs['MappingId']?.Value)).toMatch(/^PollingMapping/);
    expect(targetOf(outputs['KeyArn']?.Value)).toMatch(/^EncryptionKey/);
    const example = stack.ofType('AWS::Kinesis::Stream').map(([id]) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
    expect(outputs['PutRecordExample']?.Value).toEqual({
      'Fn::Join': [
        '',
        [
          'aws kinesis put-record --region ',
          { Ref: 'AWS::Region' },
          ' --stream-arn ',
          ...example,
          ' --partition-key KEY --data fileb://event.json',
        ],
      ],
    });
    expect(targetOf(outputs['FunctionVersion']?.Value)).toMatch(/^ProcessingProcessorFunctionCurrentVersion/);
  });

  test('tells producers which key they need, and how to put an event', () => {
    const outputs = stack.template.findOutputs('*') as Readonly<Record<string, { readonly Value: unknown }>>;
    expect(targetOf(outputs['KeyArn']?.Value)).toMatch(/^EncryptionKey/);
    expect(JSON.stringify(outputs['PutRecordExample']?.Value)).toContain('aws kinesis put-record');
  });

  test('runs every function on arm64, with a log of its own and the source map of its bundle', () => {
    const all = stack.ofType('AWS::Lambda::Function').map(([, { Properties }]) => Properties);
    // The one of the CDK's that protects the cluster brings its code along.
    const functions = all.filter(({ Description }) => Description !== undefined);
    expect(functions).toHaveLength(4);
    expect(all).toHaveLength(5);
    for (const it of functions) {
      expect(it).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
      expect(it).toMatchObject({ Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } } });
      expect(it).toMatchObject({
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.any(String) as unknown } },
      });
    }
  });
});

type Properties = Readonly<Record<string, unknown>>;
