import { bookingDocumentId, isBookingDocument } from './expected-bookings.ts';
import { readDocument } from './expected-documents.ts';
import { eventId, readEvent } from './expected-fates.ts';
import type { ChaosOutcome } from './read-outcome.ts';

/**
 * Checks that no entry was closed without a reason: its event is in effect, or was not wanted any more.
 *
 * @returns one sentence if some were
 */
export function checkClosedEntries({ closed, ledger }: ChaosOutcome): string[] {
  const wrong = closed.filter(({ payload }) => !mayBeClosed(payload, ledger));
  const [first] = wrong;
  return first === undefined
    ? []
    : [`quarantine: ${wrong.length} entries are closed without an effect, such as ${first.payload.slice(0, 160)}`];
}

function mayBeClosed(payload: string, ledger: ReadonlyMap<string, unknown>): boolean {
  const document = readDocument(payload);
  if (document !== undefined && isBookingDocument(document)) {
    return ledger.has(bookingDocumentId(document)) || ('carrier' in document && document.carrier === 'F1');
  }
  const event = readEvent(payload);
  return event !== undefined && ledger.has(eventId(event));
}
