import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { standInCode } from '../../drills/kept-world/stand-in-code.ts';
import type { StackCode } from '../../lib/function-code.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8');
const ACCOUNT = { account: '111122223333', region: 'eu-west-1' } as const;

interface Recipe {
  readonly title: string;
  readonly code: string;
}

/** The example under each heading of the document. */
const RECIPES: readonly Recipe[] = [
  ...DOCUMENT.matchAll(/^## (.+)\n(?:(?!^## )[\s\S])*?^```ts\n([\s\S]*?)^```$/gm),
].map(([, title = '', code = '']) => ({ title, code }));

/** Where an example can import what the project can; not kept. */
let folder: string;

beforeAll(() => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  folder = mkdtempSync(join(ROOT, '.cache', 'recipes-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Run = (this: Stack, code: StackCode, refundsCode: StackCode) => void;

/** Runs an example as the constructor of a stack does, after what the document says stands before it. */
async function synthesizeRecipe({ title, code }: Recipe): Promise<Template> {
  const lines = code.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const body = lines.filter((line) => !line.startsWith('import '));
  const file = join(folder, `${title.replaceAll(/\W+/g, '-')}.ts`);
  writeFileSync(
    file,
    [
      ...imports,
      `import { EventProcessor } from '${join(ROOT, 'lib/event-processor.ts')}';`,
      'export default function (this: any, code: any, refundsCode: any) {',
      "const orders = new EventProcessor(this, 'Orders', { code, pagerOptions: { pageEmails: ['pages@example.com'] } });",
      ...body,
      '}',
    ].join('\n'),
  );
  const { default: run } = (await import(pathToFileURL(file).href)) as { readonly default: Run };
  const app = new App({ outdir: join(folder, 'out', title), autoSynth: false });
  const stack = new Stack(app, 'shop', { env: ACCOUNT });
  const bundle = (name: string) => standInCode(join(folder, 'code', name), name);
  run.call(stack, bundle('orders'), bundle('refunds'));
  return Template.fromStack(stack);
}

const reference = (id: string) => ({ Ref: Match.stringLikeRegexp(`^${id}`) });

/** What the template of each recipe must have: the point of the recipe. */
const EXPECTED: Readonly<Record<string, (template: Template) => void>> = {
  'Pages in Slack': (template) => {
    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', {
      SnsTopicArns: [reference('OrdersPagingPages')],
    });
  },
  'Pages by SMS': (template) => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'sms',
      TopicArn: reference('OrdersPagingPages'),
    });
  },
  'Pages in a topic that you have': (template) => {
    template.hasResourceProperties('AWS::CloudWatch::CompositeAlarm', {
      AlarmName: 'shop_Refunds-NotKeepingUp',
      AlarmActions: ['arn:aws:sns:eu-west-1:111122223333:on-call'],
    });
  },
  'An alarm of your own': (template) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: 100,
      Dimensions: [{ Name: 'FunctionName', Value: reference('OrdersProcessing') }],
      AlarmActions: [reference('OrdersPagingNotices')],
    });
  },
  Tags: (template) => {
    const tag = { Tags: Match.arrayWith([{ Key: 'team', Value: 'fulfilment' }]) };
    for (const type of ['Kinesis::Stream', 'RDS::DBCluster']) template.allResourcesProperties(`AWS::${type}`, tag);
    // All but the one that the CDK shares among everything in the stack.
    template.resourcePropertiesCountIs('AWS::Lambda::Function', tag, 4);
    template.resourceCountIs('AWS::Lambda::Function', 5);
  },
  'A permissions boundary': (template) => {
    template.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue() });
  },
  'A reader instance': (template) => {
    // Two writers, and one reader.
    template.resourceCountIs('AWS::RDS::DBInstance', 3);
    template.hasOutput('Reader', { Value: { 'Fn::GetAtt': [Match.anyValue(), 'ReadEndpoint.Address'] } });
  },
  'A cluster that you have': (template) => {
    template.resourceCountIs('AWS::RDS::DBCluster', 1);
    const [migrate] = Object.values(template.findResources('Custom::DatabaseMigrations')).filter((it) =>
      JSON.stringify(it).includes('RefundsMigrations'),
    );
    expect(JSON.stringify(migrate)).toContain('cluster:shop');
  },
  'A stream that you have': (template) => {
    template.resourceCountIs('AWS::Kinesis::Stream', 1);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/shop',
      // Half a day less than the three days that were told.
      MaximumRecordAgeInSeconds: 216_000,
    });
  },
  'A producer in another account': (template) => {
    template.hasResourceProperties('AWS::Kinesis::ResourcePolicy', { ResourceArn: Match.anyValue() });
  },
  'Two functions that share everything': (template) => {
    for (const type of ['Kinesis::Stream', 'RDS::DBCluster', 'KMS::Key']) template.resourceCountIs(`AWS::${type}`, 1);
    template.resourceCountIs('AWS::SNS::Topic', 2);
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 2);
  },
  'Two stages on one cluster': (template) => {
    template.resourceCountIs('AWS::RDS::DBCluster', 1);
    const databases = Object.values(template.findResources('Custom::DatabaseMigrations')).map(
      ({ Properties }: Record<string, { database?: unknown }>) => Properties?.database,
    );
    expect(databases.sort()).toEqual(['events', 'staging']);
  },
};

describe('docs/recipes.md', () => {
  test('has an example under every heading, and an expectation here for each', () => {
    const headings = [...DOCUMENT.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(RECIPES.map(({ title }) => title)).toEqual(headings);
    expect(Object.keys(EXPECTED).sort()).toEqual([...headings].sort());
  });

  test.each(RECIPES)('$title', async (recipe) => {
    EXPECTED[recipe.title]!(await synthesizeRecipe(recipe));
  });
});
