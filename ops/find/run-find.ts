import { shardOfSequenceNumber } from '../../kinesis/shard-of-sequence-number.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import { describeFailedCall } from '../failed-call.ts';
import type { OpsConsole } from '../ops-console.ts';
import { readWatchdogSettings } from '../status/read-status.ts';
import type { Target } from '../stack/open-target.ts';
import type { FindOptions, Wanted } from './find-command.ts';
import { describeFound } from './describe-found.ts';
import { fateOf, type Fate, type Found } from './fate.ts';
import { logLinkOf } from './found-log.ts';
import { searchDatabase } from './search-database.ts';
import { searchFailures, type FailureFindings } from './search-failures.ts';

const EXIT_CODES: Readonly<Record<Fate, OpsExitCode>> = {
  'in effect': OPS_EXIT_CODES.fine,
  skipped: OPS_EXIT_CODES.fine,
  carried: OPS_EXIT_CODES.fine,
  redriven: OPS_EXIT_CODES.found,
  waiting: OPS_EXIT_CODES.found,
  'not reached': OPS_EXIT_CODES.found,
  'not seen': OPS_EXIT_CODES.found,
  quarantined: OPS_EXIT_CODES.needsPerson,
  'given up': OPS_EXIT_CODES.needsPerson,
};

/**
 * Looks everywhere where an event can be, and says what has become of it.
 *
 * @returns that of its fate, or that nobody can see where a place did not answer and nothing was found elsewhere
 */
export async function runFind(
  target: Target,
  { json, ...asked }: Omit<FindOptions, 'stack' | 'region' | 'local'>,
  { say, progress }: Pick<OpsConsole, 'say' | 'progress'>,
): Promise<OpsExitCode> {
  progress('searching ledger, batch log and quarantine');
  const { functionName } = await readWatchdogSettings(target);
  const wanted = wantedOf(asked);
  const database = await searchDatabase(target.execute, functionName, wanted);
  const failures: string[] = [];
  const bucket = await searchFailures(target, wanted, (searched) => {
    progress(`searching the on-failure bucket, ${searched} objects`);
  }).catch((error: unknown): FailureFindings | undefined => {
    failures.push(`cannot see the on-failure bucket: ${describeFailedCall(error) ?? String(error)}`);
    return undefined;
  });
  const { stack, isLocal } = target;
  const { LogGroupName: logGroupName, StreamArn } = stack.outputs;
  const found: Found = {
    ...{ stackName: stack.stackName, isLocal, region: StreamArn.split(':')[3] ?? '', logGroupName },
    ...{ wanted, database, bucket, failures },
  };
  const fate = fateOf(found);
  if (json) say(JSON.stringify({ fate, ...found, logLink: logLinkOf(found) ?? null }, null, 2));
  else for (const line of describeFound(found)) say(line);
  const isPartial = failures.length > 0 || bucket?.isPartial === true;
  return isPartial && fate === 'not seen' ? OPS_EXIT_CODES.cannotSee : EXIT_CODES[fate];
}

/** Only what is looked for; of a record without its shard, the sequence number says which one that is. */
function wantedOf({ eventId, sequence, shard, partitionKey }: Wanted): Wanted {
  const encoded = sequence === undefined ? undefined : shardOfSequenceNumber(sequence);
  return { eventId, sequence, shard: shard ?? encoded, partitionKey };
}
