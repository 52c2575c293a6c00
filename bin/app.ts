import { writeFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { runCommand } from '../command-line/run-command.ts';
import { EventProcessorStack } from '../lib/event-processor-stack.ts';
import { bundleStackCode } from '../lib/function-code.ts';
import { readCodeCommit } from '../lib/settings/read-code-commit.ts';
import { readSettings } from '../lib/settings/read-settings.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
await runCommand(async () => {
  const { stage, props } = readSettings(app.node.getAllContext() as Record<string, unknown>);
  const code = await bundleStackCode(props.functionName);
  new EventProcessorStack(app, `${props.functionName}-${stage}`, {
    codeCommit: await readCodeCommit(),
    ...props,
    code,
    stack: { description: `Events of ${props.functionName} from Kinesis to Aurora, stage ${stage}`, tags: { stage } },
  });
  app.synth();
  return true;
});

// For bin/cdk.ts, which the CDK does not tell.
const { APP_EXIT_CODE_FILE: exitCodeFile } = process.env;
if (exitCodeFile !== undefined) writeFileSync(exitCodeFile, String(process.exitCode ?? 0));
