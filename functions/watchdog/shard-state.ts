/** What the database knows of a shard. */
export interface ShardPosition {
  readonly shardId: string;
  /** Newest sequence number with a committed effect; undefined when nothing of the shard was committed. */
  readonly lastSequenceNumber: string | undefined;
  /** When the record of that number came in, in milliseconds since 1970. */
  readonly lastArrivalMs: number | undefined;
  /** Where the slowest lane of the last two minutes is: now less the most that a write was behind its newest record. */
  readonly slowestLaneArrivalMs: number | undefined;
}

/** What the stream says when it is asked for the record after the newest committed one. */
export type ShardProbe =
  | { readonly kind: 'caught-up' }
  /** There is such a record, and it came in then. */
  | { readonly kind: 'record'; readonly arrivalMs: number }
  /**
   * Nothing was found within the reads allowed, and the end of the shard was not reached either. `knownArrivalMs` is
   * what an earlier run found after the same committed position: it still holds.
   */
  | { readonly kind: 'unknown'; readonly knownArrivalMs: number | undefined }
  /** The shard could not be read. */
  | { readonly kind: 'unreadable'; readonly error: unknown; readonly knownArrivalMs: number | undefined };

/** One shard, seen from both sides. */
export interface ShardState {
  readonly position: ShardPosition;
  readonly probe: ShardProbe;
}
