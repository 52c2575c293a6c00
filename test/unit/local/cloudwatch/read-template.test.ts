import { describe, expect, it } from 'vitest';
import { CloudFormationTemplate } from '../../../../local/cloudwatch/template/cloudformation-template.ts';
import { readTemplate, TemplateError } from '../../../../local/cloudwatch/template/read-template.ts';

type Resources = Readonly<Record<string, unknown>>;

const STAT = {
  Metric: { Namespace: 'AWS/Kinesis', MetricName: 'IncomingRecords', Dimensions: [{ Name: 'StreamName', Value: 's' }] },
  Period: 60,
  Stat: 'Sum',
};

const BEHIND = {
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 300,
  EvaluationPeriods: 5,
  Namespace: 'KinesisToAurora',
  MetricName: 'BacklogAge',
  Dimensions: [{ Name: 'service', Value: 'flights-dev' }],
  Period: 60,
  Statistic: 'Maximum',
};

function alarm(properties: object): Resources {
  return { Behind: { Type: 'AWS::CloudWatch::Alarm', Properties: { ...BEHIND, ...properties } } };
}

function mathAlarm(metrics: readonly object[], rest: object = {}): Resources {
  const { ComparisonOperator, Threshold, EvaluationPeriods } = BEHIND;
  const properties = { ComparisonOperator, Threshold, EvaluationPeriods, Metrics: metrics, ...rest };
  return { Behind: { Type: 'AWS::CloudWatch::Alarm', Properties: properties } };
}

function composite(properties: object): Resources {
  return {
    ...alarm({}),
    Incident: {
      Type: 'AWS::CloudWatch::CompositeAlarm',
      Properties: { AlarmRule: { 'Fn::Sub': 'ALARM("${Behind.Arn}")' }, ...properties },
    },
  };
}

function read(resources: Resources): ReturnType<typeof readTemplate> {
  return readTemplate({ Resources: resources });
}

function problemsOf(resources: Resources): readonly string[] {
  try {
    read(resources);
  } catch (error) {
    if (error instanceof TemplateError) return error.problems;
    throw error;
  }
  return [];
}

describe('a metric alarm', () => {
  it('is read with what CloudFormation sets by itself', () => {
    expect(read(alarm({})).alarms).toEqual([
      {
        kind: 'metric',
        name: 'stack-Behind',
        arn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:stack-Behind',
        description: '',
        actionsEnabled: true,
        actions: { ALARM: [], OK: [], INSUFFICIENT_DATA: [] },
        source: {
          kind: 'metric',
          reading: {
            metric: { namespace: 'KinesisToAurora', name: 'BacklogAge', dimensions: { service: 'flights-dev' } },
            statistic: { kind: 'Maximum' },
          },
        },
        periodSeconds: 60,
        comparison: 'GreaterThanThreshold',
        threshold: 300,
        evaluationPeriods: 5,
        datapointsToAlarm: 5,
        missingData: 'missing',
        ignoresLowSamples: false,
      },
    ]);
  });

  it('is read with everything that it sets, numbers as text too', () => {
    const [found] = read(
      alarm({
        AlarmName: 'behind',
        Threshold: '1.5',
        DatapointsToAlarm: '3',
        TreatMissingData: 'breaching',
        Statistic: undefined,
        ExtendedStatistic: 'p99',
        EvaluateLowSampleCountPercentile: 'ignore',
        Unit: 'Seconds',
        ActionsEnabled: 'false',
      }),
    ).alarms;
    expect(found).toMatchObject({
      name: 'behind',
      threshold: 1.5,
      datapointsToAlarm: 3,
      missingData: 'breaching',
      ignoresLowSamples: true,
      actionsEnabled: false,
      source: { reading: { statistic: { kind: 'percentile', percent: 99 }, unit: 'Seconds' } },
    });
  });

  it('is read when it is over formulas', () => {
    const [found] = read(
      mathAlarm([
        { Id: 'e1', Expression: 'FILL(incoming, 0)', Label: 'a label' },
        { Id: 'incoming', MetricStat: STAT, ReturnData: false },
      ]),
    ).alarms;
    expect(found).toMatchObject({ kind: 'metric', periodSeconds: 60, source: { kind: 'math' } });
  });

  it('is over a single metric also when it names it as `Metrics`', () => {
    const [found] = read(mathAlarm([{ Id: 'incoming', MetricStat: STAT }])).alarms;
    expect(found).toMatchObject({ source: { kind: 'metric', reading: { metric: { name: 'IncomingRecords' } } } });
  });

  it.each([
    {
      what: 'a threshold from anomaly detection',
      properties: { ThresholdMetricId: 'x' },
      problem: 'ThresholdMetricId',
    },
    { what: 'a window by the clock', properties: { EvaluationWindow: {} }, problem: 'EvaluationWindow' },
    { what: 'an unknown comparison', properties: { ComparisonOperator: 'Above' }, problem: 'ComparisonOperator' },
    { what: 'a trimmed mean', properties: { Statistic: 'tm90' }, problem: 'Statistic`: expected Sum, Average' },
    { what: 'a period of 45 s', properties: { Period: 45 }, problem: 'expected 10, 20, 30 or a multiple of 60' },
    { what: 'no metric', properties: { MetricName: undefined }, problem: 'expected `Namespace`, `MetricName`' },
    { what: 'two statistics', properties: { ExtendedStatistic: 'p99' }, problem: 'exclude each other' },
    { what: 'M above N', properties: { DatapointsToAlarm: 6 }, problem: '`DatapointsToAlarm` must be at most' },
    { what: 'more than a day', properties: { EvaluationPeriods: 1441 }, problem: 'at most 1440 of 60 s, got 1441' },
    {
      what: 'more than a week',
      properties: { Period: 3600, EvaluationPeriods: 169 },
      problem: 'at most 168 of 3600 s, got 169',
    },
  ])('is refused with $what', ({ properties, problem }) => {
    expect(problemsOf(alarm(properties))).toEqual([expect.stringContaining(problem)]);
  });

  it('may look at a day, or at a week with periods of an hour', () => {
    expect(problemsOf(alarm({ EvaluationPeriods: 1440 }))).toEqual([]);
    expect(problemsOf(alarm({ Period: 3600, EvaluationPeriods: 168 }))).toEqual([]);
  });

  it.each([
    {
      what: 'a formula that is not modelled',
      metrics: [
        { Id: 'e1', Expression: 'ANOMALY_DETECTION_BAND(m)' },
        { Id: 'm', MetricStat: STAT, ReturnData: false },
      ],
      problem: 'formula `e1`: the function `ANOMALY_DETECTION_BAND` is not modelled',
    },
    {
      what: 'two results',
      metrics: [
        { Id: 'e1', Expression: 'm + 1' },
        { Id: 'm', MetricStat: STAT },
      ],
      problem: 'must have `ReturnData`, got 2',
    },
    {
      what: 'two periods',
      metrics: [
        { Id: 'e1', Expression: 'm + n' },
        { Id: 'm', MetricStat: STAT, ReturnData: false },
        { Id: 'n', MetricStat: { ...STAT, Period: 300 }, ReturnData: false },
      ],
      problem: 'all metrics must have one period, got 60, 300',
    },
    {
      what: 'an id twice',
      metrics: [
        { Id: 'm', MetricStat: STAT },
        { Id: 'm', MetricStat: STAT, ReturnData: false },
      ],
      problem: 'the id `m` is used twice',
    },
    {
      what: 'more than ten entries',
      metrics: [
        { Id: 'e1', Expression: 'SUM(METRICS())' },
        ...Array.from({ length: 10 }, (_, index) => ({ Id: `m${index}`, MetricStat: STAT, ReturnData: false })),
      ],
      problem: 'at most 10 entries, got 11',
    },
    {
      what: 'metric and formula in one',
      metrics: [{ Id: 'm', MetricStat: STAT, Expression: 'm' }],
      problem: '`m` must have either a metric or a formula',
    },
    {
      what: 'an account of its own',
      metrics: [{ Id: 'm', MetricStat: STAT, AccountId: '2' }],
      problem: 'AccountId',
    },
  ])('over metrics is refused with $what', ({ metrics, problem }) => {
    expect(problemsOf(mathAlarm(metrics))).toEqual([expect.stringContaining(problem)]);
  });

  it('is refused with all its problems, under its logical id', () => {
    const problems = problemsOf(alarm({ Period: 45, ComparisonOperator: 'Above', Threshold: 'high' }));
    expect(problems).toHaveLength(3);
    for (const problem of problems) expect(problem).toMatch(/^Behind: /);
  });
});

describe('a composite alarm', () => {
  it('is read with its rule and its suppressor', () => {
    const resources = composite({
      ActionsSuppressor: { Ref: 'Behind' },
      ActionsSuppressorWaitPeriod: 60,
      ActionsSuppressorExtensionPeriod: 0,
    });
    expect(read(resources).alarms[1]).toMatchObject({
      kind: 'composite',
      rule: { kind: 'state', state: 'ALARM', alarm: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:stack-Behind' },
      suppressor: { alarm: 'stack-Behind', waitSeconds: 60, extensionSeconds: 0 },
    });
  });

  it.each([
    { what: 'no rule', properties: { AlarmRule: 'ALARM(' }, problem: 'Incident: `AlarmRule`: expected the name' },
    {
      what: 'an alarm that is not there',
      properties: { AlarmRule: 'ALARM(nowhere)' },
      problem: 'the template has no alarm `nowhere`',
    },
    {
      what: 'an alarm of another Region',
      properties: { AlarmRule: 'ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:stack-Behind)' },
      problem: 'the template has no alarm `arn:aws:cloudwatch:us-east-1:',
    },
    { what: 'itself', properties: { AlarmRule: 'ALARM(stack-Incident)' }, problem: 'the alarm watches itself' },
    {
      what: 'half a suppressor',
      properties: { ActionsSuppressor: { Ref: 'Behind' } },
      problem: 'belong together',
    },
    {
      what: '101 children',
      properties: { AlarmRule: Array.from({ length: 101 }, (_, index) => `ALARM(a${index})`).join(' OR ') },
      problem: 'at most 100 alarms, got 101',
    },
  ])('is refused with $what', ({ properties, problem }) => {
    expect(problemsOf(composite(properties))).toEqual([expect.stringContaining(problem)]);
  });
});

describe('a template', () => {
  it.each(['AlarmMuteRule', 'AnomalyDetector'])('is refused with an %s', (type) => {
    expect(problemsOf({ Other: { Type: `AWS::CloudWatch::${type}`, Properties: {} } })).toEqual([
      `\`AWS::CloudWatch::${type}\` is not modelled`,
    ]);
  });

  it('is refused with two alarms of one name', () => {
    const twice = { ...alarm({ AlarmName: 'a' }), Other: alarm({ AlarmName: 'a' })['Behind'] };
    expect(problemsOf(twice)).toEqual(['two alarms are called `a`']);
  });

  it('is refused with references into nothing and functions that are not modelled', () => {
    expect(problemsOf(alarm({ AlarmActions: [{ Ref: 'Nowhere' }, { 'Fn::Cidr': [] }] }))).toEqual([
      'the template refers to `Nowhere`, which it does not have',
      'the template uses `Fn::Cidr`, which is not modelled',
    ]);
  });

  it('has topics with policies, key and subscriptions', () => {
    const { topics } = read({
      Pages: {
        Type: 'AWS::SNS::Topic',
        Properties: {
          KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
          Subscription: [{ Protocol: 'email', Endpoint: 'a@example.com' }],
        },
      },
      Policy: {
        Type: 'AWS::SNS::TopicPolicy',
        Properties: { Topics: [{ Ref: 'Pages' }], PolicyDocument: { Statement: [{ Effect: 'Allow' }] } },
      },
      Elsewhere: {
        Type: 'AWS::SNS::TopicPolicy',
        Properties: { Topics: ['arn:other'], PolicyDocument: { Statement: [{ Effect: 'Deny' }] } },
      },
      Hook: {
        Type: 'AWS::SNS::Subscription',
        Properties: {
          TopicArn: { Ref: 'Pages' },
          Protocol: 'https',
          Endpoint: 'https://pager.example.com',
          FilterPolicy: { severity: ['page'] },
        },
      },
      Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: { Effect: 'Allow' } }, Enabled: false } },
    });
    expect(topics).toEqual([
      {
        arn: 'arn:aws:sns:eu-west-1:111122223333:stack-Pages',
        subscriptions: [
          { protocol: 'email', endpoint: 'a@example.com', filtered: false },
          { protocol: 'https', endpoint: 'https://pager.example.com', filtered: true },
        ],
        policies: [[{ Effect: 'Allow' }]],
        key: {
          kind: 'own',
          arn: 'arn:aws:kms:eu-west-1:111122223333:key/stack-Key',
          enabled: false,
          policy: [{ Effect: 'Allow' }],
        },
      },
    ]);
  });

  it.each([
    { name: 'alias/aws/sns', key: { kind: 'aws-managed' } },
    { name: 'arn:aws:kms:eu-west-1:111122223333:key/other', key: { kind: 'unknown' } },
    { name: 'alias/pages', key: { kind: 'own' } },
    { name: { Ref: 'Key' }, key: { kind: 'own' } },
  ])('has a topic with the key $name', ({ name, key }) => {
    const { topics } = read({
      Pages: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: name } },
      Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [] } } },
      Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/pages', TargetKeyId: { Ref: 'Key' } } },
    });
    expect(topics[0]?.key).toMatchObject(key);
  });
});

describe('a reference', () => {
  const template = new CloudFormationTemplate({
    Parameters: { Given: { Default: 'a default' }, Open: {} },
    Mappings: { Sizes: { small: { memory: 128 } } },
    Conditions: {
      Small: { 'Fn::Equals': [{ Ref: 'Given' }, 'a default'] },
      Both: { 'Fn::And': [{ Condition: 'Small' }, { 'Fn::Not': [{ 'Fn::Equals': ['a', 'a'] }] }] },
      Either: { 'Fn::Or': [{ Condition: 'Both' }, { Condition: 'Small' }] },
    },
    Resources: {
      Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'orders' } },
      Function: { Type: 'AWS::Lambda::Function' },
      Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Function' }, Name: 'live' } },
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } },
      Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { FunctionName: { Ref: 'Live' } } },
      Pages: { Type: 'AWS::SNS::Topic' },
      Never: { Type: 'AWS::SNS::Topic', Condition: 'Both' },
    },
  });

  it.each([
    { value: { Ref: 'AWS::Region' }, resolved: 'eu-west-1' },
    { value: { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, resolved: { b: [1] } },
    { value: { Ref: 'Given' }, resolved: 'a default' },
    { value: { Ref: 'Open' }, resolved: 'parameter-Open' },
    { value: { Ref: 'Stream' }, resolved: 'orders' },
    { value: { 'Fn::GetAtt': ['Stream', 'Arn'] }, resolved: 'arn:aws:kinesis:eu-west-1:111122223333:stream/orders' },
    { value: { Ref: 'Mapping' }, resolved: 'stack-Mapping' },
    { value: { Ref: 'Live' }, resolved: 'arn:aws:lambda:eu-west-1:111122223333:function:stack-Function:live' },
    { value: { 'Fn::GetAtt': ['Version', 'Version'] }, resolved: '1' },
    { value: { 'Fn::GetAtt': 'Pages.TopicName' }, resolved: 'stack-Pages' },
    { value: { Ref: 'Pages' }, resolved: 'arn:aws:sns:eu-west-1:111122223333:stack-Pages' },
    { value: { 'Fn::Join': ['-', ['a', { Ref: 'Stream' }]] }, resolved: 'a-orders' },
    { value: { 'Fn::Select': [6, { 'Fn::Split': [':', { Ref: 'Live' }] }] }, resolved: 'stack-Function' },
    { value: { 'Fn::Sub': '${Stream}/${Pages.TopicName}/${!kept}' }, resolved: 'orders/stack-Pages/${kept}' },
    { value: { 'Fn::Sub': ['${x}-${AWS::Region}', { x: { Ref: 'Stream' } }] }, resolved: 'orders-eu-west-1' },
    { value: { 'Fn::FindInMap': ['Sizes', 'small', 'memory'] }, resolved: 128 },
    { value: { 'Fn::ImportValue': 'other' }, resolved: 'imported-other' },
    { value: { 'Fn::If': ['Small', 1, 2] }, resolved: 1 },
    { value: { 'Fn::If': ['Both', 1, 2] }, resolved: 2 },
    { value: { 'Fn::If': ['Either', 1, 2] }, resolved: 1 },
  ])('$value is $resolved', ({ value, resolved }) => {
    expect(template.resolve(value)).toEqual(resolved);
    expect(template.problems).toEqual([]);
  });

  it('leaves out resources whose condition is false', () => {
    expect(template.ofType('AWS::SNS::Topic').map(([id]) => id)).toEqual(['Pages']);
  });
});
