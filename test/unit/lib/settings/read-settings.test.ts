import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../../lib/settings/read-settings.ts';
import { STAGES } from '../../../../lib/settings/stages.ts';

describe('readSettings', () => {
  test('takes the default stage, and leaves the keys of the CDK alone', () => {
    expect(readSettings({ '@aws-cdk/core:something': true, 'aws:cdk:bundling-stacks': [] })).toEqual({
      stage: 'dev',
      processors: STAGES.dev,
    });
  });

  test('replaces single settings of a stage, read from text', () => {
    const { stage, processors } = readSettings({
      stage: 'prod',
      batchSize: '500',
      retryAttempts: '-1',
      tracing: 'true',
      emergencyDeploy: 'true',
      databaseMaxCapacity: '2.5',
      maxBatchingWindow: '90s',
      logRetentionDays: '14',
      rollout: 'all-at-once',
      pageEmails: 'a@example.com,b@example.com',
      filterPatterns: '["{\\"data\\":{\\"a\\":[1,2]}}"]',
    });
    expect(stage).toBe('prod');
    expect(processors).toEqual([
      {
        ...STAGES.prod[0],
        batchSize: 500,
        retryAttempts: -1,
        tracing: true,
        emergencyDeploy: true,
        databaseMaxCapacity: 2.5,
        maxBatchingWindow: Duration.seconds(90),
        logRetentionDays: 14,
        rollout: 'all-at-once',
        pageEmails: ['a@example.com', 'b@example.com'],
        filterPatterns: ['{"data":{"a":[1,2]}}'],
      },
    ]);
  });

  test('leaves text that does not fit for the check to tell', () => {
    expect(readSettings({ batchSize: 'many', maxBatchingWindow: '5', tracing: 'yes' }).processors[0]).toMatchObject({
      batchSize: 'many',
      maxBatchingWindow: '5',
      tracing: 'yes',
    });
  });

  test('refuses an unknown stage and unknown names together, with the nearest known ones', () => {
    expect(() => readSettings({ stage: 'prd', batchSiz: '5', shards: '1' })).toThrow(
      [
        'the settings are invalid:',
        '- `stage` must be one of dev, prod (lib/settings/stages.ts), got "prd"; did you mean `prod`?',
        '- `batchSiz` is not a setting; did you mean `batchSize`?',
        '- `shards` is not a setting; see docs/configuration.md',
      ].join('\n'),
    );
  });

  const SEVERAL = { all: [{ functionName: 'orders' }, { functionName: 'refunds', batchSize: 10 }] };

  test('replaces a setting in every processor of a stage', () => {
    expect(readSettings({ stage: 'all', timeout: '90s' }, SEVERAL).processors).toEqual([
      { functionName: 'orders', timeout: Duration.seconds(90) },
      { functionName: 'refunds', batchSize: 10, timeout: Duration.seconds(90) },
    ]);
  });

  test('refuses one name for several processors, from the stage or from the command line', () => {
    const twins = { all: [...SEVERAL.all, { functionName: 'orders' }] };
    expect(() => readSettings({ stage: 'all', functionName: 'orders' }, twins)).toThrow(
      [
        'the settings are invalid:',
        '- `functionName` must differ between the processors of a stage, got "orders" twice',
        '- `functionName` must not be overridden in a stage of 3 processors; name the stack to deploy instead',
      ].join('\n'),
    );
  });

  test('refuses to replace a mapping, a stream or a cluster by an option that the next deployment does not know', () => {
    expect(() => readSettings({ startingPosition: 'LATEST', enhancedFanOut: 'true' })).toThrow(
      /^- `startingPosition` must not be overridden on the command line: .* another mapping, .*\n- `enhancedFanOut` must/m,
    );
    for (const [name, kind] of [
      ['startingPositionTimestamp', 'mapping'],
      ['existingStreamArn', 'stream'],
      ['existingClusterArn', 'cluster'],
    ] as const) {
      expect(() => readSettings({ [name]: 'other' })).toThrow(
        new RegExp(`\`${name}\` must not be .* another ${kind},`),
      );
      const [processor] = readSettings({ [name]: 'other', allowReplacement: 'Mapping' }).processors;
      expect(processor).toMatchObject({ [name]: 'other' });
    }
  });

  test('lets such an option through that says what the stage has', () => {
    const stages = { test: [{ functionName: 'orders', enhancedFanOut: true }] };
    const options = { stage: 'test', startingPosition: 'TRIM_HORIZON', enhancedFanOut: 'true' };
    expect(readSettings(options, stages).processors).toMatchObject([{ enhancedFanOut: true }]);
    expect(() => readSettings({ stage: 'test', enhancedFanOut: 'false' }, stages)).toThrow('`enhancedFanOut` must not');
  });
});
