import type { Engine, Run } from './batch-rounds.ts';
import { startRun, writeRounds } from './batch-rounds.ts';
import type { Calls } from './call-with-retry.ts';
import { callWithRetry, HoldError } from './call-with-retry.ts';
import { DatabaseError } from '../data-api/classify-error.ts';
import { decodeRecords } from './decode/decode-records.ts';
import type { DecodedItem, KinesisRecord, Rejection } from './decode/item.ts';
import { placeOf, rejectEvent } from './decode/item.ts';
import type { Place } from './decode/place.ts';
import { parsePlace } from '../contract/put-back-place.ts';
import type { EntryVerdict, WaitingEntry } from './ports.ts';
import { BatchFuse } from './quarantine/batch-fuse.ts';
import type { WriteReport } from './write/write-items.ts';

/** With less time left than this, the entries wait for the next batch. */
const MIN_RETRY_MS = 1_000;

/** What came of trying entries. */
export interface Retried {
  /** Entries that are in effect now, or not wanted any more. */
  readonly healed: number;
  readonly calls: Calls['tally'];
}

/**
 * Retries the waiting entries that are due. They are processed as a batch of their own, after that of the stream is
 * committed, so that no result of theirs holds a position. Each takes effect once, with its own id, place and arrival time,
 * as any event does, but later than the events that followed it.
 *
 * @param engine parts that outlive the batch
 * @param budgetMs time left for database calls and waits, in milliseconds
 * @param maxGroups groups of entries to take at most, one after the other
 */
export async function retryEntries(engine: Engine, budgetMs: () => number, maxGroups: number): Promise<Retried> {
  const run = startRun({ shardId: '', recordCount: 0 }, engine, budgetMs);
  const { calls } = run;
  let healed = 0;
  try {
    for (let groups = 0; groups < maxGroups && budgetMs() >= MIN_RETRY_MS; groups += 1) {
      const entries = await callWithRetry((options) => engine.waitingEntries.claim(options), calls);
      if (entries.length === 0) break;
      for (const group of Map.groupBy(entries, ({ shardId }) => shardId).values()) {
        healed += await retryGroup(group, run);
      }
    }
  } catch (error) {
    // They will soon be due again.
    if (!(error instanceof HoldError) && !(error instanceof DatabaseError)) throw error;
  }
  return { healed, calls: calls.tally };
}

/** Entries of one shard: what the batch log says of a write is about one shard. */
async function retryGroup(entries: readonly WaitingEntry[], before: Run): Promise<number> {
  const [first] = entries;
  if (first === undefined) return 0;
  const encoding = { ...before.encoding, shardId: first.shardId, isRetry: true };
  const run: Run = { ...before, recordCount: entries.length, encoding };
  const items = await decodeEntries(entries, run);
  const { outcome } = await writeRounds(items, run);
  if (outcome.hold !== undefined) throw outcome.hold;
  const verdicts = await judgeEntries(entries, outcome, run);
  await callWithRetry((options) => run.engine.waitingEntries.settle(verdicts, options), run.calls);
  return verdicts.filter(({ rejection }) => rejection === undefined).length;
}

/**
 * An entry that fails for another reason is open at once, unless the fuse would keep it out of the quarantine: after a bad
 * deployment it keeps waiting, for a build that accepts it.
 */
async function judgeEntries(entries: readonly WaitingEntry[], outcome: WriteReport, run: Run): Promise<EntryVerdict[]> {
  const { compiled, fuse: settings, fuseMemory: memory, codeVersion } = run.engine;
  const rejections = new Map(outcome.rejections.map((item) => [item.origin.recordIndex, item]));
  const mayHeal = ({ rejection }: { readonly rejection: Rejection }): boolean =>
    rejection.mayHeal === true && compiled.healForSeconds > 0;
  const final = outcome.rejections.filter((item) => !mayHeal(item));
  const fuse = new BatchFuse({ settings, memory, calls: run.calls, shardId: run.encoding.shardId, codeVersion });
  const isOpen = await fuse.admits({
    events: outcome.settledEvents + final.length,
    rejections: final,
    taken: outcome.settledEvents,
    repeated: outcome.settledEvents - outcome.written - outcome.superseded,
    isFinal: true,
  });
  return entries.map(({ id }, index) => {
    const item = rejections.get(index);
    return { id, rejection: item && { ...item.rejection, mayHeal: mayHeal(item) || !isOpen } };
  });
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
    return [rejectEvent({ origin, eventId }, 'event-id', detail)];
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
