import { describe, expect, test, vi } from 'vitest';
import { INDEXED_FIELDS } from '../../lib/monitoring/log-queries.ts';
import { checkSettings } from '../../lib/settings/check-settings.ts';
import { createApp, settings, synthesize, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const PLACE = 'eu-west-1:123456789012';
const FUNCTION = `arn:aws:lambda:${PLACE}:function:search`;
const FIREHOSE = `arn:aws:firehose:${PLACE}:deliverystream/search`;
const STREAM = `arn:aws:kinesis:${PLACE}:stream/search`;
const ELSEWHERE = 'arn:aws:logs:eu-west-1:210987654321:destination:search';

/** Groups of the functions that the stack is about; emptying buckets and the like have logs too. */
const FUNCTIONS = ['MigrationsMigrate', 'ProcessingProcessor', 'WatchingPrune', 'WatchingWatchdog'];

function forwarded({ ofType }: Synthesized): readonly Readonly<Record<string, unknown>>[] {
  return ofType('AWS::Logs::SubscriptionFilter').map(([, { Properties }]) => Properties);
}

test('the logs of processor and watchdog are indexed by what operators search for', () => {
  const indexed = synthesize()
    .ofType('AWS::Logs::LogGroup')
    .flatMap(([id, { Properties }]) =>
      Properties['FieldIndexPolicies'] === undefined ? [] : [[id.split('Logs')[0], Properties['FieldIndexPolicies']]],
    );
  expect(Object.fromEntries(indexed)).toEqual({
    ProcessingProcessor: [{ Fields: INDEXED_FIELDS.processor }],
    WatchingWatchdog: [{ Fields: INDEXED_FIELDS.watchdog }],
  });
});

describe('log lines that are forwarded', () => {
  test('stay where they are unless a destination is set', () => {
    expect(forwarded(synthesize())).toEqual([]);
  });

  test.each([
    [FUNCTION, ['AWS::Lambda::Permission']],
    [FIREHOSE, ['AWS::IAM::Role']],
    [STREAM, ['AWS::IAM::Role']],
    [ELSEWHERE, []],
  ])('go from every function to %s, which nobody makes', (arn, needed) => {
    const before = synthesize();
    const stack = synthesize({ logDestinationArn: arn });
    const groups = forwarded(stack).map(({ DestinationArn, FilterPattern, LogGroupName }) => {
      expect({ DestinationArn, FilterPattern }).toEqual({ DestinationArn: arn, FilterPattern: '' });
      return (LogGroupName as { readonly Ref: string }).Ref.split('Logs')[0];
    });
    expect(groups.sort()).toEqual(FUNCTIONS);
    const added = Object.entries(stack.resources).filter(([id]) => !Object.hasOwn(before.resources, id));
    const kinds = new Set(added.map(([, { Type }]) => Type));
    kinds.delete('AWS::Logs::SubscriptionFilter');
    expect([...kinds]).toEqual(needed);
  });

  test.each([
    [FIREHOSE, 'firehose:PutRecord'],
    [STREAM, 'kinesis:PutRecord'],
  ])('go to %s with a role that may put records there', (arn, action) => {
    const stack = synthesize({ logDestinationArn: arn });
    const [{ RoleArn } = {}] = forwarded(stack);
    expect(RoleArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^LogForwarding/), 'Arn'] });
    const [[, role] = []] = stack.ofType('AWS::IAM::Role').filter(([id]) => id.startsWith('LogForwarding'));
    expect(role?.Properties['Policies']).toMatchObject([
      { PolicyDocument: { Statement: [{ Action: expect.arrayContaining([action]) as unknown, Resource: arn }] } },
    ]);
  });

  test('go to a function that each log group may invoke, and no other', () => {
    const permissions = synthesize({ logDestinationArn: FUNCTION })
      .ofType('AWS::Lambda::Permission')
      .map(([, { Properties }]) => Properties)
      .filter(({ FunctionName }) => FunctionName === FUNCTION);
    expect(permissions).toHaveLength(FUNCTIONS.length);
    for (const { Action, Principal, SourceArn } of permissions) {
      expect([Action, Principal]).toEqual(['lambda:InvokeFunction', 'logs.amazonaws.com']);
      expect(SourceArn).toEqual({ 'Fn::GetAtt': [expect.stringContaining('Logs'), 'Arn'] });
    }
  });

  test.each([FUNCTION, STREAM])('to %s pass the checks of `cdk synth`', (arn) => {
    expect(() => createApp({ logDestinationArn: arn }, { nag: true }).app.synth()).not.toThrow();
  });

  test.each(['search', 'arn:aws:sns:eu-west-1:123456789012:search', 'arn:aws:lambda:eu-west-1:12:function:search'])(
    'cannot go to %s',
    (logDestinationArn) => {
      expect(checkSettings(settings({ logDestinationArn }))).toEqual([
        '`logDestinationArn` must be the ARN of a function, a Firehose stream, a Kinesis stream or a destination of ' +
          `CloudWatch Logs, got "${logDestinationArn}"`,
      ]);
    },
  );

  test('cannot go to the stream that is read', () => {
    expect(checkSettings(settings({ logDestinationArn: STREAM, existingStreamArn: STREAM }))).toEqual([
      expect.stringContaining('`logDestinationArn` must not be `existingStreamArn`') as string,
    ]);
  });
});
