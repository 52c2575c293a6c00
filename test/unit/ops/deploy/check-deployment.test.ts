import { describe, expect, it } from 'vitest';
import { checkDeployment } from '../../../../ops/deploy/check-deployment.ts';
import type { StackTemplate, TemplateResource } from '../../../../ops/deploy/compare-templates.ts';
import type { StreamOrder } from '../../../../ops/deploy/stream-order.ts';

const MAPPING = {
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName: { Ref: 'Live' },
    EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 1000,
  },
} as const;

const DEPLOYED = {
  Mapping: MAPPING,
  Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: 'orders', FunctionVersion: '7', Name: 'live' } },
  Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 4 }, DeletionPolicy: 'RetainExceptOnCreate' },
  Cluster: { Type: 'AWS::RDS::DBCluster', Properties: { StorageEncrypted: true, Engine: 'aurora-postgresql' } },
  Mail: {
    Type: 'AWS::SNS::Subscription',
    Properties: { Protocol: 'email', Endpoint: 'a@example.com', TopicArn: 'arn' },
  },
  Migrations: { Type: 'Custom::DatabaseMigrations', Properties: { database: 'events', version: '1' } },
} as const satisfies Readonly<Record<string, TemplateResource>>;

/** What is found out about streams. */
const ORDER: Readonly<Record<string, StreamOrder>> = {
  'arn:aws:kinesis:eu-west-1:123456789012:stream/spread': { problem: 'records are in no order' },
  'arn:aws:kinesis:eu-west-1:123456789012:stream/closed': { unknown: 'AccessDeniedException: no' },
};

interface Outcome {
  readonly lines: readonly string[];
  readonly problem: string | undefined;
}

async function check(
  next: Readonly<Record<string, TemplateResource>>,
  {
    deployed = { Resources: DEPLOYED },
    allowed = [],
  }: { readonly deployed?: StackTemplate | undefined; readonly allowed?: readonly string[] } = {},
): Promise<Outcome> {
  const lines: string[] = [];
  let problem: string | undefined;
  await checkDeployment([{ stackName: 'orders-prod', region: undefined, template: { Resources: next } }], {
    readDeployed: () => Promise.resolve(deployed),
    readStreamOrder: (_, streamArn) => Promise.resolve(ORDER[streamArn] ?? {}),
    allowed: new Set(allowed),
    say: (line) => lines.push(line),
  }).catch((error: unknown) => {
    problem = (error as Error).message;
  });
  return { lines, problem };
}

/** The deployed resources, one of them with other properties. */
function changed(
  logicalId: keyof typeof DEPLOYED,
  properties: Readonly<Record<string, unknown>>,
): Readonly<Record<string, TemplateResource>> {
  const before = DEPLOYED[logicalId];
  return { ...DEPLOYED, [logicalId]: { ...before, Properties: { ...before.Properties, ...properties } } };
}

describe('a deployment', () => {
  it('that changes nothing, updates in place, or is the first one goes ahead', async () => {
    expect(await check(DEPLOYED)).toEqual({ lines: ['orders-prod: nothing changes'], problem: undefined });
    expect(await check(changed('Mapping', { BatchSize: 500 }))).toEqual({
      lines: ['orders-prod: 1 to update'],
      problem: undefined,
    });
    const first = await checkFirst();
    expect(first).toEqual(['orders-prod: not deployed yet, everything will be created']);
  });

  it('that gives a mapping another position is refused, and would fail', async () => {
    const { problem } = await check(changed('Mapping', { StartingPosition: 'LATEST' }));
    expect(problem).toBe(
      'orders-prod: `Mapping` (AWS::Lambda::EventSourceMapping) would be replaced, because StartingPosition changes: ' +
        'it holds the position in the stream, and the deployment would fail, as Lambda allows only one mapping per ' +
        'stream and function; see docs/data-and-positions.md#another-mapping, ' +
        'or allow it with `-c allowReplacement=Mapping`',
    );
  });

  it('that points a mapping at another stream is refused, and would not fail', async () => {
    const { problem } = await check(changed('Mapping', { EventSourceArn: 'arn:aws:kinesis:::stream/other' }));
    expect(problem).toContain('because EventSourceArn changes: it holds the position in the stream; see');
  });

  it('that takes away what holds data is refused, whether it is deleted or left behind', async () => {
    const { Mapping, Live, Mail, Migrations } = DEPLOYED;
    const { problem } = await check({ Mapping, Live, Mail, Migrations });
    expect(problem?.split('\n')).toEqual([
      expect.stringContaining('`Cluster` (AWS::RDS::DBCluster) would be deleted: it holds the tables'),
      expect.stringContaining('`Stream` (AWS::Kinesis::Stream) would leave the stack: it holds the records'),
    ]);
  });

  it('that replaces a cluster names the property', async () => {
    const { problem } = await check(changed('Cluster', { StorageEncrypted: false }));
    expect(problem).toContain('(AWS::RDS::DBCluster) would be replaced, because StorageEncrypted changes: it holds');
  });

  it('that replaces what another resource refers to, and so the other one, is refused', async () => {
    const withSubnets = (name: string): Readonly<Record<string, TemplateResource>> => ({
      ...changed('Cluster', { DBSubnetGroupName: { Ref: 'Subnets' } }),
      Subnets: subnets(name),
    });
    const { problem } = await check(withSubnets('two'), { deployed: { Resources: withSubnets('one') } });
    expect(problem).toContain('`Cluster` (AWS::RDS::DBCluster) would be replaced, because DBSubnetGroupName changes');
  });

  it('that turns to another database is refused, though the cluster stays', async () => {
    const { problem } = await check(changed('Migrations', { database: 'other' }));
    expect(problem).toContain('`Migrations`: another database would be used');
    expect((await check(changed('Migrations', { version: '2' }))).problem).toBeUndefined();
  });

  it('goes ahead with what is allowed by name, and with nothing else', async () => {
    const next = {
      ...changed('Mapping', { StartingPosition: 'LATEST' }),
      Cluster: { ...DEPLOYED.Cluster, Properties: { ...DEPLOYED.Cluster.Properties, StorageEncrypted: false } },
    };
    const allowed = await check(next, { allowed: ['Mapping', 'Cluster'] });
    expect(allowed.problem).toBeUndefined();
    expect(allowed.lines.filter((line) => line.startsWith('  allowed: '))).toHaveLength(2);
    const half = await check(next, { allowed: ['Mapping'] });
    expect(half.problem).toContain('`Cluster`');
    expect(half.problem).not.toContain('`Mapping`');
  });

  it('tells of other replacements, and what they mean', async () => {
    expect(await check(changed('Mail', { Endpoint: 'b@example.com' }))).toEqual({
      problem: undefined,
      lines: [
        'orders-prod: 1 to replace',
        '  `Mail` (AWS::SNS::Subscription) would be replaced, because Endpoint changes: the new address must confirm the subscription; ' +
          'until then it gets no messages',
      ],
    });
  });

  it.each([
    ['itself', { Mapping: reading('spread') }],
    [
      'through a consumer',
      { Consumer: { Type: 'AWS::Kinesis::StreamConsumer', Properties: { StreamARN: stream('spread') } } },
    ],
  ])('that reads %s a stream without order per partition key is refused, also the first time', async (_, next) => {
    const refusal = 'orders-prod: records are in no order';
    expect((await check(next, { deployed: { Resources: next } })).problem).toBe(refusal);
    await expect(checkFirst(next)).rejects.toThrow(refusal);
  });

  it('goes ahead where a stream cannot be looked at, and says so', async () => {
    const next = { Mapping: reading('closed') };
    expect(await check(next, { deployed: { Resources: next } })).toEqual({
      problem: undefined,
      lines: [
        `orders-prod: could not read the stream ${stream('closed')} (AccessDeniedException: no)`,
        'orders-prod: nothing changes',
      ],
    });
  });
});

function stream(name: string): string {
  return `arn:aws:kinesis:eu-west-1:123456789012:stream/${name}`;
}

function reading(name: string): TemplateResource {
  return { ...MAPPING, Properties: { ...MAPPING.Properties, EventSourceArn: stream(name) } };
}

async function checkFirst(
  resources: Readonly<Record<string, TemplateResource>> = DEPLOYED,
): Promise<readonly string[]> {
  const lines: string[] = [];
  await checkDeployment([{ stackName: 'orders-prod', region: undefined, template: { Resources: resources } }], {
    readDeployed: () => Promise.resolve(undefined),
    readStreamOrder: (_, streamArn) => Promise.resolve(ORDER[streamArn] ?? {}),
    allowed: new Set(),
    say: (line) => lines.push(line),
  });
  return lines;
}

function subnets(name: string): TemplateResource {
  return { Type: 'AWS::RDS::DBSubnetGroup', Properties: { DBSubnetGroupName: name, SubnetIds: ['subnet-1'] } };
}
