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

/** Adds what one event counts for. */
export function countEvent(counts: EventCounts, event: MappingEvent): EventCounts {
  switch (event.type) {
    case 'polled':
      return {
        ...counts,
        polls: counts.polls + 1,
        PolledEventCount: counts.PolledEventCount + event.records,
      };
    case 'filtered':
      return { ...counts, FilteredOutEventCount: counts.FilteredOutEventCount + event.records };
    case 'invoked':
      return { ...counts, InvokedEventCount: counts.InvokedEventCount + event.records.length };
    case 'finished':
      return { ...counts, FailedInvokeEventCount: counts.FailedInvokeEventCount + failedRecords(event) };
    case 'discarded':
      return countDiscarded(counts, event);
    case 'shard-opened':
    case 'shard-finished':
    case 'poll-failed':
    case 'resolved':
    case 'partial':
    case 'bisected':
    case 'retried':
    case 'throttled':
    case 'checkpoint':
      return counts;
  }
}

function failedRecords({ verdict, records }: Extract<MappingEvent, { type: 'finished' }>): number {
  if (verdict.kind === 'checkpoint') return records.length - verdict.index;
  return verdict.kind === 'error' ? records.length : 0;
}

function countDiscarded(
  counts: EventCounts,
  { destination, records }: Extract<MappingEvent, { type: 'discarded' }>,
): EventCounts {
  if (destination === 'delivered') {
    const delivered = counts.OnFailureDestinationDeliveredEventCount + records.length;
    return { ...counts, OnFailureDestinationDeliveredEventCount: delivered };
  }
  const failures = counts.DestinationDeliveryFailures + (destination === 'failed' ? 1 : 0);
  return {
    ...counts,
    DroppedEventCount: counts.DroppedEventCount + records.length,
    DestinationDeliveryFailures: failures,
  };
}
