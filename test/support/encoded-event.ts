import type { EncodedEvent, EncodedRejection } from '../../processor/core/encoded-item.ts';
import { encodeEvent, encodeRejection } from '../../processor/core/encoded-item.ts';
import type { Origin } from '../../processor/core/item.ts';
import { sequenceNumber, SHARD_ID } from './kinesis-record.ts';

/** Where a test's item comes from: by default the plain record at an index. */
export function origin(recordIndex: number, rest: Partial<Origin> = {}): Origin {
  return {
    recordIndex,
    sequenceNumber: sequenceNumber(recordIndex),
    subSequenceNumber: 0,
    partitionKey: 'key-1',
    arrivedAtMs: 1_000_000_000_000 + recordIndex,
    payload: Buffer.from(`payload ${recordIndex}`).toString('base64'),
    ...rest,
  };
}

/** An encoded event `event-N` with one row in one table. */
export function encodedEvent(n: number, rest: Partial<Origin> = {}): EncodedEvent {
  const eventId = `event-${n}`;
  return encodeEvent({ origin: origin(rest.recordIndex ?? n, rest), eventId, n, isInOwnLedger: false }, [
    JSON.stringify([n, eventId]),
  ]);
}

/** An encoded rejection of the record at an index. */
export function encodedRejection(index: number, rest: Partial<Origin> = {}): EncodedRejection {
  return encodeRejection(
    { kind: 'rejection', origin: origin(index, rest), reason: 'not-json', detail: 'made for a test' },
    { shardId: SHARD_ID, codeVersion: 'test', attempts: 0 },
  );
}
