import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { MAX_GAUGE_COUNT } from '../../contract/metrics.ts';
import { TRY_WAITING_ENTRIES } from '../../contract/try-waiting-entries.ts';
import type { Execute } from '../../data-api/execute.ts';
import { listUnreadFailures } from '../../kinesis/unread-failures.ts';

/** Quarantine entries that wait for somebody. */
export interface OpenQuarantine {
  /** At most {@link MAX_GAUGE_COUNT}. */
  readonly entries: number;
  /** Age of the oldest; 0 when there is none. */
  readonly oldestAgeSeconds: number;
  /** Entries that wait for what may still come and are tried again by themselves; at most {@link MAX_GAUGE_COUNT}. */
  readonly waiting: number;
  /** Whether one of these should have been tried a minute ago, and was not: no record comes behind which it would be. */
  readonly isOverdue: boolean;
}

const IS_UNSETTLED = 'function_name = CAST(:function_name AS text) AND applied_at IS NULL AND redriven_at IS NULL';

const OPEN_QUARANTINE_SQL = `
SELECT count(*), coalesce(extract(epoch FROM now() - min(since)), 0)::bigint, (
  SELECT count(*) FROM (
    SELECT FROM ${FRAMEWORK_TABLES.quarantine} WHERE ${IS_UNSETTLED} AND heal_until > now() LIMIT ${MAX_GAUGE_COUNT}
  ) AS waiting
), EXISTS (
  SELECT FROM ${FRAMEWORK_TABLES.quarantine}
  WHERE ${IS_UNSETTLED} AND heal_until > now() AND retry_at < now() - interval '1 minute'
)
FROM (
  SELECT coalesce(heal_until, quarantined_at) AS since FROM ${FRAMEWORK_TABLES.quarantine}
  WHERE ${IS_UNSETTLED} AND (heal_until IS NULL OR heal_until <= now())
  ORDER BY quarantined_at
  LIMIT ${MAX_GAUGE_COUNT}
) AS open`;

/**
 * Counts the quarantine entries of a function that were neither redriven nor came into effect, those apart that may
 * still do so by themselves.
 *
 * @param execute runs the statement
 * @param functionName whose entries
 */
export async function readOpenQuarantine(execute: Execute, functionName: string): Promise<OpenQuarantine> {
  const { rows } = await execute(OPEN_QUARANTINE_SQL, { function_name: functionName });
  const [entries, oldestAgeSeconds, waiting, isOverdue] = rows[0] ?? [];
  return {
    entries: entries?.longValue ?? 0,
    oldestAgeSeconds: oldestAgeSeconds?.longValue ?? 0,
    waiting: waiting?.longValue ?? 0,
    isOverdue: isOverdue?.booleanValue ?? false,
  };
}

/**
 * Asks the processor to try the entries that wait, and does not wait for it.
 *
 * @param processorArn of its alias
 */
export async function askToTryEntries(client: LambdaClient, processorArn: string): Promise<void> {
  await client.send(
    new InvokeCommand({ FunctionName: processorArn, InvocationType: 'Event', Payload: TRY_WAITING_ENTRIES }),
  );
}

/** Longest listing of a bucket: some hundred thousand keys, marks included. */
const LISTING_TIMEOUT_MS = 20_000;

/**
 * Counts the on-failure objects that were not redriven.
 *
 * @returns the number, at most {@link MAX_GAUGE_COUNT}
 */
export async function countUnreadFailures(client: S3Client, bucket: string): Promise<number> {
  const signal = AbortSignal.timeout(LISTING_TIMEOUT_MS);
  const keys: string[] = [];
  for await (const key of listUnreadFailures(client, { bucket, prefix: '', signal })) {
    if (keys.push(key) >= MAX_GAUGE_COUNT) break;
  }
  return keys.length;
}
