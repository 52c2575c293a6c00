import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { standInCode } from '../../drills/kept-world/stand-in-code.ts';
import { EventProcessorStack } from '../../lib/event-processor-stack.ts';
import type { StageSettings } from '../../lib/settings/stage-settings.ts';

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** What a template holds, as far as tests look at it. */
export interface Synthesized {
  readonly template: Template;
  readonly resources: Readonly<Record<string, Resource>>;
  /** Resources of one type by logical id. */
  readonly ofType: (type: string) => readonly (readonly [logicalId: string, resource: Resource])[];
}

const CDK_JSON = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>;
};

export const EXISTING = {
  existingStreamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
  existingStreamKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/stream',
  existingClusterArn: 'arn:aws:rds:eu-west-1:123456789012:cluster:shared',
  existingClusterSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:owner-abcdef',
  existingClusterSecretKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/secret',
  existingPageTopicArn: 'arn:aws:sns:eu-west-1:123456789012:pages',
} as const satisfies Partial<StageSettings>;

/** Every option that adds something. */
export const EVERYTHING = {
  shardCount: 4,
  parallelizationFactor: 10,
  reservedConcurrency: 40,
  streamMode: 'on-demand',
  streamEncryption: 'aws-managed',
  enhancedFanOut: true,
  tracing: true,
  filterPatterns: ['{"data":{"kind":["order"]}}'],
  startingPosition: 'AT_TIMESTAMP',
  startingPositionTimestamp: '2026-01-01T00:00:00Z',
  pageEmails: ['a@example.com'],
  pageHttpsEndpoints: ['https://pager.example.com/hook'],
  noticeEmails: ['b@example.com'],
  emergencyDeploy: true,
} as const satisfies Partial<StageSettings>;

/** Settings of a stack that pages somebody, with what a test puts in their place. */
export function settings(props: Partial<StageSettings> = {}): StageSettings {
  return { functionName: 'orders', pageEmails: ['a@example.com'], ...props };
}

/** Templates by the settings they were made of: a synthesis takes seconds, and nobody changes its result. */
const SYNTHESIZED = new WeakMap<Partial<StageSettings>, Synthesized>();

/** Makes a stack of stand-in code and synthesizes it; the same settings object gives the same template. */
export function synthesize(props: Partial<StageSettings> = {}): Synthesized {
  const known = SYNTHESIZED.get(props);
  if (known !== undefined) return known;
  const made = synthesizeAnew(props);
  SYNTHESIZED.set(props, made);
  return made;
}

function synthesizeAnew(props: Partial<StageSettings>): Synthesized {
  const { app, stack } = createApp(props);
  const template = Template.fromStack(stack);
  rmSync(app.outdir, { recursive: true, force: true });
  const resources = (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
  return {
    template,
    resources,
    ofType: (type) => Object.entries(resources).filter(([, resource]) => resource.Type === type),
  };
}

/** The same stack in an app that is checked as `cdk synth` checks it. */
export function createApp(
  props: Partial<StageSettings>,
  options: { readonly nag?: boolean; readonly env?: Environment } = {},
): { readonly app: App; readonly stack: EventProcessorStack } {
  const outdir = mkdtempSync(join(tmpdir(), 'synthesized-'));
  const app = new App({ outdir, context: { ...CDK_JSON.context }, autoSynth: false });
  if (options.nag === true) Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  const stack = new EventProcessorStack(app, 'orders-test', {
    ...settings(props),
    code: standInCode(join(outdir, 'code')),
    stack: { ...(options.env !== undefined && { env: options.env }) },
  });
  return { app, stack };
}

/** Logical id that a `Ref` or `Fn::GetAtt` points to. */
export function targetOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('Ref' in value) return value.Ref as string;
  const attribute = (value as { 'Fn::GetAtt'?: readonly string[] })['Fn::GetAtt'];
  return attribute?.[0];
}
