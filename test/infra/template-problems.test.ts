import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { STAGES } from '../../lib/settings/stages.ts';
import { EVERYTHING, EXISTING, synthesize } from './synthesized.ts';
import { templateProblems, type AnyTemplate } from './template-problems.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let database: SpecDatabase;

beforeAll(async () => {
  database = await loadAwsServiceSpec();
});

describe('the template', () => {
  test.each([
    ...Object.entries(STAGES).flatMap(([stage, processors]) =>
      processors.map((props) => [`of ${props.functionName} in the stage ${stage}`, props] as const),
    ),
    ['by default', {}],
    ['with an existing stream, cluster and topic', EXISTING],
    ['with everything turned on', EVERYTHING],
  ] as const)('%s is what CloudFormation specifies', (_, props) => {
    const template = synthesize(props).template.toJSON() as AnyTemplate;
    expect(Object.keys(template.Resources).length).toBeGreaterThan(20);
    expect(templateProblems(template, database)).toEqual([]);
  });
});

/** A template without a fault, of the kinds of values there are. */
const SOUND = {
  Resources: {
    Stream: {
      Type: 'AWS::Kinesis::Stream',
      Properties: {
        ShardCount: 1,
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        DesiredShardLevelMetrics: ['ALL'],
        Tags: [{ Key: 'stage', Value: 'dev' }],
      },
      DeletionPolicy: 'Retain',
    },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: 'orders',
        BatchSize: 100,
        BisectBatchOnFunctionError: false,
        EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
        DestinationConfig: { OnFailure: { Destination: { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Stream}' } } },
      },
      DependsOn: 'Stream',
    },
  },
  Outputs: { Name: { Value: { Ref: 'Stream' } } },
};

type Sound = typeof SOUND;

describe('a fault in a template', () => {
  test('is none of the template that the faults are put into', () => {
    expect(templateProblems(SOUND, database)).toEqual([]);
  });

  test.each<readonly [string, (template: Sound) => unknown, string]>([
    ['a type that does not exist', (it) => (it.Resources.Stream.Type = 'AWS::Kinesis::Streem'), 'Stream: unknown type'],
    [
      'a property that does not exist',
      (it) => Object.assign(it.Resources.Mapping.Properties, { BatchSise: 1 }),
      'Mapping: unknown property BatchSise',
    ],
    [
      'a property of an object that does not exist',
      (it) => Object.assign(it.Resources.Mapping.Properties.DestinationConfig, { OnSuccess: {} }),
      'Mapping.DestinationConfig: unknown property OnSuccess',
    ],
    [
      'a missing property',
      (it) => Reflect.deleteProperty(it.Resources.Mapping.Properties, 'FunctionName'),
      'Mapping: missing property FunctionName',
    ],
    [
      'a missing property of an object',
      (it) => Reflect.deleteProperty(it.Resources.Stream.Properties.StreamModeDetails, 'StreamMode'),
      'Stream.StreamModeDetails: missing property StreamMode',
    ],
    [
      'a text where a number belongs',
      (it) => Object.assign(it.Resources.Mapping.Properties, { BatchSize: 'many' }),
      'Mapping.BatchSize: must be of type integer, got "many"',
    ],
    [
      'a fraction where an integer belongs',
      (it) => (it.Resources.Stream.Properties.ShardCount = 1.5),
      'Stream.ShardCount: must be of type integer, got 1.5',
    ],
    [
      'a text where a flag belongs',
      (it) => Object.assign(it.Resources.Mapping.Properties, { BisectBatchOnFunctionError: 'no' }),
      'Mapping.BisectBatchOnFunctionError: must be of type boolean',
    ],
    [
      'one item where a list belongs',
      (it) => Object.assign(it.Resources.Stream.Properties, { DesiredShardLevelMetrics: 'ALL' }),
      'Stream.DesiredShardLevelMetrics: must be an array',
    ],
    [
      'a value that is not allowed',
      (it) => (it.Resources.Stream.Properties.DesiredShardLevelMetrics = ['SOME']),
      'Stream.DesiredShardLevelMetrics[0]: must be one of IncomingBytes',
    ],
    [
      'half a tag',
      (it) => Reflect.deleteProperty(it.Resources.Stream.Properties.Tags[0]!, 'Value'),
      'Stream.Tags[0]: must be a tag',
    ],
    [
      'a policy that does not exist',
      (it) => (it.Resources.Stream.DeletionPolicy = 'Keep'),
      'Stream: no such policy: Keep',
    ],
    [
      'an attribute of no resource',
      (it) => Object.assign(it.Resources.Stream, { DependsUpon: 'Mapping' }),
      'Stream: unknown attribute DependsUpon',
    ],
    [
      'a dependency on nothing',
      (it) => (it.Resources.Mapping.DependsOn = 'Streem'),
      'Mapping: depends on Streem, which does not exist',
    ],
    [
      'a reference to nothing',
      (it) => (it.Outputs.Name.Value.Ref = 'Streem'),
      'Outputs.Name.Value: refers to Streem, which does not exist',
    ],
    [
      'an attribute that its resource does not have',
      (it) => (it.Resources.Mapping.Properties.EventSourceArn['Fn::GetAtt'][1] = 'Address'),
      'Mapping.EventSourceArn: Stream of type AWS::Kinesis::Stream has no attribute Address',
    ],
    [
      'a reference to nothing inside a text',
      (it) => (it.Resources.Mapping.Properties.DestinationConfig.OnFailure.Destination['Fn::Sub'] = '${Streem.Arn}'),
      'Mapping.DestinationConfig.OnFailure.Destination: refers to Streem',
    ],
  ])('is noticed: %s', (_, spoil, problem) => {
    const template = structuredClone(SOUND);
    spoil(template);
    expect(templateProblems(template, database)).toEqual([expect.stringContaining(problem)]);
  });
});
