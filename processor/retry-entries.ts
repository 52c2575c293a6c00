import type { Run } from './batch-rounds.ts';
import { writeRounds } from './batch-rounds.ts';
import { callWithRetry, HoldError } from './call-with-retry.ts';
import { DatabaseError } from '../data-api/classify-error.ts';
import { decodeRecords } from './decode/decode-records.ts';
import type { DecodedItem, KinesisRecord } from './decode/item.ts';
import { placeOf } from './decode/item.ts';
import type { Place } from './decode/place.ts';
import { parsePlace } from '../contract/put-back-place.ts';
import type { EntryVerdict, WaitingEntry } from './ports.ts';

/** With less time than this left, the entries wait for the next batch. */
const MIN_RETRY_MS = 1_000;

/**
 * Tries the entries again that wait and are due. They travel as a batch of their own, after the one of the stream is
 * committed: nothing that comes of them holds a position. Their effect is that of any event, once and by its own id, place
 * and arrival; only they come later than the events behind them.
 *
 * @returns how many are in effect now
 */
export async function retryEntries(run: Run): Promise<number> {
  if (run.calls.budgetMs() < MIN_RETRY_MS) return 0;
  try {
    const { waitingEntries } = run.engine;
    const entries = await callWithRetry((options) => waitingEntries.claim(options), run.calls);
    let healed = 0;
    for (const group of Map.groupBy(entries, ({ shardId }) => shardId).values()) healed += await retryGroup(group, run);
    return healed;
  } catch (error) {
    // They are due again before long.
    if (error instanceof HoldError || error instanceof DatabaseError) return 0;
    throw error;
  }
}

/** Entries of one shard: what the batch log says of a write is about one shard. */
async function retryGroup(entries: readonly WaitingEntry[], before: Run): Promise<number> {
  const [first] = entries;
  if (first === undefined) return 0;
  const run: Run = { ...before, shardId: first.shardId, recordCount: entries.length, isRetry: true };
  const items = await decodeEntries(entries, run);
  const { outcome } = await writeRounds(items, run);
  if (outcome.hold !== undefined) throw outcome.hold;
  const rejections = new Map(outcome.rejections.map((item) => [item.origin.recordIndex, item]));
  const verdicts = entries.map(({ id }, index): EntryVerdict => {
    const item = rejections.get(index);
    return { id, rejection: item && { ...item.rejection, mayHeal: item.waits } };
  });
  await callWithRetry((options) => run.engine.waitingEntries.settle(verdicts, options), run.calls);
  return verdicts.filter(({ rejection }) => rejection === undefined).length;
}

async function decodeEntries(entries: readonly WaitingEntry[], run: Run): Promise<readonly DecodedItem[]> {
  const decoded = await decodeRecords(entries.map(toRecord), run.engine.compiled.projection);
  const byEntry = Map.groupBy(decoded, ({ origin }) => origin.recordIndex);
  return entries.flatMap((entry, index): DecodedItem[] => {
    const [item, ...more] = byEntry.get(index) ?? [];
    if (item === undefined) return [];
    const { subSequenceNumber, eventId } = entry;
    const origin = { ...item.origin, subSequenceNumber, place: firstPlaceOf(entry, placeOf(item.origin)) };
    if (item.kind !== 'event') return [{ ...item, origin }];
    if (more.length === 0) return [{ ...item, origin, eventId }];
    const detail = `its bytes were one event, and are ${more.length + 1} to this build`;
    return [{ kind: 'rejection', origin, reason: 'event-id', detail, eventId }];
  });
}

/** Where the event stood first; its bytes alone do not say that they were one document of several. */
function firstPlaceOf({ place }: WaitingEntry, decoded: Place): Place {
  const first = place === null ? undefined : parsePlace(place);
  return first === undefined ? decoded : { ...first, document: first.document ?? decoded.document };
}

function toRecord({ shardId, sequenceNumber, partitionKey, arrivedAtMs, payload }: WaitingEntry): KinesisRecord {
  return {
    eventID: `${shardId}:${sequenceNumber}`,
    kinesis: { sequenceNumber, partitionKey, data: payload, approximateArrivalTimestamp: arrivedAtMs / 1000 },
  };
}
