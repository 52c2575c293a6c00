import type { ChaosPlan, PlannedIncident } from './chaos-plan.ts';
import type { ChaosProfile } from './create-chaos-plan.ts';
import { HEALING_MUTATIONS } from './healing-mutations.ts';
import type { SourceEdits } from './source-edits.ts';

/** A part of the engine taken out on purpose, to see that a run of chaos notices. */
export interface Mutation {
  /** What the engine no longer does. */
  readonly says: string;
  readonly edits: SourceEdits;
  /** The runs in which it must show. */
  readonly profile: ChaosProfile;
  /** What is the same in all of these runs, where only some of the profile could show it. */
  readonly plan?: Partial<ChaosPlan>;
}

/** While rows are refused the quarantine is, too: a row is set aside only where the grant comes back at the right moment. */
function withoutInserts(afterShare: number): PlannedIncident {
  return { kind: 'missing-grant', grant: 'insert-flights', afterShare };
}

/** The mutations, by the name they have on the command line. */
export const MUTATIONS = {
  ...HEALING_MUTATIONS,
  'no-ledger-join': {
    says: 'writes join all events of the batch instead of those the ledger saw for the first time',
    edits: {
      'processor/write/compile-write.ts': [
        ['IN (SELECT ${OWN.n} FROM ${FRESH})`;', 'IN (SELECT ${OWN.n} FROM ${LEDGER_ROWS})`;'],
      ],
    },
    profile: 'mixed',
  },
  'no-sort': {
    says: 'rows are written in any order instead of that of their keys',
    edits: {
      'processor/write/compile-write.ts': [[' ORDER BY ${EVENT_ID} COLLATE "C"', '']],
      'processor/tables/inserts.ts': [[' ORDER BY ${order}', '']],
      'processor/tables/counters.ts': [[' ORDER BY ${keyOrder(sums, OWN.row)}', ' ORDER BY min(${OWN.row}.${OWN.n})']],
      'processor/tables/versions.ts': [
        [
          '${upsert(state, table, newest(state, rows, { later }))}',
          '${upsert(state, table, `SELECT * FROM (${newest(state, rows, { later })}) AS _any ORDER BY random()`)}',
        ],
        [' ORDER BY ${keyOrder(state, OWN.row)}`;\n  const sameKey', ' ORDER BY random()`;\n  const sameKey'],
      ],
    },
    profile: 'contention',
  },
  'no-conflict-guard': {
    says: 'a versioned row is replaced whatever its version',
    edits: {
      'processor/tables/versions.ts': [["  WHERE ${isNoOlder('excluded', OWN.there, state)}\n", '']],
    },
    profile: 'versions',
  },
  'first-of-equals-stays': {
    says: 'a row does not give way to one of the same version',
    edits: {
      'processor/tables/keyed-state.ts': [[')}) <= (${compared(state, row)', ')}) < (${compared(state, row)']],
    },
    profile: 'versions',
  },
  'first-of-equals-in-a-batch': {
    says: 'of equal versions in one batch the first is written',
    edits: {
      'processor/tables/keyed-state.ts': [
        [
          '`${OWN.row}.${later}`].map((column) => `${column} DESC`)',
          '`-${OWN.row}.${later}`].map((column) => `${column} DESC`)',
        ],
      ],
    },
    profile: 'versions',
  },
  'null-version-stays': {
    says: 'a row without a version is never replaced',
    edits: { 'processor/tables/keyed-state.ts': [[' IS NOT FALSE', '']] },
    profile: 'versions',
  },
  'null-counter-stays': {
    says: 'what is added to NULL is NULL',
    edits: { 'processor/tables/counters.ts': [['coalesce(${OWN.there}.${column}, 0)', '${OWN.there}.${column}']] },
    profile: 'versions',
  },
  'no-tombstones': {
    says: 'a removed row leaves no tombstone',
    edits: { 'processor/tables/tombstones.ts': [['THEN ${versionOf(state)} END', 'THEN NULL::jsonb END']] },
    profile: 'versions',
  },
  'older-patches-apply': {
    says: 'a patch that is older than the row changes it',
    edits: {
      'processor/tables/fold-patches.ts': [
        ['WHERE ${isNoOlder(row, OWN.there, state)}${state.removes', 'WHERE true${state.removes'],
      ],
    },
    profile: 'versions',
  },
  'older-patches-of-a-batch-apply': {
    says: 'all patches of a batch apply, even those older than an earlier one',
    edits: { 'processor/tables/fold-patches.ts': [['WHERE ${RANK} = ${GREATEST_RANK}', 'WHERE true']] },
    profile: 'versions',
  },
  'first-patch-counts': {
    says: 'of several patches of a column in one batch the first counts',
    edits: { 'processor/tables/fold-patches.ts': [['ORDER BY ${order} DESC', 'ORDER BY ${order}']] },
    profile: 'versions',
  },
  'absent-is-null': {
    says: 'a column that a patch leaves out becomes null',
    edits: {
      'processor/tables/fold-patches.ts': [["coalesce(substr(${mark}, ${index + 1}, 1) = '1', true)", 'true']],
    },
    profile: 'versions',
  },
  'removed-columns-come-back': {
    says: 'a row that is removed and created again in one batch keeps the columns that nobody gave it',
    edits: {
      'processor/tables/fold-patches.ts': [['WHEN ${REMOVED_AT} IS NULL THEN', 'WHEN true THEN']],
    },
    profile: 'versions',
  },
  'integers-are-rounded': {
    says: 'an integer beyond 2^53 becomes the nearest double',
    edits: {
      'processor/decode/parse-json.ts': [["BigInt(`${sign}${digits}${'0'.repeat(zerosBehind)}`)", 'BigInt(value)']],
    },
    profile: 'versions',
  },
  'integers-are-rounded-in-jsonb': {
    says: 'an integer beyond 2^53 becomes the nearest double inside jsonb',
    edits: {
      'processor/tables/json-cell.ts': [
        ["case 'bigint':\n        return String(value);", "case 'bigint':\n        return String(Number(value));"],
      ],
    },
    profile: 'versions',
  },
  'times-as-they-come': {
    says: 'a timestamp column takes any text that PostgreSQL takes',
    edits: { 'processor/tables/time-text.ts': [['return form.test(text) && isCalendarDay(text);', 'return true;']] },
    profile: 'poison',
  },
  'promises-are-stored': {
    says: 'a promise inside jsonb is written as an empty object',
    edits: {
      'processor/tables/json-cell.ts': [
        [
          "if (isPromiseLike(value)) throw this.#problem('a promise; await it');",
          "if (isPromiseLike(value)) return '{}';",
        ],
      ],
    },
    profile: 'poison',
  },
  'late-rejections-are-unheard': {
    says: 'nobody hears the promise in a rejected row, so its rejection ends the process',
    edits: { 'processor/user-values.ts': [['if (isPromiseLike(value)) hear(value);', '']] },
    profile: 'poison',
  },
  'inherited-names-count': {
    says: 'members inherited from Object are treated as own members',
    edits: { 'processor/user-values.ts': [['isInherited: name in Object.prototype', 'isInherited: false']] },
    profile: 'versions',
  },
  'any-of-several-rows': {
    says: 'a lookup key with several rows gets one of them',
    edits: { 'processor/lookup/data-api-lookup-source.ts': [['if (rows !== 1) return new AmbiguousKey(rows);', '']] },
    profile: 'poison',
  },
  'keys-of-neighbours': {
    says: 'an event sees the reference rows that other events of its batch asked for',
    edits: {
      'processor/lookup/lookup-accessors.ts': [['keys?.has(current, text) === true ?', 'keys !== undefined ?']],
    },
    profile: 'poison',
  },
  'refusals-pass': {
    says: 'an unlisted SQLSTATE is treated as transient',
    edits: { 'data-api/classify-error.ts': [["?? 'refused'", "?? 'transient'"]] },
    profile: 'poison',
  },
  'refusals-blame-the-row': {
    says: 'the database is not asked whether it refuses the statement or the row',
    edits: { 'processor/write/write-items.ts': [['error.isAboutStatement && isOpen', 'false']] },
    profile: 'missing-grant',
    plan: { batchSize: 5, incidents: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6].map(withoutInserts) },
  },
  'fuse-gives-way': {
    says: 'a batch too small for the fuse is quarantined, whatever share of it is rejected',
    edits: {
      'processor/quarantine/fuse.ts': [
        ["evidence.fatal === evidence.rejected ? 'quarantine' : 'wait'", "'quarantine'"],
      ],
    },
    profile: 'bad-deploy',
    plan: {
      batchSize: 5,
      incidents: [{ kind: 'bad-deploy', build: 'renamed-field', then: 'deployed', afterShare: 0.3 }],
    },
  },
  'fuse-forgets': {
    says: 'the fuse knows nothing of the batches before',
    edits: { 'processor/quarantine/data-api-fuse-memory.ts': [['return toHistory(rows[0]);', 'return toHistory();']] },
    profile: 'poison',
  },
  'repeated-events-count': {
    says: 'the fuse counts an event already in effect as proof that the database accepts the rows of the build',
    edits: { 'processor/quarantine/fuse.ts': [['newToDatabase.rejected > 0 ?', 'newToDatabase.rejected < 0 ?']] },
    profile: 'repeats',
  },
  'fuse-stays-blown': {
    says: 'a new build does not close the fuse',
    edits: {
      'processor/quarantine/data-api-fuse-memory.ts': [
        [' AND code_version = :code_version::text', ' AND length(:code_version::text) > 0'],
      ],
    },
    profile: 'bad-deploy',
  },
  'no-in-flight-note': {
    says: 'a process notes nothing about the records that it works on',
    edits: { 'processor/batch-runner.ts': [['memory.isNew(shardId, records);', 'false;']] },
    profile: 'killers',
  },
  'condemned-records-run': {
    says: 'a record known to crash processes is processed anyway',
    edits: {
      'processor/careful-run.ts': [['condemned === undefined ? record : { ...record, condemned }', 'record']],
    },
    profile: 'killers',
  },
  'death-blames-the-first': {
    says: 'a crash condemns the first record that the process was working on',
    edits: {
      'processor/quarantine/suspects.ts': [['note.alone && crashes >= CRASHES_FOR_A_VERDICT', 'crashes > 0']],
    },
    profile: 'killers',
  },
  'no-event-id-in-the-note': {
    says: 'a record that crashed processes is quarantined although its event is in effect',
    edits: { 'processor/careful-run.ts': [['if (note.alone) await this.#noteEventId(records, note);', '']] },
    profile: 'killers',
    plan: { killers: [{ kind: 'kills-by-unheard-rejection', flight: 60 }] },
  },
  'superseded-is-written': {
    says: 'an event that lost to a newer version counts as written',
    edits: { 'processor/write/compile-write.ts': [['mayHaveNone ? ', 'mayHaveNone && false ? ']] },
    profile: 'versions',
  },
  'skips-are-not-counted': {
    says: 'skipped events are not counted',
    edits: {
      'processor/write/write-parameters.ts': [
        ['skipped.length > 0 ? [skipped.length, countByReason(skipped)] : []', '[]'],
      ],
    },
    profile: 'mixed',
  },
  'documents-have-the-bytes-of-their-record': {
    says: 'a rejected document is quarantined with the whole payload of its record',
    edits: {
      'processor/decode/decode-records.ts': [["{ part: 'own', payload }", "{ part: 'own' }"]],
    },
    profile: 'poison',
  },
  'documents-share-a-number': {
    says: 'documents of a record have one number, so that the quarantine takes only one of them',
    edits: {
      'processor/decode/place.ts': [['subRecord === null ? document :', 'subRecord === null ? 0 :']],
    },
    profile: 'poison',
  },
  'a-bad-document-takes-its-record-along': {
    says: 'if one document of a record is not JSON, the others are ignored',
    edits: {
      'processor/decode/split-json.ts': [['if (line.length > 0) yield*', 'if (line.length > 0 && start === 0) yield*']],
    },
    profile: 'mixed',
  },
  'empty-failure-list': {
    says: 'the function reports success, whatever was committed',
    edits: {
      'processor/write/batch-outcome.ts': [['firstUncommitted === undefined ? []', 'sequenceNumbers.length > 0 ? []']],
    },
    profile: 'missing-grant',
  },
  'no-quarantine': {
    says: 'rejected events are neither written nor quarantined',
    edits: { 'processor/write/write-parameters.ts': [['jsonArray(rejections.map(({ row }) => row))', "'[]'"]] },
    profile: 'poison',
  },
} as const satisfies Readonly<Record<string, Mutation>>;

/** Name of one of {@link MUTATIONS}. */
export type MutationName = keyof typeof MUTATIONS;
