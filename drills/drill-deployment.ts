import type { Deployment } from './deployment/deployment.ts';
import { INCIDENT_IDS } from './deployment/drilled-alarms.ts';
import { judge, type Finding } from './judge/judge.ts';
import { PLAUSIBLE_BEHAVIORS, type PlausibleBehavior } from './play/behaviors.ts';
import { playTimeline, type Played } from './play/play-timeline.ts';
import type { Expectation, Plan, Scenario } from './scenarios/scenario.ts';
import type { Timeline } from './timeline.ts';
import { simulate } from './world/simulate.ts';

/** What became of an alarm in a scenario. */
export type Outcome =
  /** It fired, as it must. */
  | 'fired'
  /** It fired, which is true and was not asked for. */
  | 'allowed'
  | 'quiet'
  | 'wrong';

/** A page of an incident, over all ways of evaluating alarms. */
export interface Page {
  /** Id of the incident's alarm. */
  readonly id: string;
  /** Scenario minutes in which it goes out, the earliest and the latest. */
  readonly minutes: readonly [earliest: number, latest: number];
  /** The same for its end; undefined where it is on to the end. */
  readonly over: readonly [earliest: number, latest: number] | undefined;
}

/** Something that is wrong, and with which ways of evaluating alarms it is. */
export interface Fault extends Finding {
  /** Names of the ways; all of them unless some come out right. */
  readonly behaviors: readonly string[];
}

/** A scenario as it came out. */
export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  /** Why it was not played; undefined when it was. */
  readonly notPlayed: string | undefined;
  readonly pages: readonly Page[];
  readonly faults: readonly Fault[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Plays one scenario to a deployment, whatever way AWS may have of evaluating alarms. */
export async function drillScenario(
  deployment: Deployment,
  scenario: Scenario,
  {
    twin,
    behaviors = PLAUSIBLE_BEHAVIORS,
  }: { readonly twin: Deployment; readonly behaviors?: readonly PlausibleBehavior[] },
): Promise<ScenarioResult> {
  const { name, title } = scenario;
  const isPaused = !deployment.promises.mappingEnabled && scenario.isForPause !== true;
  const plan = isPaused ? 'the stack itself disables the mapping' : scenario.plan(deployment);
  if (typeof plan === 'string') return { name, title, notPlayed: plan, pages: [], faults: [], outcomes: new Map() };
  const timeline = await timelineOf(deployment, plan, twin);
  const drilled = drillTimeline(deployment, { timeline, expectation: plan.expectation }, behaviors);
  const before = (plan.faults ?? []).map((sentence) => ({
    about: name,
    kind: sentence,
    sentence,
    behaviors: namesOf(behaviors),
  }));
  return { name, title, notPlayed: undefined, ...drilled, faults: [...before, ...drilled.faults] };
}

function namesOf(behaviors: readonly PlausibleBehavior[]): readonly string[] {
  return behaviors.map(({ name }) => name);
}

/** Plays a timeline, however it was made, and holds what comes of it against what must. */
export function drillTimeline(
  deployment: Deployment,
  { timeline, expectation }: { readonly timeline: Timeline; readonly expectation: Expectation },
  behaviors: readonly PlausibleBehavior[] = PLAUSIBLE_BEHAVIORS,
): Pick<ScenarioResult, 'pages' | 'faults' | 'outcomes'> {
  const played = playTimeline(deployment, timeline, behaviors);
  const faults = collectFaults(played, (one) => judge(deployment, one, expectation));
  return {
    pages: pagesOf(played),
    faults,
    outcomes: new Map(deployment.alarms.map(({ id }) => [id, outcomeOf(id, { played, faults, expectation })])),
  };
}

/** Simulates what a plan says, with the other stage beside it where there is one. */
export async function timelineOf(
  deployment: Deployment,
  { course, twin: twinCourse }: Plan,
  twin: Deployment,
): Promise<Timeline> {
  const timeline = await simulate(deployment, course);
  return twinCourse === undefined ? timeline : sideBySide(timeline, await simulate(twin, twinCourse));
}

function sideBySide(own: Timeline, other: Timeline): Timeline {
  return {
    ...own,
    minutes: own.minutes.map(({ data, lines }, index) => ({
      data: [...data, ...(other.minutes[index]?.data ?? [])],
      lines: [...lines, ...(other.minutes[index]?.lines ?? [])],
    })),
  };
}

/** What is wrong in the same way is told once, with the first way of evaluating alarms in which it is. */
function collectFaults(played: readonly Played[], judgeOne: (one: Played) => readonly Finding[]): readonly Fault[] {
  const faults = new Map<string, Fault>();
  for (const one of played) {
    for (const finding of judgeOne(one)) {
      const key = `${finding.about} ${finding.kind}`;
      const known = faults.get(key);
      faults.set(key, { ...finding, ...known, behaviors: [...(known?.behaviors ?? []), one.behavior.name] });
    }
  }
  return [...faults.values()];
}

function pagesOf(played: readonly Played[]): readonly Page[] {
  return Object.values(INCIDENT_IDS).flatMap((id) => {
    const pages = played.flatMap(({ spans }) => {
      const on = (spans.get(id) ?? []).filter(({ state }) => state === 'ALARM');
      const [first] = on;
      return first === undefined ? [] : [{ from: first.from, until: on.at(-1)?.until ?? Infinity }];
    });
    if (pages.length === 0) return [];
    const ends = pages.map(({ until }) => until);
    const over = ends.every(Number.isFinite) ? rangeOf(ends) : undefined;
    return [{ id, minutes: rangeOf(pages.map(({ from }) => from)), over }];
  });
}

function rangeOf(numbers: readonly number[]): readonly [number, number] {
  return [Math.floor(Math.min(...numbers)), Math.floor(Math.max(...numbers))];
}

function outcomeOf(
  id: string,
  {
    played,
    faults,
    expectation,
  }: { readonly played: readonly Played[]; readonly faults: readonly Fault[]; readonly expectation: Expectation },
): Outcome {
  if (faults.some(({ about }) => about === id)) return 'wrong';
  const hasFired = played.some(({ spans }) => (spans.get(id) ?? []).some(({ state }) => state === 'ALARM'));
  if (!hasFired) return 'quiet';
  return (expectation.may ?? []).includes(id) ? 'allowed' : 'fired';
}
