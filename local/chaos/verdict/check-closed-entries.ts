import { bookingDocumentId, isBookingDocument } from './expected-bookings.ts';
import { readDocument } from './expected-documents.ts';
import { eventId, readEvent } from './expected-fates.ts';
import type { ChaosOutcome, QuarantinedEntry } from './read-outcome.ts';

/**
 * Checks that no entry was closed without a reason: its event is in effect, or was not wanted any more. Nor was there one for
 * an event that lacked nothing when it came.
 *
 * @param prompt ids of those events
 * @returns one sentence for each of the two, if there were such entries
 */
export function checkClosedEntries({ closed, ledger }: ChaosOutcome, prompt: ReadonlySet<string>): string[] {
  return [
    ...complain(
      closed.filter(({ payload }) => !mayBeClosed(payload, ledger)),
      'are closed without an effect',
    ),
    ...complain(
      closed.filter(({ payload }) => prompt.has(bookingId(payload) ?? '')),
      'waited, and lacked nothing',
    ),
  ];
}

function complain([first, ...more]: readonly QuarantinedEntry[], what: string): string[] {
  if (first === undefined) return [];
  return [`quarantine: ${more.length + 1} entries ${what}, such as ${first.payload.slice(0, 160)}`];
}

function bookingId(payload: string): string | undefined {
  const document = readDocument(payload);
  return document !== undefined && isBookingDocument(document) ? bookingDocumentId(document) : undefined;
}

function mayBeClosed(payload: string, ledger: ReadonlyMap<string, unknown>): boolean {
  const document = readDocument(payload);
  if (document !== undefined && isBookingDocument(document)) {
    return ledger.has(bookingDocumentId(document)) || ('carrier' in document && document.carrier === 'F1');
  }
  const event = readEvent(payload);
  return event !== undefined && ledger.has(eventId(event));
}
