import { PUT_RECORDS } from '../../contract/limits.ts';
import { PutRecordsBatch, type RecordToPut } from '../../kinesis/put-records.ts';
import type { RecordSink, RedriveItem, RedriveSource, RefusedItem } from './redrive-source.ts';

/** How a redrive goes. */
export interface RedriveSettings {
  /** False lists what would be put back, and changes nothing. */
  readonly isApplied: boolean;
  /** Records per second, from 1. */
  readonly ratePerSecond: number;
  /** Most items, from 1. */
  readonly limit: number;
  /** Ends the redrive between two puts; what is put by then is marked. */
  readonly signal: AbortSignal;
  /** Waits; injected so that tests own the time. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Hears of the items as they are listed, or put back and marked. */
  readonly onItems: (items: readonly RedriveItem[]) => void | Promise<void>;
}

/** What a redrive did. */
export interface RedriveReport {
  readonly items: number;
  /** Records put on the stream; 0 when nothing was to be changed. */
  readonly records: number;
  readonly refused: readonly RefusedItem[];
  readonly isInterrupted: boolean;
}

/**
 * Puts records back on the stream and marks where they came from.
 *
 * Records are put before they are marked. Whatever ends the redrive in between, nothing is lost: the next one puts
 * the same records once more, and the ledger gives the second one no effect.
 *
 * @param source what to put back
 * @param sink where to put it
 * @throws what source or sink throw; everything marked until then is on the stream
 */
export async function redrive(
  source: RedriveSource,
  sink: RecordSink,
  settings: RedriveSettings,
): Promise<RedriveReport> {
  const { isApplied, ratePerSecond, limit, signal, onItems } = settings;
  const refused: RefusedItem[] = [];
  let [items, records] = [0, 0];
  for await (const page of source.pages(Math.min(ratePerSecond, PUT_RECORDS.maxRecords))) {
    refused.push(...page.refused);
    const taken = page.items.slice(0, limit - items);
    if (isApplied) {
      await source.announce(taken);
      const put = await putBack(taken, { source, sink }, settings);
      records += put.records;
      if (!put.isComplete) return { items, records, refused, isInterrupted: true };
      await source.mark(taken);
    }
    items += taken.length;
    await onItems(taken);
    if (items >= limit) break;
    if (signal.aborted) return { items, records, refused, isInterrupted: true };
  }
  return { items, records, refused, isInterrupted: false };
}

async function putBack(
  items: readonly RedriveItem[],
  { source, sink }: { readonly source: RedriveSource; readonly sink: RecordSink },
  { ratePerSecond, signal, sleep }: RedriveSettings,
): Promise<{ readonly records: number; readonly isComplete: boolean }> {
  let records = 0;
  for await (const batch of readInBatches(items, source, ratePerSecond)) {
    if (signal.aborted) return { records, isComplete: false };
    await sink.put(batch);
    records += batch.length;
    await sleep((1000 * batch.length) / ratePerSecond);
  }
  return { records, isComplete: true };
}

/** Reads as much as one put takes at a time: a page of the largest records would fill the memory. */
async function* readInBatches(
  items: readonly RedriveItem[],
  source: RedriveSource,
  maxRecords: number,
): AsyncGenerator<readonly RecordToPut[]> {
  let batch = new PutRecordsBatch(maxRecords);
  for (const item of items) {
    for (const record of await source.read(item)) {
      if (batch.add(record)) continue;
      yield batch.records;
      batch = new PutRecordsBatch(maxRecords);
      batch.add(record);
    }
  }
  if (batch.records.length > 0) yield batch.records;
}
