import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { STAGES } from '../../lib/settings/stages.ts';
import type { StackTemplate } from '../../ops/deploy/compare-templates.ts';
import { creationOrder, destroy, failCreation, logsWithoutOwner, waitingFor } from './life-cycle.ts';
import { EVERYTHING, EXISTING, settings, synthesize } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const VARIANTS = {
  dev: settings(STAGES.dev[0]),
  prod: settings(STAGES.prod[0]),
  'existing stream and cluster': EXISTING,
  everything: EVERYTHING,
} as const;

type Variant = keyof typeof VARIANTS;

const NAMES = Object.keys(VARIANTS) as readonly Variant[];

function templateOf(name: Variant): StackTemplate {
  return { Resources: synthesize(VARIANTS[name]).resources };
}

function typesOf(template: StackTemplate, ids: readonly string[]): readonly string[] {
  return [...new Set(ids.map((id) => template.Resources?.[id]?.Type ?? id))].sort();
}

describe.each(NAMES)('a stack (%s)', (name) => {
  test('can be created: nothing waits for itself, and the code comes after the database', () => {
    const template = templateOf(name);
    const order = creationOrder(template);
    expect(order).toHaveLength(Object.keys(template.Resources ?? {}).length);
    const migrations = order.find((id) => template.Resources?.[id]?.Type === 'Custom::DatabaseMigrations') ?? '';
    const later = typesOf(template, [...waitingFor(template, migrations)]);
    expect(later).toEqual(expect.arrayContaining(['AWS::Lambda::Alias', 'AWS::Lambda::EventSourceMapping']));
  });

  test('leaves nothing behind when its creation fails, whatever fails', () => {
    const template = templateOf(name);
    for (const failing of Object.keys(template.Resources ?? {})) {
      expect({ failing, ...failCreation(template, failing) }).toEqual({ failing, kept: [], stuck: {}, broken: {} });
    }
  });

  test('can be destroyed, and what it keeps has all that it needs', () => {
    const { stuck, broken } = destroy(templateOf(name));
    expect({ stuck, broken }).toEqual({ stuck: {}, broken: {} });
  });

  test('has no log that AWS makes by itself, which nobody would ever delete', () => {
    expect(logsWithoutOwner(templateOf(name))).toEqual([]);
  });
});

describe('a stack that is destroyed', () => {
  test('leaves nothing in a test stage, also with batches in the bucket', () => {
    expect(destroy(templateOf('dev'))).toEqual({ kept: [], stuck: {}, broken: {} });
  });

  test('keeps in production what holds data, with the network around it', () => {
    const template = templateOf('prod');
    expect(typesOf(template, destroy(template).kept)).toEqual([
      'AWS::EC2::FlowLog',
      'AWS::EC2::RouteTable',
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::Subnet',
      'AWS::EC2::SubnetRouteTableAssociation',
      'AWS::EC2::VPC',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::KMS::Key',
      'AWS::Kinesis::Stream',
      'AWS::Logs::LogGroup',
      'AWS::RDS::DBCluster',
      'AWS::RDS::DBSubnetGroup',
      'AWS::S3::Bucket',
      'AWS::SecretsManager::Secret',
      'Custom::DeletionProtection',
    ]);
  });

  test('leaves in production what the guide says, and nothing else', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/teardown.md'), 'utf8');
    const named = [...guide.matchAll(/`((?:AWS::\w+|Custom)::\w+)`/g)].map(([, type = '']) => type);
    const template = templateOf('prod');
    expect([...new Set(named)].sort()).toEqual(typesOf(template, destroy(template).kept));
  });

  test('is made anew beside what it has left: nothing that is kept has a name that the next one would have', () => {
    const resources = templateOf('prod').Resources ?? {};
    const names = destroy(templateOf('prod')).kept.flatMap((id) =>
      Object.entries(resources[id]?.Properties ?? {}).filter(([name]) =>
        /^(Name|BucketName|LogGroupName|RoleName|GroupName|DBClusterIdentifier|DBSubnetGroupName)$/.test(name),
      ),
    );
    const fixed = names.filter(
      ([, value]) => typeof value === 'string' || !/AWS::StackId|"Ref"/.test(JSON.stringify(value)),
    );
    expect(fixed).toEqual([]);
    expect(names.map(([name]) => name)).toContain('DBClusterIdentifier');
  });

  test('waits a week for the key of a test stage, and never for ever for a batch that was given up', () => {
    const propertiesOf = (name: Variant, type: string): unknown =>
      Object.values(templateOf(name).Resources ?? {}).find((it) => it.Type === type)?.Properties;
    expect(propertiesOf('dev', 'AWS::KMS::Key')).toMatchObject({ PendingWindowInDays: 7 });
    expect(propertiesOf('prod', 'AWS::KMS::Key')).not.toHaveProperty('PendingWindowInDays');
    expect(propertiesOf('prod', 'AWS::S3::Bucket')).toMatchObject({
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 365, Status: 'Enabled' }] },
    });
  });

  test('leaves the cluster protected, which a first deployment that fails does not', () => {
    const resources = Object.entries(templateOf('prod').Resources ?? {});
    const [protectionId, protection] = resources.find(([, it]) => it.Type === 'Custom::DeletionProtection') ?? [];
    expect(destroy(templateOf('prod')).kept).toContain(protectionId);
    expect(protection?.DeletionPolicy).toBe('RetainExceptOnCreate');
    const calls = protection?.Properties ?? {};
    for (const [event, isProtected] of [
      ['Create', true],
      ['Update', true],
      ['Delete', false],
    ] as const) {
      expect(JSON.stringify(calls[event])).toContain(`\\"DeletionProtection\\":${String(isProtected)}`);
    }
  });
});
