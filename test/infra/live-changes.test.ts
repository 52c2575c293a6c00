import { Duration } from 'aws-cdk-lib';
import { describe, expect, test, vi } from 'vitest';
import { LIVE_CHANGES, type LiveChange } from '../../lib/settings/live-changes.ts';
import { SETTING_NAMES, type SettingName, type StageSettings } from '../../lib/settings/stage-settings.ts';
import { STAGES } from '../../lib/settings/stages.ts';
import { compareTemplates, type ResourceChange } from '../../ops/deploy/compare-templates.ts';
import { findLosses } from '../../ops/deploy/kept-resources.ts';
import { EXISTING, settings, synthesize } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

type Change = Partial<StageSettings>;

/** Settings before and after a change of one of them; others come along where it cannot stand alone. */
interface Sample {
  readonly before?: Change;
  readonly after: Change;
}

const PRODUCTION = settings({ ...STAGES.prod[0], functionName: 'orders' });

const { existingStreamArn, existingClusterArn, existingClusterSecretArn, existingPageTopicArn } = EXISTING;
const CLUSTER = { existingClusterArn, existingClusterSecretArn } as const;
const OTHER_SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-abcdef';
const AT_TIME = { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: '2026-01-01T00:00:00Z' } as const;

/** A change of each setting to another value that is allowed. */
const SAMPLES: Readonly<Record<Exclude<SettingName, 'functionName'>, Sample>> = {
  codeCommit: { after: { codeCommit: 'abc' } },
  removalPolicy: { after: { removalPolicy: 'destroy' } },
  logRetentionDays: { after: { logRetentionDays: 30 } },
  logDestinationArn: { after: { logDestinationArn: 'arn:aws:lambda:eu-west-1:123456789012:function:search' } },
  existingStreamArn: { after: { existingStreamArn } },
  existingStreamKeyArn: {
    before: { existingStreamArn },
    after: { existingStreamKeyArn: EXISTING.existingStreamKeyArn },
  },
  existingClusterArn: { after: CLUSTER },
  existingClusterSecretArn: { before: CLUSTER, after: { existingClusterSecretArn: OTHER_SECRET } },
  existingClusterSecretKeyArn: {
    before: CLUSTER,
    after: { existingClusterSecretKeyArn: EXISTING.existingClusterSecretKeyArn },
  },
  existingPageTopicArn: { after: { existingPageTopicArn } },
  existingTicketTopicArn: {
    before: { ticketEmails: ['t@example.com'] },
    after: { existingTicketTopicArn: existingPageTopicArn },
  },

  streamMode: { after: { streamMode: 'on-demand' } },
  shardCount: { after: { shardCount: 8 } },
  streamRetention: { after: { streamRetention: Duration.days(14) } },
  streamEncryption: { after: { streamEncryption: 'aws-managed' } },

  batchSize: { after: { batchSize: 500 } },
  maxBatchingWindow: { after: { maxBatchingWindow: Duration.seconds(5) } },
  parallelizationFactor: { after: { parallelizationFactor: 10 } },
  startingPosition: { after: { startingPosition: 'LATEST' } },
  startingPositionTimestamp: { before: AT_TIME, after: { startingPositionTimestamp: '2026-01-02T00:00:00Z' } },
  retryAttempts: { after: { retryAttempts: 100 } },
  maxRecordAge: { after: { maxRecordAge: Duration.days(1) } },
  onFailureDestination: { after: { onFailureDestination: false } },
  filterPatterns: { after: { filterPatterns: ['{"data":{"kind":["order"]}}'] } },
  enhancedFanOut: { after: { enhancedFanOut: true } },
  mappingEnabled: { after: { mappingEnabled: false } },

  memorySize: { after: { memorySize: 2048 } },
  timeout: { after: { timeout: Duration.minutes(2) } },
  reservedConcurrency: { after: { reservedConcurrency: 40 } },
  tracing: { after: { tracing: true } },
  rollout: { after: { rollout: 'all-at-once' } },
  emergencyDeploy: { after: { emergencyDeploy: true } },
  cacheMaxEntries: { after: { cacheMaxEntries: 10 } },
  cacheMaxBytes: { after: { cacheMaxBytes: 2048 } },
  cacheTtl: { after: { cacheTtl: Duration.minutes(1) } },
  cacheAbsentTtl: { after: { cacheAbsentTtl: Duration.seconds(1) } },
  fuseThresholdPercent: { after: { fuseThresholdPercent: 100 } },

  databaseName: { after: { databaseName: 'other' } },
  databaseMinCapacity: { after: { databaseMinCapacity: 2 } },
  databaseMaxCapacity: { after: { databaseMaxCapacity: 32 } },
  readers: { after: { readers: 2 } },
  backupRetentionDays: { after: { backupRetentionDays: 14 } },
  ledgerRetention: { after: { ledgerRetention: Duration.days(60) } },

  pageEmails: { after: { pageEmails: ['other@example.com'] } },
  pageHttpsEndpoints: { after: { pageHttpsEndpoints: ['https://pager.example.com/hook'] } },
  ticketEmails: { after: { ticketEmails: ['other@example.com'] } },
  noticeEmails: { after: { noticeEmails: ['other@example.com'] } },
  metricsNamespace: { after: { metricsNamespace: 'Other' } },
  pageWhenBehind: { after: { pageWhenBehind: Duration.minutes(10) } },
  pageWhenRetentionUsedPercent: { after: { pageWhenRetentionUsedPercent: 25 } },
  pageWhenStoppedMinutes: { after: { pageWhenStoppedMinutes: 10 } },
  pageWhenQuarantined: { after: { pageWhenQuarantined: 10 } },
  noticeWhenDurationPercent: { after: { noticeWhenDurationPercent: 50 } },
  noticeWhenCapacityPercent: { after: { noticeWhenCapacityPercent: 50 } },
  noticeWhenCacheHitPercentBelow: { after: { noticeWhenCacheHitPercentBelow: 10 } },
};

const COMPARED = new Map<Sample, readonly ResourceChange[]>();

function changesOf(sample: Sample): readonly ResourceChange[] {
  const known = COMPARED.get(sample) ?? compare(sample);
  COMPARED.set(sample, known);
  return known;
}

function compare({ before, after }: Sample): readonly ResourceChange[] {
  const common = before === undefined ? PRODUCTION : { ...PRODUCTION, ...before };
  return compareTemplates(
    { Resources: synthesize(common).resources },
    { Resources: synthesize({ ...common, ...after }).resources },
  );
}

/** Types of what would be lost, the worst first. */
const LOST = [
  ['AWS::Kinesis::Stream', 'stream'],
  ['AWS::RDS::DBCluster', 'cluster'],
  ['Custom::DatabaseMigrations', 'database'],
  ['AWS::Lambda::EventSourceMapping', 'mapping'],
  ['AWS::S3::Bucket', 'bucket'],
] as const;

function classify(changes: readonly ResourceChange[]): LiveChange {
  const lostIds = new Set(findLosses(changes).map(({ logicalId }) => logicalId));
  const lostTypes = new Set(changes.filter(({ logicalId }) => lostIds.has(logicalId)).map(({ type }) => type));
  const [, lost] = LOST.find(([type]) => lostTypes.has(type)) ?? [];
  if (lost !== undefined) return lost;
  expect([...lostTypes]).toEqual([]);
  const created = changes.filter(({ effect }) => effect !== 'update' && effect !== 'delete').map(({ type }) => type);
  if (created.includes('AWS::SNS::Subscription')) return 'subscription';
  if (created.includes('AWS::Lambda::Version')) return 'version';
  return changes.length === 0 ? 'nothing' : 'update';
}

describe('a change of a setting on a live stack', () => {
  test.each(Object.entries(SAMPLES))('does what the table says (%s)', (name, sample) => {
    expect(classify(changesOf(sample))).toBe(LIVE_CHANGES[name as SettingName]);
  });

  test('of one address leaves the subscriptions of the others as they are', () => {
    const before = { pageEmails: ['a@example.com', 'b@example.com'] };
    // The number of addresses is noted on the topic, which changes nothing of it.
    const touched = (pageEmails: readonly string[]): readonly (readonly string[])[] =>
      compare({ before, after: { pageEmails } })
        .map(({ effect, type }) => [effect, type])
        .filter(([, type]) => type !== 'AWS::SNS::Topic');
    expect(touched(['new@example.com', 'a@example.com', 'b@example.com'])).toEqual([
      ['create', 'AWS::SNS::Subscription'],
    ]);
    expect(touched(['b@example.com'])).toEqual([['delete', 'AWS::SNS::Subscription']]);
    expect(touched(['b@example.com', 'a@example.com', 'a@example.com'])).toEqual([]);
  });

  test('of the function makes another stack, as its name says', () => {
    expect(LIVE_CHANGES.functionName).toBe('stack');
    expect([...SETTING_NAMES].sort()).toEqual(['functionName', ...Object.keys(SAMPLES)].sort());
  });

  test('replaces nothing but what is refused, and the subscription to another topic', () => {
    const replaced = Object.entries(SAMPLES).flatMap(([name, sample]) =>
      changesOf(sample)
        .filter(({ effect }) => effect === 'replace' || effect === 'may-replace')
        .map(({ type }) => [name, type]),
    );
    expect(replaced).toEqual([
      ['existingStreamArn', 'AWS::Lambda::EventSourceMapping'],
      ['existingPageTopicArn', 'AWS::SNS::Subscription'],
      ['existingTicketTopicArn', 'AWS::SNS::Subscription'],
      ['startingPosition', 'AWS::Lambda::EventSourceMapping'],
      ['startingPositionTimestamp', 'AWS::Lambda::EventSourceMapping'],
      ['enhancedFanOut', 'AWS::Lambda::EventSourceMapping'],
    ]);
  });
});
