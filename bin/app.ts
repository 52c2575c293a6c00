import { writeFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { runCommand } from '../command-line/run-command.ts';
import { EventProcessorStack } from '../lib/event-processor-stack.ts';
import { bundleStackCode } from '../lib/function-code.ts';
import { PropsError } from '../lib/props/props-error.ts';
import { checkSettings } from '../lib/settings/check-settings.ts';
import { readCodeCommit } from '../lib/settings/read-code-commit.ts';
import { readSettings } from '../lib/settings/read-settings.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
await runCommand(async () => {
  const { stage, processors } = readSettings(app.node.getAllContext() as Record<string, unknown>);
  const problems = processors.flatMap((settings) =>
    checkSettings(settings).map((problem) =>
      processors.length > 1 ? `${settings.functionName}: ${problem}` : problem,
    ),
  );
  if (problems.length > 0) throw new PropsError(problems);
  const codeCommit = await readCodeCommit();
  for (const settings of processors) {
    const { functionName } = settings;
    new EventProcessorStack(app, `${functionName}-${stage}`, {
      codeCommit,
      ...settings,
      code: await bundleStackCode(functionName),
      stack: { description: `Events of ${functionName} from Kinesis to Aurora, stage ${stage}`, tags: { stage } },
    });
  }
  app.synth();
  return true;
});

// For bin/cdk.ts, which the CDK does not tell.
const { APP_EXIT_CODE_FILE: exitCodeFile } = process.env;
if (exitCodeFile !== undefined) writeFileSync(exitCodeFile, String(process.exitCode ?? 0));
