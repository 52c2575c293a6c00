import type { EncodedEvent, EncodedItem } from '../../processor/project/project-items.ts';
import type { EncodedRejection } from '../../processor/quarantine/encode-rejection.ts';
import { encodeRejection } from '../../processor/quarantine/encode-rejection.ts';
import type { Origin } from '../../processor/decode/item.ts';
import type { Place } from '../../processor/decode/place.ts';
import { RowLists } from '../../processor/project/row-lists.ts';
import { sequenceNumber, SHARD_ID } from './kinesis-record.ts';

/** The place of the plain record at an index. */
export function place(recordIndex: number, rest: Partial<Place> = {}): Place {
  return {
    shardId: SHARD_ID,
    sequenceNumber: sequenceNumber(recordIndex),
    subRecord: null,
    document: 0,
    piece: 0,
    arrivedAtMs: 1_000_000_000_000 + recordIndex,
    ...rest,
  };
}

/** Where a test's item comes from: by default the plain record at an index. */
export function origin(recordIndex: number, rest: Partial<Origin> = {}): Origin {
  const arrivedAtMs = 1_000_000_000_000 + recordIndex;
  return {
    recordIndex,
    sequenceNumber: sequenceNumber(recordIndex),
    subSequenceNumber: 0,
    partitionKey: 'key-1',
    arrivedAtMs,
    shardId: SHARD_ID,
    place: undefined,
    payload: Buffer.from(`payload ${recordIndex}`).toString('base64'),
    part: 'all',
    ...rest,
  };
}

/** An encoded event `event-N` with one row in one table; its rows are in {@link encodedRows}. */
export function encodedEvent(n: number, rest: Partial<Origin> = {}): EncodedEvent {
  return { kind: 'event', origin: origin(rest.recordIndex ?? n, rest), eventId: `event-${n}`, n, bytes: BYTES };
}

/** Enough for two texts such as `[1000,"event-1000"],` in a request. */
const BYTES = 48;

/** The rows of such events: one table, and the list of ids. */
export function encodedRows(items: readonly EncodedItem[]): RowLists {
  const rows = new RowLists(2, items.length);
  for (const [n, item] of items.entries()) {
    if (item.kind === 'event') {
      for (const list of [0, 1].map((index) => rows.list(index))) {
        list.openRow(n);
        list.appendString(item.eventId);
        list.closeRow();
      }
    }
    rows.close(n);
  }
  return rows;
}

/** An encoded rejection of the record at an index; its payload is in its row unless that is larger than the limit. */
export function encodedRejection(
  index: number,
  rest: Partial<Origin> = {},
  maxItemBytes = 1_000_000,
): EncodedRejection {
  return encodeRejection(
    { kind: 'rejection', origin: origin(index, rest), reason: 'not-json', detail: 'made for a test' },
    { shardId: SHARD_ID, codeVersion: 'test', attempts: 0, maxItemBytes },
  );
}
