import type { Deployment } from '../deployment/deployment.ts';
import type { IncidentName } from '../deployment/drilled-alarms.ts';
import type { Course } from '../world/simulate.ts';

/** When an alarm has to be on. All minutes are scenario minutes. */
export interface ExpectedAlarm {
  /** On by then, at the latest, where metrics are not late. */
  readonly by: number;
  /** Not on before. @defaultValue 0 */
  readonly notBefore?: number;
  /** Without a gap until then. @defaultValue it may go off again at once */
  readonly until?: number;
  /** Over by then, where metrics are not late, and it stays so. @defaultValue it may be on at the end */
  readonly overBy?: number;
}

/** What has to come out. Every alarm and every incident that is not named has to stay quiet from beginning to end. */
export interface Expectation {
  /** Incidents that page; the page has to reach somebody. */
  readonly pages?: Readonly<Partial<Record<IncidentName, ExpectedAlarm>>>;
  readonly alarms?: Readonly<Record<string, ExpectedAlarm>>;
  /** Alarms, and incidents by their names, that may be on: what happens is true of them too. */
  readonly may?: readonly string[];
}

/** A scenario as it is played to one deployment. */
export interface Plan {
  readonly course: Course;
  readonly expectation: Expectation;
  /** What another stage of the same function lives through beside it; nothing of it may be heard here. */
  readonly twin?: Course;
  /** What is wrong whatever the alarms do, one sentence each. */
  readonly faults?: readonly string[];
}

/** A situation, and the alarms that it must and must not set off. */
export interface Scenario {
  /** As `--scenario` takes it. */
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  /** Whether it is about a stack that is paused on purpose, to which nothing else can happen. */
  readonly isForPause?: boolean;
  /**
   * What happens to a deployment, and what has to come of it.
   *
   * @returns a reason where the deployment has nothing that this could happen to
   */
  readonly plan: (deployment: Deployment) => Plan | string;
}

/** The healthy stretch that a scenario begins with, so that every alarm has settled. */
export const LEAD_MINUTES = 20;

/** A course of a deployment that has long been there. */
export function settled(course: Omit<Course, 'leadMinutes' | 'alarmsMadeAt'>): Course {
  return { leadMinutes: LEAD_MINUTES, alarmsMadeAt: 8 - LEAD_MINUTES, ...course };
}
