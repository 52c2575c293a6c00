import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FRAMEWORK_ROOT } from '../../build/function-folder.ts';
import { EventProcessorStack } from '../../lib/event-processor-stack.ts';
import { bundleStackCode, type StackCode } from '../../lib/function-code.ts';
import { STAGES } from '../../lib/settings/stages.ts';
import { ANY_PLACE } from '../../local/cloudwatch/template/cloudformation-template.ts';
import { readTemplate, type MonitoredTemplate } from '../../local/cloudwatch/template/read-template.ts';

/** The stack that the incident happens to. */
export interface IncidentStack {
  readonly name: string;
  readonly template: MonitoredTemplate;
  readonly code: StackCode;
  readonly accountId: string;
}

const NAME = 'flights-prod';

/** Who is paged in the story. */
const ON_CALL = 'on-call@example.com';

/** Synthesizes the stage `prod` of the example as it is deployed, with somebody to page. */
export async function synthesizeIncidentStack(): Promise<IncidentStack> {
  const code = await bundleStackCode('flights');
  const { context } = JSON.parse(readFileSync(join(FRAMEWORK_ROOT, 'cdk.json'), 'utf8')) as {
    readonly context: Record<string, unknown>;
  };
  const app = new App({ context, autoSynth: false });
  const stack = new EventProcessorStack(app, NAME, { ...STAGES.prod[0], pageEmails: [ON_CALL], code, stack: {} });
  const place = { ...ANY_PLACE, stackName: NAME };
  const template = readTemplate(Template.fromStack(stack).toJSON(), place);
  return { name: NAME, template, code, accountId: place.accountId };
}
