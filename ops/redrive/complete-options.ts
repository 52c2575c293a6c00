import { UsageError } from '../../command-line/usage-error.ts';
import { databaseOf, missingOption } from '../stack/database-options.ts';
import type { DeployedStack } from '../stack/deployed-stack.ts';
import type { RedriveOptions } from './redrive-command.ts';

/** Options with everything that a stack can add to them. */
export type CompleteRedriveOptions = Omit<RedriveOptions, 'bucket'> & { readonly bucket?: string };

const NEEDED = {
  clusterArn: '--cluster-arn',
  secretArn: '--secret-arn',
  database: '--database',
  streamArn: '--stream-arn',
} as const;

/**
 * Adds what a deployed stack says about itself to what the command line says, which comes first.
 *
 * @param stack undefined when none was named
 * @throws {@link UsageError} naming every option that is missing then
 */
export function completeOptions(given: RedriveOptions, stack: DeployedStack | undefined): CompleteRedriveOptions {
  const { bucket: named, ...rest } = given;
  const bucket = named === true ? stack?.failedBatchesBucket : named;
  const options = { ...ofStack(stack), ...rest, ...(bucket !== undefined && { bucket }) };
  const problems = [...missingOptions(options, named !== undefined), ...bucketProblems(given, bucket)];
  if (problems.length > 0) throw new UsageError(problems);
  return options;
}

function ofStack(stack: DeployedStack | undefined): Partial<Record<keyof typeof NEEDED, string>> {
  if (stack === undefined) return {};
  return { ...databaseOf(stack), streamArn: stack.outputs.StreamArn };
}

/** A list of the quarantine needs no stream, on-failure objects need no database. */
function missingOptions(options: CompleteRedriveOptions, ofBucket: boolean): string[] {
  const ofObjects = options.failures !== undefined || ofBucket;
  return Object.entries(NEEDED)
    .filter(([name]) => (name === 'streamArn' ? options.apply || ofObjects : !ofObjects))
    .filter(([name]) => options[name as keyof typeof NEEDED] === undefined)
    .map(([name, flag]) => missingOption(name, flag));
}

function bucketProblems({ bucket: named, prefix }: RedriveOptions, bucket: string | undefined): string[] {
  if (named === undefined) {
    return prefix === undefined
      ? []
      : ['`--prefix` must come with `--bucket`, got no bucket; name the bucket or leave the prefix out'];
  }
  return bucket === undefined
    ? ['`--bucket` must have a name, or come with `--stack` of a stack that has an on-failure destination']
    : [];
}
