import type { ComparisonOperator, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

/** Incidents that page: every alarm of one belongs to the same page. */
export const INCIDENTS = {
  /** The consumer is stopped, behind, or about to be; or nobody can tell. */
  NotKeepingUp: 'the consumer is stopped or behind, or nobody can tell',
  /** A second page, even while the first is open. */
  DataLossDanger: 'records are about to be lost',
  /** Records were set aside and wait for somebody. */
  SetAside: 'records were set aside',
} as const;

/** Name of an incident. */
export type IncidentName = keyof typeof INCIDENTS;

/** One alarm, as a value: what it watches, when it goes off, and what silence means. */
export interface AlarmSpec {
  /** Stable: part of the alarm's logical id. */
  readonly id: string;
  /** First words of the description. */
  readonly says: string;
  /** Heading in docs/operations.md, as it is in a link. */
  readonly section: string;
  readonly metric: IMetric;
  readonly operator: ComparisonOperator;
  readonly threshold: number;
  /** Periods that are looked at. */
  readonly evaluationPeriods: number;
  /** How many of them must be over the threshold. */
  readonly datapointsToAlarm: number;
  readonly missingData: TreatMissingData;
  /** The page it is a part of; without one it only notifies. */
  readonly incident?: IncidentName;
}
