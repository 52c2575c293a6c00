import type { MappingEvent } from '../../mapping/mapping-event.ts';
import type { MappingRecord } from '../../mapping/mapping-record.ts';

/** A record that the mapping was done with. */
export interface SettledRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Content, decoded from base64. */
  readonly payload: string;
  readonly atMs: number;
}

/** A checkpoint that a shard reached. */
export interface ReachedCheckpoint {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly atMs: number;
}

/** What the mapping itself says it did: nothing of the function, nothing of the database. */
export interface MappingHistory {
  readonly observe: (event: MappingEvent) => void;
  readonly settled: () => readonly SettledRecord[];
  /** Invocations that failed, whole or in part. */
  readonly failures: () => number;
  readonly checkpoints: () => readonly ReachedCheckpoint[];
}

/** Creates an empty history. */
export function createMappingHistory(): MappingHistory {
  const settled: SettledRecord[] = [];
  const checkpoints: ReachedCheckpoint[] = [];
  let failures = 0;
  return {
    observe: (event) => {
      if (event.type === 'checkpoint') checkpoints.push(event);
      if (event.type === 'finished' && event.verdict.kind !== 'success') failures += 1;
      if (event.type !== 'resolved' && event.type !== 'discarded') return;
      const { shardId, atMs } = event;
      for (const record of event.records) {
        const { sequenceNumber } = record;
        settled.push({ shardId, sequenceNumber, payload: payloadOf(record), atMs });
      }
    },
    settled: () => settled,
    failures: () => failures,
    checkpoints: () => checkpoints,
  };
}

function payloadOf({ data }: MappingRecord): string {
  return Buffer.from(data, 'base64').toString();
}
