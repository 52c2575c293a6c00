import { beforeAll, describe, expect, test, vi } from 'vitest';
import { EVERYTHING, EXISTING, synthesize, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

/** Every statement of a role, inline and attached, as `actions on resource`, short enough to read. */
function permissions({ ofType }: Synthesized, role: string): readonly string[] {
  const [found] = ofType('AWS::IAM::Role').filter(([id]) => id.startsWith(role));
  expect(found?.[1].Properties['ManagedPolicyArns']).toBeUndefined();
  const inline = (found?.[1].Properties['Policies'] ?? []) as readonly Policy[];
  const attached = ofType('AWS::IAM::Policy')
    .filter(([id]) => id.startsWith(role))
    .map(([, { Properties }]) => Properties as unknown as Policy);
  return [...inline, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement).flatMap(describeStatement);
}

function describeStatement({ Effect, Action, Resource }: Statement): readonly string[] {
  expect(Effect).toBe('Allow');
  const resources = Array.isArray(Resource) ? (Resource as readonly unknown[]) : [Resource];
  return resources.map((resource) => `${[Action].flat().join(' ')} on ${nameOf(resource)}`);
}

/** The construct behind a reference, without the hash of its logical id. */
function nameOf(resource: unknown): string {
  const text = typeof resource === 'string' ? resource : JSON.stringify(resource);
  const [, id] = /"(?:Ref|Fn::GetAtt)":\[?"((?!AWS::)\w+?)(?:[0-9A-F]{8})?"/.exec(text) ?? [];
  if (id === undefined) return text;
  return id + (text.includes('MasterUserSecret') ? '.MasterUserSecret' : '') + (text.includes('"/*"') ? '/*' : '');
}

/** What a plan of a stack and a boost ask for and turn. */
const BOOST_CALLS = [
  'cloudformation:DescribeStacks',
  'lambda:GetEventSourceMapping',
  'lambda:UpdateEventSourceMapping',
  'lambda:GetAccountSettings',
  'lambda:GetFunctionConcurrency',
  'lambda:GetFunctionConfiguration',
  'rds:DescribeDBClusters',
  'rds:ModifyDBCluster',
  'kinesis:DescribeStreamSummary',
  'cloudwatch:GetMetricData',
];

let stack: Synthesized;

beforeAll(() => {
  stack = synthesize();
});

const STREAM = 'kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator kinesis:ListShards';

describe('the roles', () => {
  test('the processor reads its stream, executes statements as its own database role, and writes failed batches', () => {
    expect(permissions(stack, 'ProcessingProcessorRole')).toEqual([
      'logs:CreateLogStream logs:PutLogEvents on ProcessingProcessorLogs',
      `kinesis:DescribeStream ${STREAM} on EventsStream`,
      'kms:Decrypt kms:GenerateDataKey on EncryptionKey',
      'rds-data:ExecuteStatement on DatabaseCluster',
      'secretsmanager:GetSecretValue on DatabaseProcessorSecret',
      's3:PutObject on FailedBatchesBucket/*',
      's3:ListBucket on FailedBatchesBucket',
    ]);
  });

  test('the watchdog reads stream, database, mapping, bucket and topic, as a role that can write nothing, and may ask the processor to try what waits', () => {
    expect(permissions(stack, 'WatchingWatchdogRole')).toEqual([
      'logs:CreateLogStream logs:PutLogEvents on WatchingWatchdogLogs',
      `${STREAM} on EventsStream`,
      'kms:Decrypt on EncryptionKey',
      'lambda:GetEventSourceMapping on PollingMapping',
      'lambda:InvokeFunction on ProcessingProcessorFunctionAliaslive',
      's3:ListBucket on FailedBatchesBucket',
      'sns:GetTopicAttributes on PagingPages',
      'rds-data:ExecuteStatement on DatabaseCluster',
      'secretsmanager:GetSecretValue on DatabaseMaintenanceSecret',
    ]);
  });

  test('the end of a boost may change what the stack has to boost and nothing else, for the scheduler of this account only', () => {
    expect(permissions(stack, 'BoostRole')).toEqual([
      'lambda:UpdateEventSourceMapping on PollingMapping',
      'rds:ModifyDBCluster on DatabaseCluster',
    ]);
    const [found] = stack.ofType('AWS::IAM::Role').filter(([id]) => id.startsWith('BoostRole'));
    expect(found?.[1].Properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    });
  });

  test('operators may schedule the end of a boost, and pass its role to the scheduler alone', () => {
    const [policy] = stack.ofType('AWS::IAM::ManagedPolicy').filter(([id]) => id.startsWith('Operators'));
    const { Statement } = (policy?.[1].Properties as unknown as Policy).PolicyDocument;
    const actions = Statement.flatMap(({ Action }) => Action);
    for (const needed of BOOST_CALLS) expect(actions).toContain(needed);
    // Nothing is reserved for this function.
    expect(actions).not.toContain('lambda:PutFunctionConcurrency');
    const scheduling = Statement.find(({ Action }) => [Action].flat().includes('scheduler:CreateSchedule'));
    expect(scheduling?.Action).toEqual([
      'scheduler:CreateSchedule',
      'scheduler:DeleteSchedule',
      'scheduler:GetSchedule',
    ]);
    expect(JSON.stringify(scheduling?.Resource)).toContain(':schedule/default/boost-');
    expect(Statement.find(({ Action }) => Action === 'iam:PassRole')).toMatchObject({
      Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    });
  });

  test('pruning asks the stream for its retention and deletes as the maintenance role', () => {
    expect(permissions(stack, 'WatchingPruneRole')).toEqual([
      'logs:CreateLogStream logs:PutLogEvents on WatchingPruneLogs',
      'kinesis:DescribeStreamSummary on EventsStream',
      'rds-data:ExecuteStatement on DatabaseCluster',
      'secretsmanager:GetSecretValue on DatabaseMaintenanceSecret',
      'kms:Decrypt on EncryptionKey',
    ]);
  });

  test('only migrations read the secret of the owner and rotate those of the roles', () => {
    expect(permissions(stack, 'MigrationsMigrateRole')).toEqual([
      'logs:CreateLogStream logs:PutLogEvents on MigrationsMigrateLogs',
      'rds-data:BeginTransaction rds-data:CommitTransaction rds-data:ExecuteStatement rds-data:RollbackTransaction ' +
        'on DatabaseCluster',
      'secretsmanager:GetSecretValue on DatabaseCluster.MasterUserSecret',
      'secretsmanager:GetSecretValue on DatabaseMaintenanceSecret',
      'secretsmanager:GetSecretValue on DatabaseProcessorSecret',
      'kms:Decrypt kms:GenerateDataKey on EncryptionKey',
      'secretsmanager:DescribeSecret secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage ' +
        'on DatabaseMaintenanceSecret',
      'secretsmanager:DescribeSecret secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage ' +
        'on DatabaseProcessorSecret',
    ]);
  });

  test('the passwords of the roles are rotated by migrations, once these have made the roles', () => {
    const [[migrate] = ['']] = stack
      .ofType('AWS::Lambda::Function')
      .filter(([id]) => id.startsWith('MigrationsMigrate'));
    const [[run] = ['']] = stack.ofType('Custom::DatabaseMigrations');
    const [[permission] = ['']] = stack
      .ofType('AWS::Lambda::Permission')
      .filter(([, { Properties }]) => Properties['Principal'] === 'secretsmanager.amazonaws.com');
    const schedules = stack.ofType('AWS::SecretsManager::RotationSchedule');
    expect(schedules.map(([, { Properties }]) => nameOf(Properties['SecretId'])).sort()).toEqual([
      'DatabaseMaintenanceSecret',
      'DatabaseProcessorSecret',
    ]);
    for (const [, { Properties, DependsOn }] of schedules) {
      expect(Properties).toMatchObject({
        RotationLambdaARN: { 'Fn::GetAtt': [migrate, 'Arn'] },
        RotateImmediatelyOnUpdate: false,
      });
      expect(DependsOn).toEqual(expect.arrayContaining([run, permission]));
    }
  });

  test('with everything turned on, the processor may subscribe and trace as well', () => {
    const everything = synthesize(EVERYTHING);
    const all = permissions(everything, 'ProcessingProcessorRole');
    expect(permissions(everything, 'BoostRole')).toContain(
      'lambda:PutFunctionConcurrency on ProcessingProcessorFunction',
    );
    expect(all.filter((line) => /SubscribeToShard|xray/.test(line))).toEqual([
      'kinesis:DescribeStreamConsumer kinesis:SubscribeToShard on EventsConsumer',
      'xray:PutTelemetryRecords xray:PutTraceSegments on *',
    ]);
    expect(all.filter((line) => line.endsWith(' on *'))).toHaveLength(1);
  });

  test('with an existing stream and cluster, the statements name them and their keys', () => {
    const existing = synthesize(EXISTING);
    // The cluster may have other users, who are not asked.
    expect(permissions(existing, 'BoostRole')).toEqual(['lambda:UpdateEventSourceMapping on PollingMapping']);
    expect(permissions(existing, 'ProcessingProcessorRole')).toEqual(
      expect.arrayContaining([
        `kinesis:DescribeStream ${STREAM} on ${EXISTING.existingStreamArn}`,
        `kms:Decrypt on ${EXISTING.existingStreamKeyArn}`,
        `rds-data:ExecuteStatement on ${EXISTING.existingClusterArn}`,
      ]),
    );
    expect(permissions(existing, 'MigrationsMigrateRole')).toEqual(
      expect.arrayContaining([
        `secretsmanager:GetSecretValue on ${EXISTING.existingClusterSecretArn}`,
        `kms:Decrypt on ${EXISTING.existingClusterSecretKeyArn}`,
      ]),
    );
  });
});
