import { ownFunctionFolder } from '../../build/function-folder.ts';
import { flightsExample } from '../../local/examples/flights-example.ts';
import { startLiveWorld, type LiveWorld } from '../../local/live/live-world.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { drillTimeline, timelineOf, type ScenarioResult } from '../drill-deployment.ts';
import { twinOf, type TemplateResult } from '../drill-template.ts';
import type { Plan } from '../scenarios/scenario.ts';
import type { Timeline } from '../timeline.ts';
import { alarmDisagreements, gaugeDisagreements } from './compare-timelines.ts';
import { livePlan } from './live-plan.ts';
import { LIVE_SCENARIOS, type LiveScenario } from './live-scenarios.ts';
import { synthesizeLiveStack, type LiveStack } from './live-stack.ts';
import { playLive, type LivePart } from './play-live.ts';

const STAGE = 'dev';

/** The world and the stacks that live scenarios share. */
export class LiveDrill implements AsyncDisposable {
  readonly #world: LiveWorld;
  readonly #stacks = new Map<string, Promise<LiveStack>>();

  private constructor(world: LiveWorld) {
    this.#world = world;
  }

  /** Starts the world. */
  static async start(): Promise<LiveDrill> {
    return new LiveDrill(await startLiveWorld({ folder: ownFunctionFolder('flights'), example: flightsExample }));
  }

  /** The stack that a scenario is played to. */
  async stackFor({ context = {} }: Pick<LiveScenario, 'context'>): Promise<LiveStack> {
    const key = JSON.stringify(context);
    const stack = this.#stacks.get(key) ?? synthesizeLiveStack(STAGE, context);
    this.#stacks.set(key, stack);
    return stack;
  }

  /**
   * Plays a scenario on the real local path, judges it as it is judged when it is simulated, and compares the two: where
   * they differ, one of them is wrong.
   */
  async drill(live: LiveScenario): Promise<ScenarioResult> {
    const { name, title, plan: planFor } = live.scenario;
    const stack = await this.stackFor(live);
    const { deployment } = stack;
    const plan = planFor(deployment);
    if (typeof plan === 'string') return { name, title, notPlayed: plan, pages: [], faults: [], outcomes: new Map() };
    const twin = twinOf(stack.template, deployment);
    const timeline = await this.#play(name, plan, { stack, twin });
    const simulated = await timelineOf(deployment, plan, twin);
    const drilled = drillTimeline(deployment, { timeline, expectation: plan.expectation });
    const disagreements = disagreementsOf(deployment, plan, { live: timeline, simulated });
    const faults = disagreements.map((sentence) => ({ about: name, kind: sentence, sentence, behaviors: [] }));
    return { name, title, notPlayed: undefined, ...drilled, faults: [...drilled.faults, ...faults] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]();
  }

  async #play(
    name: string,
    plan: Plan,
    { stack, twin }: { readonly stack: LiveStack; readonly twin: Deployment },
  ): Promise<Timeline> {
    const part = (deployment: Deployment, course: Plan['course']): LivePart => ({
      plan: livePlan(deployment, stack.code),
      streamSuffix: name,
      course,
    });
    const own = part(stack.deployment, plan.course);
    return playLive(this.#world, own, plan.twin && part(twin, plan.twin));
  }
}

function disagreementsOf(
  deployment: Deployment,
  { course, expectation }: Plan,
  timelines: { readonly live: Timeline; readonly simulated: Timeline },
): readonly string[] {
  const { name } = deployment;
  return [
    ...gaugeDisagreements({ ...timelines, phases: course.phases, deployment: name }),
    ...alarmDisagreements(deployment, timelines, expectation.may ?? []),
  ];
}

/**
 * Plays every live scenario, one after the other in one world.
 *
 * @param onScenario hears of each as it came out
 */
export async function drillLive(onScenario: (result: ScenarioResult) => void): Promise<TemplateResult> {
  await using drill = await LiveDrill.start();
  const scenarios: ScenarioResult[] = [];
  for (const live of LIVE_SCENARIOS) {
    const result = await drill.drill(live);
    onScenario(result);
    scenarios.push(result);
  }
  const { deployment } = await drill.stackFor({});
  const { name, alarms, notes, faults } = deployment;
  return {
    source: 'live',
    deployments: [{ name: `${name}, live`, alarms: alarms.map(({ id }) => id), notes, faults, scenarios }],
    otherAlarms: [],
  };
}
