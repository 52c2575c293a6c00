import type { StackCode } from '../../lib/function-code.ts';
import { loadTemplates } from '../command/load-templates.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { readDeployments } from '../deployment/read-deployments.ts';

/** A stack as it would be deployed, and the code in it. */
export interface LiveStack {
  readonly template: unknown;
  readonly deployment: Deployment;
  readonly code: StackCode;
}

/** Who is paged by a stage that names nobody. */
export const ON_CALL = 'on-call@example.com';

/**
 * Synthesizes the example's stack of a stage, with somebody to page.
 *
 * @param stage such as `prod`
 * @param context further settings, as for `npm run synth`
 */
export async function synthesizeLiveStack(
  stage: string,
  context: Readonly<Record<string, string>> = {},
): Promise<LiveStack> {
  const [loaded] = await loadTemplates({ stage, context: { pageEmails: ON_CALL, ...context }, template: undefined });
  const [deployment] = loaded === undefined ? [] : readDeployments(loaded.json).deployments;
  if (loaded?.code === undefined || deployment === undefined) throw new Error(`the stage ${stage} deploys nothing`);
  return { template: loaded.json, deployment, code: loaded.code };
}
