import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import { describeFailedCall } from '../failed-call.ts';
import type { OpsConsole } from '../ops-console.ts';
import { readWatchdogSettings } from '../status/read-status.ts';
import type { Target } from '../stack/open-target.ts';
import type { FindOptions } from './find-command.ts';
import { describeFound, fateOf, type Fate, type Found } from './found.ts';
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
  options: Omit<FindOptions, 'stack' | 'region' | 'local'>,
  { say, progress }: Pick<OpsConsole, 'say' | 'progress'>,
): Promise<OpsExitCode> {
  progress('searching ledger, batch log and quarantine');
  const { functionName } = await readWatchdogSettings(target);
  const database = await searchDatabase(target.execute, functionName, options);
  const failures: string[] = [];
  const bucket = await searchFailures(target, options, (searched) => {
    progress(`searching the on-failure bucket, ${searched} objects`);
  }).catch((error: unknown): FailureFindings | undefined => {
    failures.push(`cannot see the on-failure bucket: ${describeFailedCall(error) ?? String(error)}`);
    return undefined;
  });
  const { eventId, sequence, shard, partitionKey } = options;
  const found: Found = {
    ...{ stackName: target.stack.stackName, wanted: { eventId, sequence, shard, partitionKey } },
    ...{ database, bucket, failures },
    logGroupName: target.stack.outputs.LogGroupName,
  };
  const fate = fateOf(found);
  if (options.json) say(JSON.stringify({ fate, ...found }, null, 2));
  else for (const line of describeFound(found)) say(line);
  const isPartial = failures.length > 0 || bucket?.isPartial === true;
  return isPartial && fate === 'not seen' ? OPS_EXIT_CODES.cannotSee : EXIT_CODES[fate];
}
