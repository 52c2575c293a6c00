import type { AlarmAnswer } from '../aws/aws-answers.ts';
import type { MetricStore } from '../cloudwatch/metrics/metric-store.ts';

/** A stack of a world whose alarms are to be evaluated. */
export interface AlarmedStack {
  readonly functionName: string;
  readonly stackName: string;
  /** What its own metrics are under. */
  readonly deployment: string;
  readonly mappingId: string;
  readonly streamArn: string;
  readonly pageTopicArn: string;
  /** What the world publishes. */
  readonly store: MetricStore;
}

/** The alarms of a stack, while its world runs. */
export interface WorldAlarms {
  /**
   * Lets time pass: alarms are evaluated when they are due.
   *
   * @param nowMs milliseconds since 1970
   * @returns all of them
   */
  readonly at: (nowMs: number) => readonly AlarmAnswer[];
}

/** Makes the alarms of a stack: from its template, which nothing here knows. */
export type OpenAlarms = (stack: AlarmedStack, signal: AbortSignal) => Promise<WorldAlarms>;

/** Names of the alarms that page somebody, and are on: the incidents. */
export function ringingPages(alarms: readonly AlarmAnswer[]): ReadonlySet<string> {
  return new Set(alarms.filter(({ kind, state }) => kind === 'composite' && state === 'ALARM').map(({ name }) => name));
}
