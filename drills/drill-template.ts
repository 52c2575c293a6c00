import type { Deployment } from './deployment/deployment.ts';
import { readDeployments } from './deployment/read-deployments.ts';
import { drillScenario, type ScenarioResult } from './drill-deployment.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';

/** A deployment and what came of every scenario. */
export interface DeploymentResult {
  readonly name: string;
  /** Ids of its alarms. */
  readonly alarms: readonly string[];
  readonly notes: readonly string[];
  /** What is wrong apart from any scenario, one sentence each. */
  readonly faults: readonly string[];
  readonly scenarios: readonly ScenarioResult[];
}

/** A template and what came of it. */
export interface TemplateResult {
  readonly source: string;
  readonly deployments: readonly DeploymentResult[];
  /** Logical ids of alarms that are not ours, and were not judged. */
  readonly otherAlarms: readonly string[];
}

/** What to play, and whom to tell on the way. */
export interface DrillTemplateOptions {
  /** Names of scenarios; empty for all. */
  readonly scenarios?: readonly string[];
  readonly onDeployment?: (deployment: Deployment) => void;
  readonly onScenario?: (result: ScenarioResult) => void;
}

/**
 * Drills every processor of a template.
 *
 * @param source for people
 * @param json a template as it was synthesized, parsed
 * @throws `DrillError` or `TemplateError` when there is nothing to drill in it
 */
export async function drillTemplate(
  source: string,
  json: unknown,
  { scenarios = [], onDeployment, onScenario }: DrillTemplateOptions = {},
): Promise<TemplateResult> {
  const { deployments, otherAlarms } = readDeployments(json);
  const played = SCENARIOS.filter(({ name }) => scenarios.length === 0 || scenarios.includes(name));
  const results: DeploymentResult[] = [];
  for (const deployment of deployments) {
    onDeployment?.(deployment);
    const twin = twinOf(json, deployment);
    const passed: ScenarioResult[] = [];
    for (const scenario of played) {
      const result = await drillScenario(deployment, scenario, { twin });
      onScenario?.(result);
      passed.push(result);
    }
    const { name, alarms, notes, faults } = deployment;
    results.push({
      name,
      alarms: alarms.map(({ id }) => id),
      notes,
      faults: [...faults, ...(isComplete(deployment, scenarios) ? neverFired(deployment, passed) : [])],
      scenarios: passed,
    });
  }
  return { source, deployments: results, otherAlarms };
}

/** Whether all came out as it must. */
export function hasPassed({ deployments }: TemplateResult): boolean {
  return deployments.every(
    ({ faults, scenarios }) => faults.length === 0 && scenarios.every((one) => one.faults.length === 0),
  );
}

/** In a stack that is paused on purpose most alarms have nothing to fire for. */
function isComplete({ promises }: Deployment, scenarios: readonly string[]): boolean {
  return scenarios.length === 0 && promises.mappingEnabled;
}

/** An alarm that no scenario has set off has not been seen to fire. */
function neverFired({ alarms }: Deployment, scenarios: readonly ScenarioResult[]): readonly string[] {
  return alarms
    .filter(({ id }) => scenarios.every(({ outcomes }) => (outcomes.get(id) ?? 'quiet') === 'quiet'))
    .map(({ id }) => `${id} must fire in at least one scenario, and fires in none`);
}

const TWIN_STACK = { stackName: 'twin', accountId: '111122223333', region: 'eu-west-1' } as const;

/** The same processor as another stage: nothing of it has the same name, unless the template gives it one. */
export function twinOf(json: unknown, { name }: Deployment): Deployment {
  const renamed = JSON.parse(JSON.stringify(json).replaceAll(name, `${name}-twin`)) as unknown;
  const { deployments } = readDeployments(renamed, TWIN_STACK);
  const twin = deployments.find((deployment) => deployment.name === `${name}-twin`);
  if (twin === undefined) throw new Error(`no twin of ${name}`);
  return twin;
}
