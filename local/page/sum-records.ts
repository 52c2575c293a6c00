import { totalOf, type BatchTotals } from '../run/batch-log.ts';
import type { PageSum } from './page-snapshot.ts';

/** What the mapping tells of the records of a stream, at the moment of the counts that it is compared with. */
export interface RecordCounts {
  /** Records on the stream. */
  readonly put: number;
  /** Records that the mapping is done with; those below are among them. */
  readonly done: number;
  /** Records that no filter let through. */
  readonly filtered: number;
  /** Records that the mapping gave up. */
  readonly discarded: number;
}

/**
 * Says where each record is. The function counts an event when it is committed, the mapping is done with it once it has
 * the answer: in between, the event is in effect and no longer on the way.
 *
 * A record may be delivered more than once, and each time counts as a duplicate: of those, only as many are records of
 * their own as nothing else accounts for.
 *
 * @param totals everything that the function wrote before the last answer that `counts` knows of
 */
export function sumRecords(counts: RecordCounts, totals: BatchTotals): PageSum {
  const { put, done, filtered, discarded } = counts;
  const healed = totalOf(totals, 'EventsHealed');
  const inEffect = totalOf(totals, 'EventsWritten') + healed;
  const quarantined = totalOf(totals, 'EventsQuarantined');
  const waiting = totalOf(totals, 'EventsWaiting') - healed;
  const aside = totalOf(totals, 'EventsSuperseded', 'EventsExisting', 'EventsSkipped') + filtered;
  const accounted = inEffect + quarantined + waiting + aside + discarded;
  const seen = totalOf(totals, 'EventsDuplicate');
  // A record with several documents is several events, and how many is known only once it is decoded.
  const hasSeveral = totalOf(totals, 'EventsReceived') > totalOf(totals, 'RecordsReceived');
  const more = hasSeveral ? Math.max(0, accounted + seen - done) : 0;
  const duplicates = Math.min(seen, Math.max(0, done + more - accounted));
  const ahead = Math.max(0, accounted - done - more);
  return {
    in: put + more,
    inEffect,
    withoutEffect: aside + duplicates,
    quarantined,
    waiting,
    inBucket: discarded,
    onTheWay: Math.max(0, put - done - ahead),
  };
}
