/**
 * What the engine needs from outside. Each port belongs to the engine; the adapter that fills it in lies beside the stage that uses it.
 *
 * @module
 */
import type { CallOptions } from '../data-api/classify-error.ts';
import type { ParameterValue } from '../data-api/statement-body.ts';
import type { Rejection, RejectionReason } from './decode/item.ts';

/** The code that runs: what it leaves in the database is under both names. */
export interface RunningBuild {
  readonly functionName: string;
  /** Names the build. */
  readonly codeVersion: string;
}

/** What one write did. */
export interface WriteCounts {
  /** Events whose effect is in the tables for the first time. */
  readonly written: number;
  /** New events all of whose rows lost to newer versions. */
  readonly superseded: number;
  /** New events whose rows were there already and are kept as they are. */
  readonly existing: number;
  /** Rejections that are in the quarantine for the first time. */
  readonly quarantined: number;
  /** Whether open quarantine entries without an event id may belong to events of the chunk. */
  readonly hasUnidentified: boolean;
  /** Whether waiting entries are due for a retry. */
  readonly hasDue: boolean;
}

/** Commits one chunk: all of it or nothing. */
export interface EventStore {
  /**
   * Runs the compiled write of a chunk. The payloads of its rejections may have been sent ahead in parts.
   *
   * @throws {@link DatabaseError}
   */
  write(parameters: Readonly<Record<string, ParameterValue>>, options: CallOptions): Promise<WriteCounts>;
  /**
   * Finds out which of these events lack a parent row, each taken on its own. Nothing is written.
   *
   * @param parameters of each event
   * @returns what the database says of the missing row, by the index of the event
   * @throws {@link DatabaseError} when the database refuses one of the events for another reason
   */
  missingParents(
    parameters: readonly Readonly<Record<string, ParameterValue>>[],
    options: CallOptions,
  ): Promise<ReadonlyMap<number, string>>;
  /**
   * Stores one part of a payload that no request can hold, ahead of the write that makes it a quarantine entry.
   *
   * @throws {@link DatabaseError}
   */
  storePart(parameters: Readonly<Record<string, string>>, options: CallOptions): Promise<void>;
  /**
   * Closes quarantine entries without an event id whose payloads are those of events in effect.
   *
   * @throws {@link DatabaseError}
   */
  closeUnidentified(parameters: Readonly<Record<string, string>>, options: CallOptions): Promise<void>;
  /**
   * Asks whether the database takes the compiled write at all: names and permissions are checked, nothing is written,
   * no trigger fires.
   *
   * @param parameters of a chunk without items
   * @throws {@link DatabaseError} when every row would meet it
   */
  explain(parameters: Readonly<Record<string, ParameterValue>>, options: CallOptions): Promise<void>;
}

/** Why a build is held, as first noted. */
export interface HeldBuild {
  /** When it was first held, ISO 8601 in UTC. */
  readonly since: string;
  /** Whether the fuse has blown; until then too few events have been seen for that. */
  readonly isBlown: boolean;
  /** So many of `events` would have been quarantined. */
  readonly rejected: number;
  readonly events: number;
  /** One of those that would have been quarantined. */
  readonly example: HeldExample;
}

/** What is wrong with an event that is not quarantined. */
export interface HeldExample {
  readonly reason: RejectionReason;
  /** As the quarantine would have it: may quote the data. */
  readonly detail: string;
  readonly sqlState: string | undefined;
}

/** What a build has committed of a batch, in however many writes. */
export interface CommittedBatch {
  readonly events: number;
  readonly quarantined: number;
  /** Events whose rows the database took, be it without effect because a newer version was there. */
  readonly taken: number;
}

/** What is remembered of a build across batches, environments and restarts. */
export interface BuildHistory {
  /** `undefined` while nothing is held, or once an operator has allowed it. */
  readonly held: HeldBuild | undefined;
  /** An operator has allowed the quarantine of records that arrived up to this moment; milliseconds since 1970. */
  readonly allowedUntilMs: number | undefined;
  /** The newest batches first, without the writes of records that an operator has allowed. */
  readonly recent: readonly CommittedBatch[];
}

/** A record by its place in the stream. */
export interface HeldPosition {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** The fuse's memory of the running build, in the database: it outlives batches, environments and restarts. */
export interface FuseMemory {
  /**
   * Reads what is known of the build.
   *
   * @param maxWrites the batches of so many of the newest writes are in {@link BuildHistory.recent}; from 1
   * @throws {@link DatabaseError}
   */
  read(maxWrites: number, options: CallOptions): Promise<BuildHistory>;
  /**
   * Notes that the build is held. The first note stays, unless the fuse has blown since.
   *
   * @returns what is noted now
   * @throws {@link DatabaseError}
   */
  hold(held: Omit<HeldBuild, 'since'> & HeldPosition, options: CallOptions): Promise<HeldBuild>;
  /**
   * Deletes the note of a build whose fuse has not blown: the build turned out to be good.
   *
   * @throws {@link DatabaseError}
   */
  release(options: CallOptions): Promise<void>;
}

/** A quarantine entry that waits for a missing row. */
export interface WaitingEntry {
  readonly id: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  /** Milliseconds since 1970. */
  readonly arrivedAtMs: number;
  /** In base64. */
  readonly payload: string;
  readonly eventId: string;
  /** Where it stood first, as `formatPlace` has it; null where the projection does not depend on it. */
  readonly place: string | null;
}

/** What became of an entry that was tried again: it is in effect, or rejected once more. */
export interface EntryVerdict {
  readonly id: string;
  readonly rejection: Pick<Rejection, 'reason' | 'detail' | 'sqlState' | 'mayHeal'> | undefined;
}

/** The entries that wait. */
export interface WaitingEntries {
  /**
   * Claims entries that are due and schedules their next retry, so that no one else gets them meanwhile. Entries that were
   * claimed before and never settled come in smaller groups.
   *
   * @returns by shard, in the order of the stream
   * @throws {@link DatabaseError}
   */
  claim(options: CallOptions): Promise<readonly WaitingEntry[]>;
  /**
   * Notes what became of entries.
   *
   * @throws {@link DatabaseError}
   */
  settle(verdicts: readonly EntryVerdict[], options: CallOptions): Promise<void>;
}

/** Keys to read, by lookup. */
export type LookupRequest = ReadonlyMap<string, readonly string[]>;

/** A reference row: column name to value. */
export type ReferenceRow = Readonly<Record<string, unknown>>;

/** Takes the place of a reference row where several have the same key: choosing one would be a guess. */
export class AmbiguousKey {
  /** How many there are. */
  readonly rows: number;

  /**
   * Keeps the number.
   *
   * @param rows two or more
   */
  constructor(rows: number) {
    this.rows = rows;
  }
}

/** Rows found, by lookup and key; a key that is not in it has no row. */
export type LookupResult = ReadonlyMap<string, ReadonlyMap<string, ReferenceRow | AmbiguousKey>>;

/** Reads reference rows: all keys of all lookups in one call. */
export interface LookupSource {
  /**
   * Reads the rows of the given keys.
   *
   * @throws {@link DatabaseError}; of kind `too-large` when fewer keys must be asked for at a time
   */
  read(request: LookupRequest, options: CallOptions): Promise<LookupResult>;
}

/** Keeps reference rows between the batches of one execution environment. */
export interface LookupCache {
  /** The row, `null` for a key known to have none, `undefined` for a key not known. */
  get(lookup: string, key: string): ReferenceRow | AmbiguousKey | null | undefined;
  /** Keeps a row, or with `null` that there is none, or that there are several. */
  set(lookup: string, key: string, row: ReferenceRow | AmbiguousKey | null): void;
  /** Entries dropped for lack of room since the cache was made. */
  readonly evictions: number;
}

/** A stretch of a shard, both ends included: sequence numbers in decimal digits. */
export interface SequenceRange {
  readonly first: string;
  readonly last: string;
}

/** Records that are being worked on, or that a process died with. */
export interface InFlightNote extends SequenceRange {
  /** Processes known to have died while they worked on these records, or on more records with these among them. */
  readonly crashes: number;
  /** A single record, while nothing else is being worked on or was a moment ago: if the process dies, it is to blame. */
  readonly alone: boolean;
  /** Id of the event, where a single record could be decoded. */
  readonly eventId: string | null;
  /** Why a single record must not run again, once that is known. */
  readonly verdict: string | null;
  /** `at-work` while the process that writes the note works on the records, `suspect` when nobody does. */
  readonly state: 'at-work' | 'suspect';
}

/** A note as another process finds it. */
export interface FoundNote extends Omit<InFlightNote, 'state'> {
  /**
   * `died`: the process at work died, and nobody has counted that yet. `own`: this very process left the note behind.
   * `at-work`: the process may be alive.
   */
  readonly state: 'suspect' | 'died' | 'own' | 'at-work';
}

/** The invocation that works on records. */
export interface Worker {
  readonly shardId: string;
  /** Lambda gives every retry of a batch the id of its first delivery. */
  readonly requestId: string;
  /** Milliseconds until Lambda ends the invocation. */
  readonly remainingMs: number;
  /** When the first record of its batch arrived, in milliseconds since 1970. */
  readonly arrivedAtMs: number;
}

/** What is known about the records of a batch before any of the user's code runs. */
export interface InFlightFindings {
  /** Notes that overlap the batch; with several lanes per shard, also those of other lanes. */
  readonly notes: readonly FoundNote[];
  /** Sequence numbers of records that are in the quarantine already because they kill the process. */
  readonly quarantined: readonly string[];
}

/** Notes that survive the process that makes them. */
export interface InFlightNotes {
  /**
   * Notes that a batch is being worked on, and finds what others have noted about its records. Safe to repeat.
   *
   * @throws {@link DatabaseError}
   */
  begin(batch: InFlightNote, worker: Worker, options: CallOptions): Promise<InFlightFindings>;
  /**
   * Deletes notes and writes others, in one transaction.
   *
   * @throws {@link DatabaseError}
   */
  replace(
    change: { readonly gone: readonly SequenceRange[]; readonly kept: readonly InFlightNote[] },
    worker: Worker,
    options: CallOptions,
  ): Promise<void>;
}

/** A position that is held: the first record of a batch that is not committed, and why. */
export interface PositionNote extends HeldPosition {
  /** When that record arrived, in milliseconds since 1970. */
  readonly arrivedAtMs: number;
  /** Kind of the hold. */
  readonly reason: string;
  /** What happened and what to do, as in the log. */
  readonly detail: string;
}

/** Tells the watchdog of positions that are held. */
export interface PositionNotes {
  /**
   * Notes that a position is held, or is still held.
   *
   * @throws {@link DatabaseError}
   */
  note(position: PositionNote, options: CallOptions): Promise<void>;
}

/** Time and randomness, injected so that tests control them. */
export interface Clock {
  /** Milliseconds since 1970, by the wall clock: for ages. */
  now(): number;
  /** Milliseconds with a fraction, from any start; never goes back: for durations. */
  monotonicMs(): number;
  sleep(ms: number): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}
