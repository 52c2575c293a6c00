import { Duration } from 'aws-cdk-lib';
import { describe, expect, test, vi } from 'vitest';
import type { StageSettings } from '../../lib/settings/stage-settings.ts';
import { EVERYTHING, EXISTING, synthesize, type Resource } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/**
 * A mapping under another logical id is another mapping: CloudFormation would make it anew, without a position in the
 * stream. Whoever changes this must plan how the new one takes over.
 */
const LOGICAL_ID = 'PollingMapping30ABFFC3';

const DEFAULTS = {};
const NO_DESTINATION = { onFailureDestination: false } as const;

function mapping(props: Partial<StageSettings> = DEFAULTS): Resource['Properties'] {
  const mappings = synthesize(props).ofType('AWS::Lambda::EventSourceMapping');
  expect(mappings.map(([id]) => id)).toEqual([LOGICAL_ID]);
  return mappings[0]![1].Properties;
}

describe('the event source mapping', () => {
  test('has every property as decided', () => {
    expect(mapping()).toEqual({
      BatchSize: 1000,
      BisectBatchOnFunctionError: false,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^FailedBatchesBucket/), 'Arn'] } },
      },
      Enabled: true,
      EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^EventsStream/), 'Arn'] },
      FunctionName: expect.anything() as unknown,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumBatchingWindowInSeconds: 1,
      MaximumRecordAgeInSeconds: 561_600,
      MaximumRetryAttempts: -1,
      MetricsConfig: { Metrics: ['EventCount'] },
      ParallelizationFactor: 1,
      StartingPosition: 'TRIM_HORIZON',
    });
  });

  test('is on the live alias from the first release', () => {
    const name = JSON.stringify(mapping()['FunctionName']);
    expect(name).toMatch(/ProcessingProcessorFunctionAliaslive/);
    expect(name).toContain(':live');
  });

  test.each([
    ['BatchSize', { batchSize: 10_000 }, 10_000],
    ['MaximumBatchingWindowInSeconds', { maxBatchingWindow: Duration.seconds(0) }, 0],
    ['ParallelizationFactor', { parallelizationFactor: 10 }, 10],
    ['StartingPosition', { startingPosition: 'LATEST' }, 'LATEST'],
    ['StartingPositionTimestamp', EVERYTHING, 1_767_225_600],
    ['BisectBatchOnFunctionError', { retryAttempts: 0 }, true],
    ['MaximumRetryAttempts', { retryAttempts: 3 }, 3],
    ['MaximumRecordAgeInSeconds', { maxRecordAge: Duration.hours(1) }, 3_600],
    ['MaximumRecordAgeInSeconds', NO_DESTINATION, undefined],
    ['DestinationConfig', NO_DESTINATION, undefined],
    ['FilterCriteria', EVERYTHING, { Filters: [{ Pattern: '{"data":{"kind":["order"]}}' }] }],
    ['Enabled', { mappingEnabled: false }, false],
    ['EventSourceArn', EXISTING, EXISTING.existingStreamArn],
    ['EventSourceArn', EVERYTHING, { 'Fn::GetAtt': [expect.stringMatching(/^EventsConsumer/), 'ConsumerARN'] }],
  ] as const)('gets %s from the settings', (property, props, value) => {
    expect(mapping(props)[property]).toEqual(value);
  });
});
