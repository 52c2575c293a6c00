import type { S3Client } from '@aws-sdk/client-s3';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { MAX_GAUGE_COUNT } from '../../contract/metrics.ts';
import type { Execute } from '../../data-api/execute.ts';
import { listUnreadFailures } from '../../kinesis/unread-failures.ts';

/** Quarantine entries that wait for somebody. */
export interface OpenQuarantine {
  /** At most {@link MAX_GAUGE_COUNT}. */
  readonly entries: number;
  /** Age of the oldest; 0 when there is none. */
  readonly oldestAgeSeconds: number;
}

const OPEN_QUARANTINE_SQL = `
SELECT count(*), coalesce(extract(epoch FROM now() - min(quarantined_at)), 0)::bigint
FROM (
  SELECT quarantined_at FROM ${FRAMEWORK_TABLES.quarantine}
  WHERE function_name = CAST(:function_name AS text) AND applied_at IS NULL AND redriven_at IS NULL
  ORDER BY quarantined_at
  LIMIT ${MAX_GAUGE_COUNT}
) AS open`;

/**
 * Counts the quarantine entries of a function that were neither redriven nor came into effect.
 *
 * @param execute runs the statement
 * @param functionName whose entries
 */
export async function readOpenQuarantine(execute: Execute, functionName: string): Promise<OpenQuarantine> {
  const { rows } = await execute(OPEN_QUARANTINE_SQL, { function_name: functionName });
  const [entries, oldestAgeSeconds] = rows[0] ?? [];
  return { entries: entries?.longValue ?? 0, oldestAgeSeconds: oldestAgeSeconds?.longValue ?? 0 };
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
