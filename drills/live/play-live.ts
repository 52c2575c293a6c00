import { flightsExample } from '../../local/examples/flights-example.ts';
import type { DeploymentPlan } from '../../local/live/deployment-plan.ts';
import type { LiveWorld } from '../../local/live/live-world.ts';
import { playMinute } from '../../local/live/play-minute.ts';
import type { Timeline, TimelineMinute } from '../timeline.ts';
import type { Course } from '../world/simulate.ts';
import { LiveCourse } from './live-course.ts';

/** What a deployment lives through. */
export interface LivePart {
  readonly plan: DeploymentPlan;
  /** Tells its stream from those of other scenarios in the same emulator; metrics do without. */
  readonly streamSuffix: string;
  readonly course: Course;
}

/**
 * Plays a course on the real local path: the bundles of processor and watchdog against the stream emulator and a
 * database, under the virtual clock of the world.
 *
 * @param part what is deployed, and what happens to it
 * @param twin another stage beside it, on the same database server
 * @returns what CloudWatch gets to see of both
 * @throws Error when the course has conditions that cannot be brought about here
 */
export async function playLive(world: LiveWorld, part: LivePart, twin?: LivePart): Promise<Timeline> {
  const parts = twin === undefined ? [part] : [part, twin];
  const client = world.kinesis.client();
  try {
    const input = await flightsExample.input();
    const courses: LiveCourse[] = [];
    for (const { plan, course, streamSuffix } of parts) {
      const events = input.events()[Symbol.iterator]();
      courses.push(new LiveCourse(await world.deploy({ ...plan, streamSuffix }), course.phases, { client, events }));
    }
    const timeline = await play(world, courses, part.course);
    for (const { deployment } of courses) await deployment[Symbol.asyncDispose]();
    return timeline;
  } finally {
    client.destroy();
  }
}

async function play(world: LiveWorld, courses: readonly LiveCourse[], course: Course): Promise<Timeline> {
  const { leadMinutes, minutes, alarmsMadeAt } = course;
  const passed: TimelineMinute[] = [];
  let startMs: number | undefined;
  for (let minute = -leadMinutes; minute < minutes; minute += 1) {
    const inputs = [];
    for (const live of courses) inputs.push({ deployment: live.deployment, ...(await live.begin(minute)) });
    const played = await playMinute(world, inputs);
    startMs ??= played[0]?.startMs;
    passed.push({ data: played.flatMap(({ data }) => data), lines: played.flatMap(({ lines }) => lines) });
  }
  return { startMs: startMs ?? 0, leadMinutes, minutes: passed, alarmsMadeAt };
}
