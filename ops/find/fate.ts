import type { Wanted } from './find-command.ts';
import type { DatabaseFindings, QuarantineEntry } from './search-database.ts';
import type { FailureFindings } from './search-failures.ts';

/**
 * What has become of an event.
 *
 * - `in effect`: the tables have it.
 * - `skipped`: its batch was committed, and the projection did not want it.
 * - `carried`: its batch was committed; only its id would tell whether it is in effect or was skipped.
 * - `redriven`: put back on the stream, and not in effect so far.
 * - `waiting`: in the quarantine, and tried again by itself.
 * - `quarantined`: in the quarantine, where somebody has to redrive it.
 * - `given up`: in the on-failure bucket, where somebody has to redrive it.
 * - `not reached`: the consumer has not come that far.
 * - `not seen`: it is in none of these places.
 */
export type Fate =
  | 'in effect'
  | 'skipped'
  | 'carried'
  | 'redriven'
  | 'waiting'
  | 'quarantined'
  | 'given up'
  | 'not reached'
  | 'not seen';

/** All that was found. */
export interface Found {
  readonly stackName: string;
  readonly isLocal: boolean;
  readonly region: string;
  readonly wanted: Wanted;
  readonly database: DatabaseFindings;
  /** Undefined without an on-failure destination, or where it could not be seen. */
  readonly bucket: FailureFindings | undefined;
  readonly logGroupName: string;
  /** What could not be seen, and what to do. */
  readonly failures: readonly string[];
}

const FATE_BY_STATE = {
  'in effect': 'in effect',
  redriven: 'redriven',
  waiting: 'waiting',
  open: 'quarantined',
} as const satisfies Record<QuarantineEntry['state'], Fate>;

/** What it comes to: the ledger goes before the quarantine, and both before what only says where it could be. */
export function fateOf({ wanted, database, bucket }: Found): Fate {
  const { inEffectSince, entries } = database;
  if (inEffectSince !== null) return 'in effect';
  const entry = decisiveEntry(entries, wanted);
  if (entry !== undefined) return FATE_BY_STATE[entry.state];
  if ((bucket?.keys.length ?? 0) > 0) return 'given up';
  return fateInBatch(wanted, database);
}

/** What a person has to do something about goes first. */
export const URGENCY: readonly QuarantineEntry['state'][] = ['open', 'waiting', 'redriven', 'in effect'];

/**
 * The entry that decides about a fate: of a partition key the most urgent one, else the newest.
 *
 * @param entries the newest first
 */
export function decisiveEntry(entries: readonly QuarantineEntry[], wanted: Wanted): QuarantineEntry | undefined {
  if (!isKeyAlone(wanted)) return entries[0];
  return entries.toSorted((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state))[0];
}

/** A partition key has many events, of which those that are set aside are listed. */
export function isKeyAlone({ eventId, sequence }: Wanted): boolean {
  return eventId === undefined && sequence === undefined;
}

function fateInBatch({ eventId, sequence }: Wanted, { batch, shardPosition }: DatabaseFindings): Fate {
  if (sequence === undefined) return 'not seen';
  if (batch !== null) {
    if (batch.skipped === batch.events || (eventId !== undefined && batch.skipped > 0)) return 'skipped';
    return eventId === undefined ? 'carried' : 'not seen';
  }
  return shardPosition === null || BigInt(sequence) > BigInt(shardPosition) ? 'not reached' : 'not seen';
}
