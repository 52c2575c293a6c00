import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../command-line/usage-error.ts';
import { putRecords } from '../../kinesis/put-records.ts';
import type { OpsConsole } from '../ops-console.ts';
import type { Target } from '../stack/open-target.ts';
import { createFailureObjectSource, createFolderFailureObjects, type FailureObjects } from './failure-object-source.ts';
import { createQuarantineSource } from './quarantine-source.ts';
import type { RedriveOptions } from './redrive-command.ts';
import type { RecordSink, RedriveItem, RedriveSource } from './redrive-source.ts';
import { redrive, type RedriveReport } from './redrive.ts';

/**
 * Lists what is set aside, or puts it back.
 *
 * @returns what was done; some of it may be refused
 * @throws {@link UsageError} when the options do not go with the stack
 */
export async function runRedrive(
  target: Target,
  options: RedriveOptions,
  { say, signal }: Omit<OpsConsole, 'progress'>,
): Promise<RedriveReport> {
  const listed: RedriveItem['summary'][] = [];
  const { apply: isApplied, rate: ratePerSecond, limit, json } = options;
  const report = await redrive(await createSource(target, options), createSink(target), {
    isApplied,
    ratePerSecond,
    limit,
    signal,
    sleep: (ms) => sleep(ms),
    onItems: (items) => {
      for (const { summary } of items) {
        if (json) listed.push(summary);
        else say(describeItem(summary));
      }
    },
  });
  if (json) say(JSON.stringify({ ...report, isApplied, entries: listed }, null, 2));
  else for (const line of describeRedrive(report, isApplied)) say(line);
  return report;
}

async function createSource(target: Target, options: RedriveOptions): Promise<RedriveSource> {
  const { failures, keepPlaces } = options;
  const { StreamArn: streamArn } = target.stack.outputs;
  const bucket = bucketOf(target, options);
  if (bucket !== undefined) {
    return createFailureObjectSource(await openBucket(target, bucket, options), { streamArn, keepPlaces });
  }
  if (failures !== undefined) {
    return createFailureObjectSource(createFolderFailureObjects(failures), { streamArn, keepPlaces });
  }
  return createQuarantineSource(target.execute, options);
}

function bucketOf({ stack }: Target, { bucket, prefix }: RedriveOptions): string | undefined {
  if (bucket === undefined && prefix !== undefined) {
    throw new UsageError(['`--prefix` must come with `--bucket`; add it, or leave the prefix out']);
  }
  const name = bucket === true ? stack.failedBatchesBucket : bucket;
  if (bucket === true && name === undefined) {
    throw new UsageError([
      `\`--bucket\` must have a name here: ${stack.stackName} has no on-failure destination of its own`,
    ]);
  }
  return name;
}

/** Lambda's own part of the bucket: `aws/lambda/<mapping>/<shard>/...`. */
const DEFAULT_PREFIX = 'aws/lambda/';

async function openBucket(target: Target, bucket: string, { prefix }: RedriveOptions): Promise<FailureObjects> {
  const client = await target.client('s3');
  const { createBucketFailureObjects } = await import('./bucket-failure-objects.ts');
  return createBucketFailureObjects(client, { bucket, prefix: prefix ?? DEFAULT_PREFIX });
}

function createSink({ client, stack }: Target): RecordSink {
  return {
    put: async (records) => {
      await putRecords({ client: await client('kinesis'), stream: { StreamARN: stack.outputs.StreamArn } }, records);
    },
  };
}

function describeItem(summary: RedriveItem['summary']): string {
  return Object.entries(summary)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? oneLine(value) : String(value)}`)
    .join('  ');
}

function oneLine(text: string): string {
  return /[\s"]/.test(text) ? JSON.stringify(text) : text;
}

function describeRedrive({ items, records, refused, isInterrupted }: RedriveReport, isApplied: boolean): string[] {
  const done = isApplied
    ? `${items} put back as ${records} records and marked`
    : `${items} would be put back; nothing was changed, add --apply to do it`;
  return [
    ...refused.map(({ id, problem }) => `refused ${id}: ${problem}`),
    ...(isInterrupted ? ['Interrupted: run it again for the rest.'] : []),
    `${done}${refused.length > 0 ? `; ${refused.length} refused` : ''}`,
  ];
}
