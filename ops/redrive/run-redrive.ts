import { setTimeout as sleep } from 'node:timers/promises';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { putRecords } from '../../kinesis/put-records.ts';
import type { OpsConsole } from '../ops-console.ts';
import { PATIENCE } from '../stack/database-options.ts';
import { openStack } from '../stack/open-stack.ts';
import { clientConfiguration } from '../stack/stack-options.ts';
import type { CompleteRedriveOptions } from './complete-options.ts';
import { completeOptions } from './complete-options.ts';
import { createFailureObjectSource, createFolderFailureObjects, type FailureObjects } from './failure-object-source.ts';
import { createQuarantineSource } from './quarantine-source.ts';
import type { RedriveOptions } from './redrive-command.ts';
import type { RecordSink, RedriveItem, RedriveSource } from './redrive-source.ts';
import { redrive, type RedriveReport } from './redrive.ts';

/**
 * Lists what is set aside, or puts it back.
 *
 * @returns what was done; some of it may be refused
 * @throws {@link UsageError} naming every option that is missing, or the stack that is not there
 */
export async function runRedrive(given: RedriveOptions, { say, signal }: OpsConsole): Promise<RedriveReport> {
  await using clients = new AsyncDisposableStack();
  const options = completeOptions(given, await openStack(given, clients));
  const listed: RedriveItem['summary'][] = [];
  const { apply: isApplied, rate: ratePerSecond, limit, json } = options;
  const report = await redrive(await createSource(options, clients), createSink(options, clients), {
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

async function createSource(options: CompleteRedriveOptions, clients: AsyncDisposableStack): Promise<RedriveSource> {
  const { failures, bucket, keepPlaces, streamArn = '', clusterArn = '', secretArn = '', database = '' } = options;
  if (bucket !== undefined)
    return createFailureObjectSource(await openBucket(bucket, options, clients), { streamArn, keepPlaces });
  if (failures !== undefined)
    return createFailureObjectSource(createFolderFailureObjects(failures), { streamArn, keepPlaces });
  const client = new RDSDataClient({ ...clientConfiguration(options), maxAttempts: 1 });
  clients.defer(() => {
    client.destroy();
  });
  const execute = createPatientExecute({ client, clusterArn, secretArn, database }, PATIENCE);
  return createQuarantineSource(execute, options);
}

/** Lambda's own part of the bucket: `aws/lambda/<mapping>/<shard>/...`. */
const DEFAULT_PREFIX = 'aws/lambda/';

/** Loads the S3 client only where a bucket is named: it is by far the largest, and most redrives need none. */
async function openBucket(
  bucket: string,
  options: CompleteRedriveOptions,
  clients: AsyncDisposableStack,
): Promise<FailureObjects> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { createBucketFailureObjects } = await import('./bucket-failure-objects.ts');
  const client = new S3Client(clientConfiguration(options));
  clients.defer(() => {
    client.destroy();
  });
  return createBucketFailureObjects(client, { bucket, prefix: options.prefix ?? DEFAULT_PREFIX });
}

function createSink(options: CompleteRedriveOptions, clients: AsyncDisposableStack): RecordSink {
  // HTTP/1.1 does for what a redrive sends, and it is what local emulators speak.
  const client = new KinesisClient({ ...clientConfiguration(options), requestHandler: new NodeHttpHandler() });
  clients.defer(() => {
    client.destroy();
  });
  const target = { client, stream: { StreamARN: options.streamArn ?? '' } };
  return { put: (records) => putRecords(target, records) };
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
