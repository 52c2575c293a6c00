import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { ExecuteStatement, Row } from '../../data-api/execute.ts';
import type { BuildHistory, FuseMemory, HeldBuild, HeldExample, RunningBuild } from '../ports.ts';
import { storableText } from './encode-rejection.ts';

/** Writes that are looked at in any case: where a few large ones fill the fuse's window, older ones still tell of a build. */
const MIN_WRITES = 20;

const IS_BUILD = 'function_name = :function_name::text AND code_version = :code_version::text';

/** An operator's word ends what was held until then; what is held later is held anew. */
const IS_HELD = '(_f.allowed_at IS NULL OR _f.allowed_at < _f.held_since)';

/** A row of the fuse's table as JSON: a {@link NotedBuild}. */
const HELD_AS_JSON = `jsonb_build_object(
  'sinceMs', round(extract(epoch FROM _f.held_since) * 1000),
  'isBlown', _f.blown_at IS NOT NULL,
  'rejected', _f.rejected,
  'events', _f.events,
  'example', jsonb_build_object('reason', _f.reason, 'detail', _f.detail, 'sqlState', _f.sql_state)
)`;

const READ_SQL = `
  SELECT (SELECT ${HELD_AS_JSON} FROM ${FRAMEWORK_TABLES.fuse} AS _f WHERE ${IS_BUILD} AND ${IS_HELD})::text,
    (SELECT extract(epoch FROM allowed_at) * 1000 FROM ${FRAMEWORK_TABLES.fuse} WHERE ${IS_BUILD})::text,
    (SELECT jsonb_agg(jsonb_build_array(events, quarantined, taken) ORDER BY newest_id DESC) FROM (
      SELECT max(id) AS newest_id, sum(events - waiting) AS events, sum(quarantined) AS quarantined,
        sum(written + superseded + existing) AS taken
      FROM ${FRAMEWORK_TABLES.batchLog} NATURAL JOIN (
        SELECT DISTINCT function_name, shard_id, batch_sequence_number FROM (
          SELECT function_name, shard_id, batch_sequence_number FROM ${FRAMEWORK_TABLES.batchLog}
          WHERE ${IS_BUILD} AND batch_sequence_number IS NOT NULL ORDER BY id DESC LIMIT :max_writes::integer
        ) AS _newest
      ) AS _batches
      WHERE ${IS_BUILD}
        AND newest_arrival_at > coalesce((SELECT allowed_at FROM ${FRAMEWORK_TABLES.fuse} WHERE ${IS_BUILD}), '-infinity')
      GROUP BY shard_id, batch_sequence_number
    ) AS _recent)::text`;

/** What replaces an older note: a note after an operator's word, or that the fuse has blown since. */
const IS_NEWS = `(NOT ${IS_HELD} OR (_f.blown_at IS NULL AND excluded.blown_at IS NOT NULL))`;
const NOTED_COLUMNS = [
  'blown_at',
  'shard_id',
  'sequence_number',
  'rejected',
  'events',
  'reason',
  'detail',
  'sql_state',
];

/** Changes nothing where the older note stays; an update all the same, because only what is updated is returned. */
const HOLD_SQL = `
  INSERT INTO ${FRAMEWORK_TABLES.fuse} AS _f (function_name, code_version, ${NOTED_COLUMNS.join(', ')})
  SELECT :function_name::text, :code_version::text, CASE WHEN (v->>'isBlown')::boolean THEN now() END, v->>'shardId',
    (v->>'sequenceNumber')::numeric, (v->>'rejected')::integer, (v->>'events')::integer, v->'example'->>'reason',
    v->'example'->>'detail', v->'example'->>'sqlState'
  FROM (SELECT :held::jsonb AS v) AS _held
  ON CONFLICT (function_name, code_version) DO UPDATE SET
    held_since = CASE WHEN ${IS_HELD} THEN _f.held_since ELSE excluded.held_since END,
    ${NOTED_COLUMNS.map((column) => `${column} = CASE WHEN ${IS_NEWS} THEN excluded.${column} ELSE _f.${column} END`).join(', ')}
  RETURNING ${HELD_AS_JSON}::text`;

/** What an operator has allowed stays on record. */
const RELEASE_SQL = `
  WITH _kept AS (
    UPDATE ${FRAMEWORK_TABLES.fuse} SET held_since = allowed_at
    WHERE ${IS_BUILD} AND blown_at IS NULL AND allowed_at IS NOT NULL RETURNING 1
  )
  DELETE FROM ${FRAMEWORK_TABLES.fuse} WHERE ${IS_BUILD} AND blown_at IS NULL AND allowed_at IS NULL`;

/**
 * Remembers a build in the framework's tables, through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param build the function and the code that runs
 */
export function createDataApiFuseMemory(
  execute: ExecuteStatement,
  { functionName, codeVersion }: RunningBuild,
): FuseMemory {
  const build = { function_name: functionName, code_version: codeVersion };
  return {
    read: async (maxWrites, options) => {
      const limit = String(Math.max(maxWrites, MIN_WRITES));
      const { rows } = await execute(READ_SQL, { ...build, max_writes: limit }, options);
      return toHistory(rows[0]);
    },
    hold: async (held, options) => {
      const example = { ...held.example, detail: storableText(held.example.detail) };
      const parameters = { ...build, held: JSON.stringify({ ...held, example }) };
      const { rows } = await execute(HOLD_SQL, parameters, options);
      const noted = toHeld(rows[0]?.[0]);
      if (noted === undefined) throw new TypeError('the database returned no row for the note of a held build');
      return noted;
    },
    release: async (options) => {
      await execute(RELEASE_SQL, build, options);
    },
  };
}

function toHistory([held, allowedAtMs, recent]: Row = []): BuildHistory {
  const writes = JSON.parse(recent?.stringValue ?? '[]') as readonly (readonly [number, number, number])[];
  return {
    held: toHeld(held),
    allowedUntilMs: allowedAtMs?.stringValue === undefined ? undefined : Number(allowedAtMs.stringValue),
    recent: writes.map(([events, quarantined, taken]) => ({ events, quarantined, taken })),
  };
}

/** A {@link HeldBuild} as the database tells it. */
interface NotedBuild {
  readonly sinceMs: number;
  readonly isBlown: boolean;
  readonly rejected: number;
  readonly events: number;
  readonly example: Omit<HeldExample, 'sqlState'> & { readonly sqlState: string | null };
}

function toHeld(field: Row[number] | undefined): HeldBuild | undefined {
  if (field?.stringValue === undefined) return undefined;
  const { sinceMs, example, ...held } = JSON.parse(field.stringValue) as NotedBuild;
  return {
    ...held,
    since: new Date(sinceMs).toISOString(),
    example: { ...example, sqlState: example.sqlState ?? undefined },
  };
}
