import { Duration, Token, Lazy } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { checkValue } from '../../../../lib/props/check-value.ts';
import type { OptionSpec } from '../../../../lib/props/option-spec.ts';
import { resolveOptions } from '../../../../lib/props/resolve-options.ts';
import { checkSettings, optionsOf } from '../../../../lib/settings/check-settings.ts';
import { SETTING_SPECS, type SettingName, type StageSettings } from '../../../../lib/settings/stage-settings.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const STREAM_ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/events';
const KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/0b0e0c52';
const CLUSTER_ARN = 'arn:aws:rds:eu-west-1:123456789012:cluster:events';
const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:owner-abcdef';

/** Settings that are fine, with what a test puts in their place. */
function settings(props: object = {}): StageSettings {
  return { functionName: 'flights', removalPolicy: 'destroy', ...props };
}

function problemsOf(props: object): readonly string[] {
  return checkSettings(settings(props), NOW);
}

const SURROUNDINGS = { isTemporary: true, hasPageTopic: false, hasCluster: false, now: NOW };

function warningsOf(props: object): Readonly<Record<string, string>> {
  return resolveOptions(optionsOf(settings(props)), SURROUNDINGS).warnings;
}

interface Bound {
  readonly name: SettingName;
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

/** The last value on either side of each bound that is allowed, and the first that is not. */
const BOUNDS = (Object.entries(SETTING_SPECS) as [SettingName, OptionSpec][]).flatMap(
  ([name, spec]): readonly Bound[] => {
    switch (spec.kind) {
      case 'integer':
        return [
          {
            name,
            good: [spec.min, spec.max],
            bad: [spec.min - 1, spec.max + 1, spec.min + 0.5, NaN, String(spec.min)],
          },
        ];
      case 'number':
        return [{ name, good: [spec.min, spec.max], bad: [spec.min - spec.step, spec.max + spec.step, 1.25, NaN] }];
      case 'duration':
        return [
          {
            name,
            good: [Duration.seconds(spec.min), Duration.seconds(spec.max)],
            bad: [Duration.seconds(spec.max + 1), Duration.millis(spec.min * 1000 + 500), spec.min].concat(
              spec.min > 0 ? [Duration.seconds(spec.min - 1)] : [],
            ),
          },
        ];
      case 'boolean':
        return [{ name, good: [true, false], bad: ['true', 1] }];
      case 'choice':
        return [{ name, good: [...spec.values], bad: ['else', ''] }];
      case 'text':
      case 'list':
        return [];
    }
  },
);

describe('checkSettings', () => {
  test.each(BOUNDS.flatMap(({ name, good }) => good.map((value) => ({ name, value }))))(
    'takes `$name` $value',
    ({ name, value }) => {
      expect(checkValue(name, SETTING_SPECS[name], value)).toBeUndefined();
    },
  );

  test.each(BOUNDS.flatMap(({ name, bad }) => bad.map((value) => ({ name, value }))))(
    'refuses `$name` $value with what it must be',
    ({ name, value }) => {
      const [problem] = problemsOf({ [name]: value });
      expect(problem).toMatch(new RegExp(`^\`${name}\` must be .+, got .+`));
    },
  );

  test.each([
    ['batchSize', 0, '`batchSize` must be an integer from 1 to 10000, got 0'],
    ['batchSize', 10_001, '`batchSize` must be an integer from 1 to 10000, got 10001'],
    ['batchSize', '500', '`batchSize` must be an integer from 1 to 10000, got "500"'],
    ['databaseMaxCapacity', 0.75, '`databaseMaxCapacity` must be a number from 1 to 256 in steps of 0.5, got 0.75'],
    [
      'maxBatchingWindow',
      Duration.seconds(301),
      '`maxBatchingWindow` must be a duration in whole seconds from 0s to 5m, got 301s',
    ],
    ['rollout', 'blue', '`rollout` must be canary or all-at-once, got "blue"'],
    ['tracing', 'yes', '`tracing` must be true or false, got "yes"'],
    ['existingStreamArn', 'events', '`existingStreamArn` must be the ARN of a stream, got "events"'],
    [
      'functionName',
      'My_Function',
      '`functionName` must be lowercase letters, digits and hyphens, at most 30, as in order-events, got "My_Function"',
    ],
    [
      'metricsNamespace',
      'AWS/Lambda',
      '`metricsNamespace` must be at most 255 letters, digits or . - _ / #, not AWS/, got "AWS/Lambda"',
    ],
    [
      'pageHttpsEndpoints',
      ['http://pager'],
      '`pageHttpsEndpoints` must be a list of at most 10, each a URL that begins with https://, got ["http://pager"]',
    ],
    [
      'pageEmails',
      Array(11).fill('a@example.com'),
      expect.stringMatching(/^`pageEmails` must be a list of at most 10, each an e-mail address, got \[/),
    ],
  ])('says of `%s` %j what was expected and what it got', (name, value, message) => {
    expect(problemsOf({ [name]: value })).toEqual([message]);
  });

  test('tells every problem at once, of single values, of names and between values', () => {
    expect(
      problemsOf({ batchSize: 0, parallelisationFactor: 2, retryAttempts: 10, onFailureDestination: false, zzz: 1 }),
    ).toEqual([
      '`parallelisationFactor` is not a setting; did you mean `parallelizationFactor`?',
      '`zzz` is not a setting; see docs/configuration.md',
      '`batchSize` must be an integer from 1 to 10000, got 0',
      '`onFailureDestination` must be true when `retryAttempts` or `maxRecordAge` is set, got false; records that are ' +
        'given up would be lost without a trace',
    ]);
  });

  test('lets pass what is known only at deploy time', () => {
    expect(
      problemsOf({
        batchSize: Token.asNumber({ Ref: 'BatchSize' }),
        existingStreamArn: Token.asString({ Ref: 'Stream' }),
        streamRetention: Duration.seconds(Lazy.number({ produce: () => 60 })),
      }),
    ).toEqual([]);
  });

  test('needs a function', () => {
    expect(problemsOf({ functionName: undefined })).toEqual(['`functionName` must be set, got nothing']);
  });

  test.each([
    [Duration.days(2), Duration.hours(36)],
    [Duration.days(30), Duration.days(7)],
  ])('gives records up half a day before a retention of %s ends, as far as Lambda can count', (retention, age) => {
    const given = { streamRetention: retention, ledgerRetention: Duration.days(60) };
    const { options } = resolveOptions(optionsOf(settings(given)), SURROUNDINGS);
    expect(options.mappingOptions.maxRecordAge?.toSeconds()).toBe(age.toSeconds());
  });
});

/** Each rule on both sides: what is just allowed, and what is not any more. */
interface Rule {
  readonly wants: string;
  readonly good: object;
  readonly bad: object;
  readonly message: RegExp;
}

const RULES: readonly Rule[] = [
  {
    wants: 'an age within the retention',
    good: { streamRetention: Duration.days(2), maxRecordAge: Duration.days(2) },
    bad: { streamRetention: Duration.days(2), maxRecordAge: Duration.seconds(172_801) },
    message: /^`maxRecordAge` must be at most `streamRetention` \(2d\), got 172801s/,
  },
  {
    wants: 'a ledger that outlives every delivery',
    good: { ledgerRetention: Duration.days(8) },
    bad: { ledgerRetention: Duration.seconds(8 * 86_400 - 1) },
    message: /^`ledgerRetention` must be at least a day longer than `streamRetention` \(7d\)/,
  },
  {
    wants: 'a first page before the last warning',
    good: {
      streamRetention: Duration.days(1),
      maxRecordAge: Duration.days(1),
      pageWhenBehind: Duration.seconds(43_199),
    },
    bad: { streamRetention: Duration.days(1), maxRecordAge: Duration.days(1), pageWhenBehind: Duration.hours(12) },
    message: /^`pageWhenBehind` must be less than `pageWhenRetentionUsedPercent`/,
  },
  {
    wants: 'records that get older than the page about their age, for as long as its alarm takes',
    good: { pageWhenBehind: Duration.minutes(5), maxRecordAge: Duration.seconds(661) },
    bad: { pageWhenBehind: Duration.minutes(5), maxRecordAge: Duration.seconds(660) },
    message:
      /^`maxRecordAge` must be more than 6m longer than `pageWhenBehind` \(5m\), got 11m; records would be given up/,
  },
  {
    wants: 'the same of a function with a long timeout, whose alarm takes longer',
    good: { timeout: Duration.minutes(15), maxRecordAge: Duration.seconds(3_181) },
    bad: { timeout: Duration.minutes(15), maxRecordAge: Duration.minutes(53) },
    message: /^`maxRecordAge` must be more than 48m longer/,
  },
  {
    wants: 'concurrency for every lane',
    good: { shardCount: 4, parallelizationFactor: 10, reservedConcurrency: 40 },
    bad: { shardCount: 4, parallelizationFactor: 10, reservedConcurrency: 39 },
    message: /^`reservedConcurrency` must be at least `shardCount` × `parallelizationFactor` \(40\), got 39/,
  },
  {
    wants: 'time for two tries',
    good: { batchSize: 10_000, timeout: Duration.seconds(22) },
    bad: { batchSize: 10_000, timeout: Duration.seconds(21) },
    message: /^`timeout` must be at least 22s for `batchSize` 10000/,
  },
  {
    wants: 'memory for the largest batch',
    good: { batchSize: 10_000, memorySize: 240 },
    bad: { batchSize: 10_000, memorySize: 239 },
    message: /^`memorySize` must be at least 240 for `batchSize` 10000, got 239; .* raise it or lower `batchSize`$/,
  },
  {
    wants: 'more than the least memory for more than a few hundred records',
    good: { batchSize: 627, memorySize: 128 },
    bad: { batchSize: 628, memorySize: 128 },
    message: /^`memorySize` must be at least 144 for `batchSize` 628, got 128/,
  },
  {
    wants: 'a destination where batches are given up',
    good: { onFailureDestination: false },
    bad: { onFailureDestination: false, retryAttempts: 0 },
    message: /^`onFailureDestination` must be true when `retryAttempts`/,
  },
  {
    wants: 'a destination where records are given up by age',
    good: { onFailureDestination: true, maxRecordAge: Duration.days(1) },
    bad: { onFailureDestination: false, maxRecordAge: Duration.days(1) },
    message: /^`onFailureDestination` must be true/,
  },
  {
    wants: 'a time with AT_TIMESTAMP',
    good: { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: '2026-06-01T00:00:00Z' },
    bad: { startingPosition: 'AT_TIMESTAMP' },
    message: /^`startingPositionTimestamp` must be set with `startingPosition` AT_TIMESTAMP/,
  },
  {
    wants: 'a time only with AT_TIMESTAMP',
    good: {},
    bad: { startingPositionTimestamp: '2026-05-01T00:00:00Z' },
    message: /and only then, got TRIM_HORIZON and 2026-05-01T00:00:00Z$/,
  },
  {
    wants: 'a time that is past',
    good: { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: '2026-06-01T00:00:00Z' },
    bad: { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: '2026-06-01T00:00:01Z' },
    message: /^`startingPositionTimestamp` must not be in the future/,
  },
  {
    wants: 'a stream for its key',
    good: { existingStreamArn: STREAM_ARN, existingStreamKeyArn: KEY_ARN },
    bad: { existingStreamKeyArn: KEY_ARN },
    message: /^`existingStreamKeyArn` must come with `existingStreamArn`/,
  },
  {
    wants: 'cluster and secret together',
    good: { existingClusterArn: CLUSTER_ARN, existingClusterSecretArn: SECRET_ARN },
    bad: { existingClusterArn: CLUSTER_ARN },
    message: /^`existingClusterArn` and `existingClusterSecretArn` must be set together/,
  },
  {
    wants: 'a secret for its key',
    good: {
      existingClusterArn: CLUSTER_ARN,
      existingClusterSecretArn: SECRET_ARN,
      existingClusterSecretKeyArn: KEY_ARN,
    },
    bad: { existingClusterSecretKeyArn: KEY_ARN },
    message: /^`existingClusterSecretKeyArn` must come with/,
  },
  {
    wants: 'least capacity below the most',
    good: { databaseMinCapacity: 4, databaseMaxCapacity: 4 },
    bad: { databaseMinCapacity: 4.5, databaseMaxCapacity: 4 },
    message: /^`databaseMinCapacity` must be at most `databaseMaxCapacity` \(4\), got 4.5/,
  },
  {
    wants: 'a notice about capacity that can end',
    good: { databaseMinCapacity: 7.5, databaseMaxCapacity: 8, noticeWhenCapacityPercent: 94 },
    bad: { databaseMinCapacity: 7.5, databaseMaxCapacity: 8, noticeWhenCapacityPercent: 93 },
    message: /^`noticeWhenCapacityPercent` must be at least 94, .*\(7.5\) in .*\(8\), got 93; .* would never turn off$/,
  },
  {
    wants: 'no such notice of a cluster that cannot scale',
    good: { databaseMinCapacity: 8, databaseMaxCapacity: 8 },
    bad: { databaseMinCapacity: 8, databaseMaxCapacity: 9, noticeWhenCapacityPercent: 80 },
    message: /^`noticeWhenCapacityPercent` must be at least 89/,
  },
  {
    wants: 'somebody to page',
    good: { removalPolicy: 'retain', pageEmails: ['a@example.com'] },
    bad: { removalPolicy: 'retain' },
    message: /nobody would be paged/,
  },
];

describe('the checks between settings', () => {
  test.each(RULES)('want $wants', ({ good, bad, message }) => {
    expect(problemsOf(good)).toEqual([]);
    expect(problemsOf(bad)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['retries', { retryAttempts: -1 }, { retryAttempts: 0 }],
    ['filters', { filterPatterns: [] }, { filterPatterns: ['{"data":{}}'] }],
    [
      'batching-window',
      { pageWhenBehind: Duration.minutes(5), maxBatchingWindow: Duration.minutes(5) },
      { pageWhenBehind: Duration.seconds(299), maxBatchingWindow: Duration.minutes(5) },
    ],
    ['cache-memory', { memorySize: 240, batchSize: 1_000 }, { memorySize: 239, batchSize: 1_000 }],
    ['auto-pause', { databaseMinCapacity: 0.5 }, { databaseMinCapacity: 0 }],
  ])('warn about %s', (id, quiet, loud) => {
    expect(Object.keys(warningsOf(quiet))).toEqual([]);
    expect(Object.keys(warningsOf(loud))).toEqual([id]);
  });
});
