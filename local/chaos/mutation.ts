import type { ChaosProfile } from './create-chaos-plan.ts';
import type { SourceEdits } from './source-edits.ts';

/** A part of the engine taken out on purpose, to see that a run of chaos notices. */
export interface Mutation {
  /** What the engine no longer does. */
  readonly says: string;
  readonly edits: SourceEdits;
  /** The runs in which it must show. */
  readonly profile: ChaosProfile;
}

/** The mutations, by the name they have on the command line. */
export const MUTATIONS = {
  'no-ledger-join': {
    says: 'writes join all events of the batch instead of those the ledger saw for the first time',
    edits: {
      'processor/write/compile-write.ts': [
        ['JOIN ${FRESH} USING (${OWN.n})`;', 'JOIN ${LEDGER_ROWS} USING (${OWN.n})`;'],
      ],
    },
    profile: 'mixed',
  },
  'no-sort': {
    says: 'rows are written in any order instead of that of their keys',
    edits: {
      'processor/write/compile-write.ts': [[' ORDER BY ${EVENT_ID} COLLATE "C"', '']],
      'processor/tables/inserts.ts': [[' ORDER BY ${order}', '']],
      'processor/tables/counters.ts': [[' ORDER BY ${keyOrder(table, OWN.row)}', ' ORDER BY min(${OWN.row}.${OWN.n})']],
      'processor/tables/versions.ts': [
        [
          '${upsert(state, table, newest(state, rows))}',
          '${upsert(state, table, `SELECT * FROM (${newest(state, rows)}) AS _any ORDER BY random()`)}',
        ],
        [' ORDER BY ${keyOrder(state, OWN.row)}`;\n  const sameKey', ' ORDER BY random()`;\n  const sameKey'],
      ],
    },
    profile: 'contention',
  },
  'no-conflict-guard': {
    says: 'a versioned row is replaced whatever its version',
    edits: {
      'processor/tables/versions.ts': [
        [
          "  WHERE ((${compared(state, OWN.there).join(', ')}) <= (${compared(state, 'excluded').join(', ')})) IS NOT FALSE\n",
          '',
        ],
      ],
    },
    profile: 'versions',
  },
  'first-of-equals-stays': {
    says: 'a row does not give way to one of the same version',
    edits: {
      'processor/tables/versions.ts': [
        [")}) <= (${compared(state, 'excluded')", ")}) < (${compared(state, 'excluded')"],
      ],
    },
    profile: 'versions',
  },
  'first-of-equals-in-a-batch': {
    says: 'of equal versions in one batch the first is written',
    edits: {
      'processor/tables/versions.ts': [
        [
          '`${OWN.row}.${OWN.n}`].map((column) => `${column} DESC`)',
          '`-${OWN.row}.${OWN.n}`].map((column) => `${column} DESC`)',
        ],
      ],
    },
    profile: 'versions',
  },
  'null-version-stays': {
    says: 'a row without a version is never replaced',
    edits: { 'processor/tables/versions.ts': [[' IS NOT FALSE', '']] },
    profile: 'versions',
  },
  'null-counter-stays': {
    says: 'what is added to NULL is NULL',
    edits: { 'processor/tables/counters.ts': [['coalesce(${OWN.there}.${column}, 0)', '${OWN.there}.${column}']] },
    profile: 'versions',
  },
  'superseded-is-written': {
    says: 'an event that lost to a newer version counts as written',
    edits: { 'processor/write/compile-write.ts': [['const mayBeSuperseded = ', 'const mayBeSuperseded = false && ']] },
    profile: 'versions',
  },
  'empty-failure-list': {
    says: 'the function answers that all is done, whatever is committed',
    edits: {
      'processor/write/batch-outcome.ts': [['firstUncommitted === undefined ? []', 'sequenceNumbers.length > 0 ? []']],
    },
    profile: 'missing-grant',
  },
  'no-quarantine': {
    says: 'rejected events are neither written nor set aside',
    edits: { 'processor/write/write-parameters.ts': [['jsonArray(rejections.map(({ row }) => row))', "'[]'"]] },
    profile: 'poison',
  },
} as const satisfies Readonly<Record<string, Mutation>>;

/** Name of one of {@link MUTATIONS}. */
export type MutationName = keyof typeof MUTATIONS;
