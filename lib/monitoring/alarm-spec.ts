import type { ComparisonOperator, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

/** How soon somebody has to come: `page` wakes a person, `ticket` is work for the day where there is a route for it. */
export type Urgency = 'page' | 'ticket';

/** Incidents: every alarm of one belongs to the same message. */
export const INCIDENTS = {
  /** The consumer is stopped, behind, or about to be; or nobody can tell. */
  NotKeepingUp: { says: 'the consumer is stopped or behind, or its state is unknown', urgency: 'page' },
  /** A second page, even while the first is open. */
  DataLossDanger: { says: 'records are about to be lost', urgency: 'page' },
  /** Lambda gave records up, and kept no copy. */
  RecordsLost: { says: 'records were lost', urgency: 'page' },
  /** Records were set aside and wait for somebody; the stream goes on. */
  SetAside: { says: 'events were quarantined, or Lambda gave up batches', urgency: 'ticket' },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly urgency: Urgency }>>;

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
  /** The incident it is a part of; without one it only notifies. */
  readonly incident?: IncidentName | undefined;
  /** A notice that is work for somebody: it goes to the tickets too, where there is a route for them. */
  readonly isWork?: boolean;
  /** A notice that comes again and again: that it went off says nothing. */
  readonly repeats?: boolean;
}
