import type { ChaosOutcome } from './read-outcome.ts';
import { bookingDocumentId, isBookingDocument } from './expected-bookings.ts';
import { documentsOf, heartbeatOf, readDocument } from './expected-documents.ts';
import { eventId, readEvent } from './expected-fates.ts';
import type { MappingHistory, ReachedCheckpoint, SettledRecord } from './mapping-history.ts';

/**
 * Checks that no cursor moved past a record that was not committed: by the mapping's own history of what it was done
 * with and when, against the times at which the database committed.
 *
 * @param history of the mapping, over the whole run
 * @param outcome what was read after the run
 * @param records how many the mapping must have been done with
 * @returns one sentence per violation
 */
export function checkHistory(history: MappingHistory, outcome: ChaosOutcome, records: number): string[] {
  const settled = history.settled();
  return [
    ...(settled.length === records ? [] : [`the mapping is done with ${settled.length} records, expected ${records}`]),
    ...settled.flatMap((record) => lateCommit(record, outcome)),
    ...backwards(history.checkpoints()),
    ...skipped(history.checkpoints(), settled),
  ].slice(0, MAX_VIOLATIONS);
}

/** Violations told in one go. */
const MAX_VIOLATIONS = 10;

/** The database's clock is this machine's, read more finely: within one millisecond both are the same moment. */
const CLOCK_GRAIN_MS = 1;

function lateCommit(record: SettledRecord, outcome: ChaosOutcome): string[] {
  const { payload, shardId, sequenceNumber, atMs } = record;
  // What is skipped leaves nothing behind that has a time of its own.
  const wanted = documentsOf(payload).filter((document) => heartbeatOf(document) === undefined);
  return wanted.flatMap((document) => {
    const committedAtMs = commitTime({ ...record, payload: document }, outcome);
    if (committedAtMs === undefined && maySkip(document)) return [];
    if (committedAtMs === undefined) return [`${shardId} ${sequenceNumber}: passed, and never committed`];
    return committedAtMs < atMs + CLOCK_GRAIN_MS
      ? []
      : [`${shardId} ${sequenceNumber}: passed ${committedAtMs - atMs} ms before it was committed`];
  });
}

/** A booking of which nothing is left may have been skipped; whether it had to be the outcome tells. */
function maySkip(payload: string): boolean {
  const document = readDocument(payload);
  return document !== undefined && 'cabin' in document;
}

function commitTime({ payload, sequenceNumber, shardId }: SettledRecord, outcome: ChaosOutcome): number | undefined {
  const entry = [...outcome.quarantine, ...outcome.closed].find(
    (candidate) =>
      candidate.sequenceNumber === sequenceNumber && candidate.shardId === shardId && candidate.payload === payload,
  );
  if (entry !== undefined) return entry.quarantinedAtMs;
  const document = readDocument(payload);
  if (document !== undefined && isBookingDocument(document)) return outcome.ledger.get(bookingDocumentId(document));
  const event = readEvent(payload);
  return event === undefined ? undefined : outcome.ledger.get(eventId(event));
}

function backwards(checkpoints: readonly ReachedCheckpoint[]): string[] {
  const reached = new Map<string, bigint>();
  return checkpoints.flatMap(({ shardId, sequenceNumber }) => {
    const before = reached.get(shardId);
    const now = BigInt(sequenceNumber);
    reached.set(shardId, now);
    return before !== undefined && now <= before ? [`${shardId}: the checkpoint went from ${before} to ${now}`] : [];
  });
}

/** Every record up to a checkpoint was settled before it. */
function skipped(checkpoints: readonly ReachedCheckpoint[], settled: readonly SettledRecord[]): string[] {
  return checkpoints.flatMap(({ shardId, sequenceNumber, atMs }) => {
    const cursor = BigInt(sequenceNumber);
    const open = settled.find(
      (record) => record.shardId === shardId && record.atMs > atMs && BigInt(record.sequenceNumber) <= cursor,
    );
    return open === undefined ? [] : [`${shardId}: the checkpoint ${cursor} passed ${open.sequenceNumber} too early`];
  });
}
