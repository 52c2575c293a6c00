import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute, Row } from '../../data-api/execute.ts';

/** Which held builds are meant. */
export interface HeldBuildFilter {
  /** Name of the function; all when undefined. */
  readonly functionName: string | undefined;
  /** Hash of the code; all when undefined. */
  readonly build: string | undefined;
}

/** A build whose rejections are held back instead of quarantined. */
export interface HeldBuild {
  readonly functionName: string;
  readonly build: string;
  /** ISO 8601 in UTC. */
  readonly heldSince: string;
  /** False while too few events have been seen for that. */
  readonly isBlown: boolean;
  /** So many of `events` would have been quarantined. */
  readonly rejected: number;
  readonly events: number;
  readonly reason: string;
  /** What is wrong with one of the events; may quote it. */
  readonly detail: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** The build that wrote last since then; null when none has. */
  readonly buildThatWrites: string | null;
}

const IS_HELD = '(_f.allowed_at IS NULL OR _f.allowed_at < _f.held_since)';
const IS_MEANT = `${IS_HELD}
  AND (:function_name::text = '' OR _f.function_name = :function_name::text)
  AND (:build::text = '' OR _f.code_version = :build::text)`;

/** A held build as JSON, in the form of {@link HeldBuild}, but for the moment. */
const AS_JSON = `jsonb_build_object(
  'functionName', _f.function_name, 'build', _f.code_version,
  'heldSinceMs', round(extract(epoch FROM _f.held_since) * 1000), 'isBlown', _f.blown_at IS NOT NULL,
  'rejected', _f.rejected, 'events', _f.events, 'reason', _f.reason, 'detail', left(_f.detail, 500),
  'shardId', _f.shard_id, 'sequenceNumber', _f.sequence_number::text,
  'buildThatWrites', (
    SELECT code_version FROM ${FRAMEWORK_TABLES.batchLog}
    WHERE function_name = _f.function_name AND committed_at > _f.held_since AND written > 0 ORDER BY id DESC LIMIT 1))::text`;

const LIST_SQL = `SELECT ${AS_JSON} FROM ${FRAMEWORK_TABLES.fuse} AS _f WHERE ${IS_MEANT} ORDER BY _f.held_since`;
const ALLOW_SQL = `UPDATE ${FRAMEWORK_TABLES.fuse} AS _f SET allowed_at = now() WHERE ${IS_MEANT} RETURNING ${AS_JSON}`;

/**
 * Lists the builds that are held.
 *
 * @param execute with credentials that may read the framework's tables
 * @returns the one held longest first
 */
export function listHeldBuilds(execute: Execute, filter: HeldBuildFilter): Promise<readonly HeldBuild[]> {
  return heldBuilds(execute, LIST_SQL, filter);
}

/**
 * Lets what builds reject into the quarantine, as far as it has arrived by now; what arrives later is judged anew.
 *
 * @param execute with credentials that may set `allowed_at`
 * @returns the builds this was said of
 */
export function allowHeldBuilds(execute: Execute, filter: HeldBuildFilter): Promise<readonly HeldBuild[]> {
  return heldBuilds(execute, ALLOW_SQL, filter);
}

async function heldBuilds(
  execute: Execute,
  sql: string,
  { functionName = '', build = '' }: HeldBuildFilter,
): Promise<readonly HeldBuild[]> {
  const { rows } = await execute(sql, { function_name: functionName, build });
  return rows.map(([field]) => toHeldBuild(field));
}

function toHeldBuild(field: Row[number] | undefined): HeldBuild {
  const { heldSinceMs, ...rest } = JSON.parse(field?.stringValue ?? '{}') as Omit<HeldBuild, 'heldSince'> & {
    readonly heldSinceMs: number;
  };
  return { ...rest, heldSince: new Date(heldSinceMs).toISOString() };
}
