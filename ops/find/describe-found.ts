import { commandOf } from '../../command-line/program-name.ts';
import { decisiveEntry, fateOf, isKeyAlone, URGENCY, type Fate, type Found } from './fate.ts';
import { describeLog } from './found-log.ts';
import { MAX_ENTRIES, type DatabaseFindings, type QuarantineEntry } from './search-database.ts';
import type { FailureFindings } from './search-failures.ts';

/** Lines for a person: the fate first, then what each place has. */
export function describeFound(found: Found): readonly string[] {
  const { wanted, database, bucket, failures } = found;
  return [
    ...(isKeyAlone(wanted) ? [describeKey(found)] : describeOne(found)),
    ...(database.entries.length === 0 ? ['quarantine  no entry'] : database.entries.flatMap(describeEntry)),
    `bucket      ${describeBucket(bucket)}`,
    ...describeLog(found),
    ...failures.map((failure) => `unseen      ${failure.replace(/^cannot see /, '')}`),
  ];
}

function describeKey({ wanted: { partitionKey = '' }, database: { entries } }: Found): string {
  if (entries.length === 0) return `partition key ${partitionKey}: nothing of it is in the quarantine`;
  const counts = URGENCY.map((state) => [state, entries.filter((entry) => entry.state === state).length] as const);
  const told = counts.flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${state}`])).join(', ');
  const more = entries.length === MAX_ENTRIES ? ', and maybe older ones' : '';
  return `partition key ${partitionKey}: entries in the quarantine: ${told}${more}`;
}

function describeOne(found: Found): readonly string[] {
  const { wanted, database } = found;
  const { eventId, sequence = '', shard = '' } = wanted;
  const inEffect = 'rows written: ledger and tables change in one commit';
  return [
    `${eventId ?? `${shard} ${sequence}`}: ${describeFate(found)}`,
    `ledger      ${describeLedger(found)}`,
    `tables      ${database.inEffectSince === null ? 'no rows, as far as is known' : inEffect}`,
    ...describeBatch(database),
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

function redriveOf({ stackName, isLocal }: Found): string {
  return `${commandOf('ops')} redrive ${isLocal ? '--local' : '--stack'} ${stackName}`;
}

function describeFate(found: Found): string {
  return FATES[fateOf(found)](found, decisiveEntry(found.database.entries, found.wanted));
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
  const { id, state, eventId, reason, detail, quarantinedAt, redrivenAt, shardId, sequenceNumber, codeVersion } = entry;
  return [
    `quarantine  entry ${id} is ${state}: ${reason}, since ${quarantinedAt} by build ${codeVersion}`,
    `            event ${eventId ?? 'unknown: its id could not be read'}`,
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
