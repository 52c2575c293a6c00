import type { MappingEvent } from './mapping-event.ts';

/**
 * The metrics of a mapping with `MetricsConfig: ["EventCount"]`, under AWS's names.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html}
 */
export interface EventCounts {
  /** Records read. */
  readonly PolledEventCount: number;
  /** Records that no filter let through. */
  readonly FilteredOutEventCount: number;
  /** Records sent to the function; a retried record counts again. */
  readonly InvokedEventCount: number;
  /** Records that the function failed to process, those from a reported one on included; again for each attempt. */
  readonly FailedInvokeEventCount: number;
  /** Records given up and lost: no destination, or one that did not take them. */
  readonly DroppedEventCount: number;
  /** Records given up and stored at the on-failure destination. */
  readonly OnFailureDestinationDeliveredEventCount: number;
  /** Failed writes to the on-failure destination, a metric of the function. */
  readonly DestinationDeliveryFailures: number;
  /** Datapoints of PolledEventCount: a read without records is one of 0, so that a stopped mapping shows. */
  readonly polls: number;
}

/** Counts before anything has happened. */
export const NO_EVENT_COUNTS: EventCounts = {
  PolledEventCount: 0,
  FilteredOutEventCount: 0,
  InvokedEventCount: 0,
  FailedInvokeEventCount: 0,
  DroppedEventCount: 0,
  OnFailureDestinationDeliveredEventCount: 0,
  DestinationDeliveryFailures: 0,
  polls: 0,
};

type Contribution = Partial<EventCounts>;

/** What each kind of event adds; kinds that are not here add nothing. */
const CONTRIBUTIONS: {
  readonly [T in MappingEvent['type']]?: (event: Extract<MappingEvent, { type: T }>) => Contribution;
} = {
  polled: ({ records }) => ({ polls: 1, PolledEventCount: records }),
  filtered: ({ records }) => ({ FilteredOutEventCount: records }),
  invoked: ({ records }) => ({ InvokedEventCount: records.length }),
  finished: (event) => ({ FailedInvokeEventCount: failedRecords(event) }),
  discarded: ({ destination, records }) =>
    destination === 'delivered'
      ? { OnFailureDestinationDeliveredEventCount: records.length }
      : { DroppedEventCount: records.length, DestinationDeliveryFailures: destination === 'failed' ? 1 : 0 },
};

/** Adds what one event counts for. */
export function countEvent(counts: EventCounts, event: MappingEvent): EventCounts {
  const contribute = CONTRIBUTIONS[event.type] as ((event: MappingEvent) => Contribution) | undefined;
  if (contribute === undefined) return counts;
  const added = contribute(event);
  const names = Object.keys(added) as readonly (keyof EventCounts)[];
  return { ...counts, ...Object.fromEntries(names.map((name) => [name, counts[name] + (added[name] ?? 0)])) };
}

function failedRecords({ verdict, records }: Extract<MappingEvent, { type: 'finished' }>): number {
  if (verdict.kind === 'checkpoint') return records.length - verdict.index;
  return verdict.kind === 'error' ? records.length : 0;
}
