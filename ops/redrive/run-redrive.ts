import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../command-line/usage-error.ts';
import { putRecords } from '../../kinesis/put-records.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import type { OpsConsole } from '../ops-console.ts';
import type { Target } from '../stack/open-target.ts';
import { awaitEffect, describeEffect, type RedriveEffect } from './await-effect.ts';
import { createFailureObjectSource, createFolderFailureObjects, type FailureObjects } from './failure-object-source.ts';
import { withPreviews } from './payload-preview.ts';
import { createQuarantineSource } from './quarantine-source.ts';
import type { RedriveOptions } from './redrive-command.ts';
import { RedriveListing } from './redrive-listing.ts';
import type { RecordSink, RedriveSource } from './redrive-source.ts';
import { summarizeQuarantine } from './redrive-summary.ts';
import { redrive, type RedriveReport } from './redrive.ts';

/**
 * Says what is set aside, by reason, or puts it back.
 *
 * @returns `found` when something was refused, rejected again, or has no effect so far
 * @throws {@link UsageError} when the options do not go with the stack
 */
export async function runRedrive(
  target: Target,
  options: RedriveOptions,
  opsConsole: OpsConsole,
): Promise<OpsExitCode> {
  refuseContradictions(options);
  const listing = new RedriveListing(options, opsConsole.say);
  const isQuarantine = options.bucket === undefined && options.prefix === undefined && options.failures === undefined;
  if (isQuarantine) {
    opsConsole.progress('counting entries');
    listing.reasons = await summarizeQuarantine(target.execute, options);
  }
  const { report, put } = await goThrough(target, options, { opsConsole, listing });
  const effect = options.verify ? await verifyEffect(target, put, { options, opsConsole }) : undefined;
  listing.finish(report, effect);
  return exitCodeOf(report, effect);
}

interface Going {
  readonly opsConsole: OpsConsole;
  readonly listing: RedriveListing;
}

/** Puts items back, or lists them; where nobody asks for each, those of the quarantine are counted already. */
async function goThrough(target: Target, options: RedriveOptions, { opsConsole, listing }: Going) {
  const { apply: isApplied, rate: ratePerSecond, limit, payload } = options;
  const put: string[] = [];
  if (!isApplied && listing.reasons !== undefined && !listing.listsEach) {
    const counted = listing.reasons.reduce((sum, { items }) => sum + items, 0);
    listing.items = Math.min(counted, limit);
    return { put, report: { items: listing.items, records: 0, refused: [], isInterrupted: false } };
  }
  const report = await redrive(await createSource(target, options), createSink(target), {
    isApplied,
    ratePerSecond,
    limit,
    signal: opsConsole.signal,
    sleep: (ms) => sleep(ms),
    onItems: async (items) => {
      if (options.verify) put.push(...items.map(({ id }) => id));
      const isShown = payload !== undefined && listing.reasons !== undefined;
      listing.add(isShown ? await withPreviews(target.execute, items, payload) : items);
      opsConsole.progress(`${isApplied ? 'put back' : 'found'} ${listing.items.toLocaleString('en-US')}`);
    },
  });
  return { put, report };
}

function refuseContradictions({ verify, apply, bucket, failures }: RedriveOptions): void {
  const problems = [
    ...(verify && !apply ? ['`--verify` needs `--apply`: without it, nothing is put back'] : []),
    ...(verify && (bucket !== undefined || failures !== undefined)
      ? ['`--verify` works only for quarantine entries; after redriving on-failure objects, run `ops verify`']
      : []),
  ];
  if (problems.length > 0) throw new UsageError(problems);
}

function exitCodeOf({ refused, isInterrupted }: RedriveReport, effect: RedriveEffect | undefined): OpsExitCode {
  const isDone = effect === undefined || (effect.open === 0 && Object.keys(effect.rejectedAgain).length === 0);
  return refused.length === 0 && !isInterrupted && isDone ? OPS_EXIT_CODES.fine : OPS_EXIT_CODES.found;
}

function verifyEffect(
  { execute }: Target,
  ids: readonly string[],
  { options, opsConsole }: { readonly options: RedriveOptions; readonly opsConsole: OpsConsole },
): Promise<RedriveEffect> {
  return awaitEffect(execute, ids, {
    timeoutMs: 1000 * options.verifyTimeout,
    signal: opsConsole.signal,
    onLook: (effect) => {
      opsConsole.progress(`waiting until they are in effect: ${describeEffect(effect)}`);
    },
    sleep: (ms) => sleep(ms, undefined, { signal: opsConsole.signal }).catch(() => undefined),
    now: () => performance.now(),
  });
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
    throw new UsageError(['`--prefix` needs `--bucket`: add `--bucket`, or leave `--prefix` out']);
  }
  const name = bucket === true ? stack.failedBatchesBucket : bucket;
  if (bucket === true && name === undefined) {
    throw new UsageError([`\`--bucket\` must name a bucket: ${stack.stackName} has no on-failure bucket of its own`]);
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
