import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';
import type { FoundNote, InFlightNote, InFlightNotes, RunningBuild, SequenceRange, Worker } from '../ports.ts';

/** Whose notes they are. What another build did to its processes says nothing about this one. */
export interface InFlightScope extends RunningBuild {
  /** Names this process; no other has the same. */
  readonly processId: string;
}

const NOTES = FRAMEWORK_TABLES.inFlight;

/** Columns of a note that one invocation's notes share, and their values. */
const SHARED = {
  function_name: ':function_name::text',
  code_version: ':code_version::text',
  shard_id: ':shard_id::text',
} as const;

/** When the batch began to wait, which is the same for all notes about it. */
const ARRIVED_AT = 'to_timestamp(:arrived_at_ms::double precision / 1000)';

/** Columns of a note and how each is read from its JSON array. */
const CELLS = {
  first_sequence_number: '(v->>0)::numeric',
  last_sequence_number: '(v->>1)::numeric',
  crashes: '(v->>2)::integer',
  alone: '(v->>3)::boolean',
  event_id: 'v->>4',
  verdict: 'v->>5',
  // Nobody works on a suspect, so it has no owner.
  process_id: "CASE WHEN v->>6 = 'at-work' THEN :process_id::text END",
  request_id: "CASE WHEN v->>6 = 'at-work' THEN :request_id::text END",
  deadline_at:
    "CASE WHEN v->>6 = 'at-work' THEN now() + :remaining_ms::double precision * interval '1 millisecond' END",
  arrived_at: ARRIVED_AT,
} as const;

const KEY = [...Object.keys(SHARED), 'first_sequence_number', 'last_sequence_number'].join(', ');

const INSERT = `
  INSERT INTO ${NOTES} (${[...Object.keys(SHARED), ...Object.keys(CELLS)].join(', ')})
  SELECT ${[...Object.values(SHARED), ...Object.values(CELLS)].join(', ')} FROM jsonb_array_elements(:kept::jsonb) AS v`;

const IS_OF_SHARD = Object.entries(SHARED)
  .map(([column, value]) => `_n.${column} = ${value}`)
  .join(' AND ');

/**
 * What a note says to the one who finds it. A process is dead when its invocation is delivered again, which Lambda does
 * only after the first delivery has ended, or when its time is up.
 */
const STATE = `CASE
      WHEN _n.process_id IS NULL THEN 'suspect'
      WHEN _n.process_id = :process_id::text THEN 'own'
      WHEN _n.request_id = :request_id::text OR _n.deadline_at <= now() THEN 'died'
      ELSE 'at-work' END`;

/** A statement reads the tables as they were before it, so the notes that it finds are those of others. */
const BEGIN_SQL = `WITH _batch AS (SELECT (v->>0)::numeric AS first, (v->>1)::numeric AS last FROM jsonb_array_elements(:kept::jsonb) AS v),
_note AS (${INSERT}
  ON CONFLICT DO NOTHING)
SELECT
  (SELECT coalesce(jsonb_agg(jsonb_build_array(_n.first_sequence_number::text, _n.last_sequence_number::text, _n.crashes,
      _n.alone, _n.event_id, _n.verdict, ${STATE})), '[]')::text
    FROM ${NOTES} AS _n, _batch
    WHERE ${IS_OF_SHARD} AND _n.first_sequence_number <= _batch.last AND _n.last_sequence_number >= _batch.first),
  (SELECT coalesce(jsonb_agg(DISTINCT _q.sequence_number::text), '[]')::text
    FROM ${FRAMEWORK_TABLES.quarantine} AS _q, _batch
    WHERE _q.function_name = ${SHARED.function_name} AND _q.shard_id = ${SHARED.shard_id}
      AND _q.sequence_number BETWEEN _batch.first AND _batch.last AND _q.reason = 'kills-function')`;

const REPLACE_SQL = `WITH _gone AS (
  DELETE FROM ${NOTES} AS _n USING jsonb_array_elements(:gone::jsonb) AS v
  WHERE ${IS_OF_SHARD} AND _n.first_sequence_number = (v->>0)::numeric AND _n.last_sequence_number = (v->>1)::numeric)
${INSERT}
  ON CONFLICT (${KEY}) DO UPDATE SET ${Object.keys(CELLS)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}, started_at = now()`;

/**
 * Keeps the notes in the database, through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param scope whose notes they are
 */
export function createDataApiInFlightNotes(execute: ExecuteStatement, scope: InFlightScope): InFlightNotes {
  const shared = ({ shardId, requestId, remainingMs, arrivedAtMs }: Worker, kept: readonly InFlightNote[]) => ({
    function_name: scope.functionName,
    code_version: scope.codeVersion,
    process_id: scope.processId,
    shard_id: shardId,
    request_id: requestId,
    remaining_ms: String(Math.max(0, remainingMs)),
    arrived_at_ms: String(arrivedAtMs),
    kept: JSON.stringify(
      kept.map((note) => [note.first, note.last, note.crashes, note.alone, note.eventId, note.verdict, note.state]),
    ),
  });
  return {
    begin: async (batch, worker, options) => {
      const { rows } = await execute(BEGIN_SQL, shared(worker, [batch]), options);
      const [notes, quarantined] = (rows[0] ?? []).map(({ stringValue = '[]' }) => JSON.parse(stringValue) as unknown);
      return {
        notes: ((notes ?? []) as NoteCells[]).map(toFoundNote),
        quarantined: (quarantined ?? []) as readonly string[],
      };
    },
    replace: async ({ gone, kept }, worker, options) => {
      const parameters = { ...shared(worker, kept), gone: JSON.stringify(goneBeside(gone, kept)) };
      await execute(REPLACE_SQL, parameters, options);
    },
  };
}

type NoteCells = [string, string, number, boolean, string | null, string | null, FoundNote['state']];

function toFoundNote([first, last, crashes, alone, eventId, verdict, state]: NoteCells): FoundNote {
  return { first, last, crashes, alone, eventId, verdict, state };
}

/** A row can't be deleted and written by one statement: one that is kept is overwritten. */
function goneBeside(gone: readonly SequenceRange[], kept: readonly SequenceRange[]): readonly (readonly string[])[] {
  return gone
    .filter(({ first, last }) => !kept.some((note) => note.first === first && note.last === last))
    .map(({ first, last }) => [first, last]);
}
