import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Vpc, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Stream, StreamEncryption } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { METRICS_DIMENSION } from '../../contract/metrics.ts';
import { standInCode } from '../../drills/kept-world/stand-in-code.ts';
import { EventProcessor, type EventProcessorProps } from '../../lib/event-processor.ts';
import { PropsError } from '../../lib/props/props-error.ts';
import { targetOf, type Resource } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const outdir = mkdtempSync(join(tmpdir(), 'several-'));
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

/** An app with one stack of things that all processors share. */
function createSharedApp(name: string) {
  const app = new App({ outdir: join(outdir, name), autoSynth: false });
  const stack = new Stack(app, 'shared');
  const key = new Key(stack, 'Key');
  const vpc = new Vpc(stack, 'Vpc') as IVpc;
  return {
    app,
    stack,
    encryptionKey: key,
    stream: new Stream(stack, 'Stream', { encryption: StreamEncryption.KMS, encryptionKey: key }),
    cluster: new DatabaseCluster(stack, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 }),
      writer: ClusterInstance.serverlessV2('Writer'),
      enableDataApi: true,
      manageMasterUserPassword: true,
      vpc,
    }),
    pageTopic: new Topic(stack, 'Pages', { masterKey: key }),
    noticeTopic: new Topic(stack, 'Notices', { masterKey: key }),
  };
}

type Shared = ReturnType<typeof createSharedApp>;

function props(shared: Shared, functionName: string, databaseName: string): EventProcessorProps {
  const { encryptionKey, stream, cluster, pageTopic, noticeTopic } = shared;
  return {
    code: standInCode(join(outdir, 'code', functionName), functionName),
    encryptionKey,
    stream,
    cluster,
    pageTopic,
    noticeTopic,
    databaseOptions: { databaseName },
    mappingOptions: { enhancedFanOut: true },
  };
}

interface Deployed {
  readonly processor: EventProcessor;
  readonly resources: readonly Resource[];
}

/** Two functions in two stages, a stack for each, and two more side by side in one stack. */
function deployAll(): {
  readonly shared: Shared;
  readonly deployed: readonly Deployed[];
  readonly all: readonly Resource[];
} {
  const shared = createSharedApp('all');
  const stages = ['dev', 'prod'].flatMap((stage) =>
    ['orders', 'refunds'].map(
      (name) => new EventProcessor(new Stack(shared.app, `${name}-${stage}`), 'Default', props(shared, name, stage)),
    ),
  );
  const shop = new Stack(shared.app, 'shop');
  const sideBySide = ['orders', 'refunds'].map((name) => new EventProcessor(shop, name, props(shared, name, 'shop')));
  const processors = [...stages, ...sideBySide];
  const resourcesOf = (stack: Stack): readonly (readonly [string, Resource])[] =>
    Object.entries((Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }).Resources);
  const byStack = new Map(
    [...new Set(processors.map((it) => Stack.of(it)))].map((stack) => [stack, resourcesOf(stack)]),
  );
  return {
    shared,
    all: [...byStack.values()].flatMap((entries) => entries.map(([, resource]) => resource)),
    deployed: processors.map((processor) => ({
      processor,
      resources: (byStack.get(Stack.of(processor)) ?? [])
        .filter(([id]) => Stack.of(processor) !== shop || id.startsWith(processor.node.id))
        .map(([, resource]) => resource),
    })),
  };
}

let everything: ReturnType<typeof deployAll>;

beforeAll(() => {
  everything = deployAll();
});

function ofType(resources: readonly Resource[], type: string): readonly Resource['Properties'][] {
  return resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
}

/** Names of something else, or names within something that has a name of its own. */
const NO_IDENTITY = [
  'AWS::CloudWatch::Alarm MetricName',
  'AWS::CodeDeploy::DeploymentGroup DeploymentConfigName',
  'AWS::Lambda::Alias Name',
  'AWS::Lambda::EventSourceMapping FunctionName',
];

/** Names that the template itself decides, by what they name; those that CloudFormation makes are distinct anyway. */
function physicalNames(resources: readonly Resource[]): readonly string[] {
  return resources.flatMap(({ Type, Properties = {} }) =>
    Object.entries(Properties)
      .filter(([name]) => /(^|[a-z])Name$/.test(name) && !NO_IDENTITY.includes(`${Type} ${name}`))
      .filter(([, value]) => targetOf(value) === undefined)
      .map(([name, value]) => `${Type} ${name} ${JSON.stringify(value)}`),
  );
}

function databaseRoles(resources: readonly Resource[]): readonly string[] {
  return ofType(resources, 'AWS::SecretsManager::Secret').map(({ GenerateSecretString }) => {
    const { SecretStringTemplate } = GenerateSecretString as { readonly SecretStringTemplate: string };
    return (JSON.parse(SecretStringTemplate) as { readonly username: string }).username;
  });
}

/** Values of the dimension under which the functions publish, and under which the alarms look. */
function metricIdentities(resources: readonly Resource[]): {
  readonly published: readonly unknown[];
  readonly watched: readonly unknown[];
} {
  const variables = ofType(resources, 'AWS::Lambda::Function').map(
    ({ Environment }) => (Environment as { readonly Variables: Readonly<Record<string, unknown>> }).Variables,
  );
  const watched = ofType(resources, 'AWS::CloudWatch::Alarm').flatMap((alarm) =>
    [...JSON.stringify(alarm).matchAll(new RegExp(`"Name":"${METRICS_DIMENSION}","Value":"([^"]+)"`, 'g'))].map(
      ([, value]) => value,
    ),
  );
  const published = variables.filter((it) => 'METRICS_NAMESPACE' in it).map((it) => it['DEPLOYMENT']);
  return { published, watched: [...new Set(watched)] };
}

function repeated(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe('several processors on one stream, one cluster, one key and one pair of topics', () => {
  test('make none of these anew', () => {
    for (const type of ['Kinesis::Stream', 'RDS::DBCluster', 'EC2::VPC', 'KMS::Key', 'SNS::Topic']) {
      expect(ofType(everything.all, `AWS::${type}`)).toEqual([]);
    }
  });

  test('give no two things the same physical name', () => {
    const names = physicalNames(everything.all);
    // Consumer, dashboard, saved queries, incidents.
    expect(new Set(names.map((name) => name.split(' ')[0])).size).toBe(4);
    expect(repeated(names)).toEqual([]);
  });

  test('name each dashboard after its region too, as dashboards are global', () => {
    for (const { DashboardName } of ofType(everything.all, 'AWS::CloudWatch::Dashboard')) {
      expect(JSON.stringify(DashboardName)).toContain('{"Ref":"AWS::Region"}');
    }
  });

  test('have database roles of their own, since roles belong to the whole cluster', () => {
    const roles = databaseRoles(everything.all);
    expect(roles).toHaveLength(2 * everything.deployed.length);
    expect(repeated(roles)).toEqual([]);
    for (const role of roles) expect(role).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
    expect(roles).toContain('orders_dev_processor');
  });

  test('publish metrics under names of their own, where their own alarms look', () => {
    const identities = everything.deployed.map(({ resources }) => metricIdentities(resources));
    for (const { published, watched } of identities) {
      expect(published).toHaveLength(2);
      expect(watched).toHaveLength(1);
      expect(new Set(published)).toEqual(new Set(watched));
    }
    expect(repeated(identities.map(({ watched }) => String(watched[0])))).toEqual([]);
  });

  test('show on their dashboards what they publish, and nothing of the others', () => {
    for (const { processor, resources } of everything.deployed) {
      const [{ DashboardBody } = { DashboardBody: '' }] = ofType(resources, 'AWS::CloudWatch::Dashboard');
      const shown = [...JSON.stringify(DashboardBody).matchAll(/service\\",\\"([^"\\]+)/g)].map(([, value]) => value);
      expect(new Set(shown)).toEqual(new Set([processor.deployment]));
    }
  });

  test('are refused where two would write the same tables', () => {
    const shared = createSharedApp('twins');
    new EventProcessor(new Stack(shared.app, 'orders-dev'), 'Default', props(shared, 'orders', 'events'));
    const twin = new Stack(shared.app, 'orders-prod');
    expect(() => new EventProcessor(twin, 'Default', props(shared, 'orders', 'events'))).toThrow(
      new PropsError([
        '`databaseName` must differ where orders-dev/Default and orders-prod/Default share a cluster, got "events" ' +
          'twice; both write the tables of orders, and events of one would count as already written by the other',
      ]),
    );
  });
});
