import { commandOf } from '../../command-line/program-name.ts';
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
  const [entry] = entries;
  if (entry !== undefined) return FATE_BY_STATE[entry.state];
  if ((bucket?.keys.length ?? 0) > 0) return 'given up';
  return fateInBatch(wanted, database);
}

function fateInBatch({ eventId, sequence }: Wanted, { batch, shardPosition }: DatabaseFindings): Fate {
  if (sequence === undefined) return 'not seen';
  if (batch !== null) {
    if (batch.skipped === batch.events || (eventId !== undefined && batch.skipped > 0)) return 'skipped';
    return eventId === undefined ? 'carried' : 'not seen';
  }
  return shardPosition === null || BigInt(sequence) > BigInt(shardPosition) ? 'not reached' : 'not seen';
}

/** Lines for a person: the fate first, then what each place has. */
export function describeFound(found: Found): readonly string[] {
  const { wanted, database, bucket, failures, logGroupName } = found;
  const { eventId, sequence, shard = '', partitionKey } = wanted;
  const name = eventId ?? (sequence === undefined ? `partition key ${partitionKey ?? ''}` : `${shard} ${sequence}`);
  return [
    `${name}: ${describeFate(found)}`,
    `ledger      ${describeLedger(found)}`,
    `tables      ${database.inEffectSince === null ? 'no rows, as far as is known' : 'rows written: ledger and tables change in one commit'}`,
    ...describeBatch(database),
    ...(database.entries.length === 0 ? ['quarantine  no entry'] : database.entries.flatMap(describeEntry)),
    `bucket      ${describeBucket(bucket)}`,
    `log         ${logGroupName}: ${logQuery(found)}`,
    ...failures.map((failure) => `unseen      ${failure.replace(/^cannot see /, '')}`),
  ];
}

const FATES: Readonly<Record<Fate, (found: Found, entry: QuarantineEntry | undefined) => string>> = {
  'in effect': ({ database }) => `in effect since ${database.inEffectSince ?? 'it was redriven or tried again'}`,
  skipped: () => 'skipped by the projection',
  carried: () => 'its batch is committed, and it was not quarantined; search by event id to see whether it was skipped',
  redriven: (_, entry) => `redriven at ${entry?.redrivenAt ?? 'unknown'}, and not in effect yet`,
  waiting: (_, entry) => `waiting until ${entry?.waitsUntil ?? 'unknown'}, and retried automatically`,
  quarantined: (found) => `quarantined: fix the cause, then ${redriveOf(found)}`,
  'given up': (found) => `given up by Lambda, and kept: fix the cause, then ${redriveOf(found)} --bucket`,
  'not reached': ({ database }) => `not reached: the shard is committed up to ${database.shardPosition ?? 'nothing'}`,
  'not seen': () =>
    'not seen: it has not arrived, was skipped, or is older than the retention; pass `--shard` and `--sequence` to find out more',
};

function redriveOf({ stackName }: Found): string {
  return `${commandOf('ops')} redrive --stack ${stackName}`;
}

function describeFate(found: Found): string {
  return FATES[fateOf(found)](found, found.database.entries[0]);
}

function describeLedger({ wanted, database }: Found): string {
  if (wanted.eventId === undefined) return 'unknown: the ledger is searched by event id';
  return database.inEffectSince === null ? 'no entry' : `in effect since ${database.inEffectSince}`;
}

function describeBatch({ batch }: DatabaseFindings): readonly string[] {
  if (batch === null) return ['batch       unknown'];
  const { shardId, firstSequenceNumber, lastSequenceNumber, committedAt, codeVersion, events, skippedByReason } = batch;
  const skips = Object.entries(skippedByReason ?? {}).map(([reason, count]) => `${count} ${reason}`);
  return [
    `batch       ${shardId}, ${events} events, committed ${committedAt} by build ${codeVersion}`,
    `            from ${firstSequenceNumber}`,
    `            to ${lastSequenceNumber}`,
    ...(skips.length === 0 ? [] : [`            skipped: ${skips.join(', ')}`]),
  ];
}

function describeEntry(entry: QuarantineEntry): readonly string[] {
  const { id, state, reason, detail, quarantinedAt, redrivenAt, shardId, sequenceNumber, codeVersion } = entry;
  return [
    `quarantine  entry ${id} is ${state}: ${reason}, since ${quarantinedAt} by build ${codeVersion}`,
    `            ${detail.replaceAll(/\s+/g, ' ')}`,
    `            ${shardId} ${sequenceNumber}`,
    ...(redrivenAt === null ? [] : [`            redriven ${redrivenAt}`]),
  ];
}

function describeBucket(bucket: FailureFindings | undefined): string {
  if (bucket === undefined) return 'unknown, or none';
  const { keys, searched, isPartial } = bucket;
  const looked = `objects searched: ${searched}${isPartial ? ', and there are more' : ''}`;
  return keys.length === 0 ? `nothing; ${looked}` : `${keys.join(', ')}; ${looked}`;
}

/** For Logs Insights, over fields that are indexed. */
function logQuery({ wanted, database: { batch, entries } }: Found): string {
  const [entry] = entries;
  const fields = {
    eventId: wanted.eventId,
    sequenceNumber: wanted.sequence ?? entry?.sequenceNumber,
    shardId: wanted.shard ?? (entry ?? batch)?.shardId,
  };
  const filters = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${JSON.stringify(value)}`],
  );
  return filters.length === 0 ? 'nothing to search by' : `filter ${filters.join(' or ')} | sort @timestamp desc`;
}
