import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { ChaosProfile } from './chaos-plan.ts';

/** A part of the engine taken out on purpose, to see that a run of chaos notices. */
export interface Mutation {
  /** What the engine no longer does. */
  readonly says: string;
  /** Source file, relative to the repository. */
  readonly file: string;
  /** Texts of the file and what stands in their place; each must be found. */
  readonly replacements: readonly (readonly [found: string, placed: string])[];
  /** The runs in which it must show. */
  readonly profile: ChaosProfile;
}

/** The mutations, by the name they have on the command line. */
export const MUTATIONS = {
  'no-ledger-join': {
    says: 'writes join all events of the batch instead of those the ledger saw for the first time',
    file: 'processor/write/compile-write.ts',
    replacements: [['AS _row JOIN _fresh USING (_n)', 'AS _row JOIN _event USING (_n)']],
    profile: 'mixed',
  },
  'no-sort': {
    says: 'rows are written in any order instead of that of their keys',
    file: 'processor/write/compile-write.ts',
    replacements: [
      ['event_id FROM _event ORDER BY event_id COLLATE "C"', 'event_id FROM _event'],
      ['GROUP BY ${key} ORDER BY ${keyOrder(table)}', 'GROUP BY ${key} ORDER BY min(_n)'],
      ['FROM ${rows} AS _row JOIN _fresh USING (_n) ORDER BY ${order}', 'FROM ${rows} AS _row JOIN _fresh USING (_n)'],
      [
        'SELECT DISTINCT ON (${byKey}) ${columns} FROM ${rows} AS _row JOIN _fresh USING (_n) ORDER BY ${byKey}, ${newestFirst}, _n',
        'SELECT * FROM (SELECT DISTINCT ON (${byKey}) ${columns} FROM ${rows} AS _row JOIN _fresh USING (_n) ' +
          'ORDER BY ${byKey}, ${newestFirst}, _n) AS _newest ORDER BY random()',
      ],
    ],
    profile: 'contention',
  },
  'no-conflict-guard': {
    says: 'a versioned row is replaced whatever its version',
    file: 'processor/write/compile-write.ts',
    replacements: [["\n  WHERE (${versionOf('_t')}) < (${versionOf('excluded')})", '']],
    profile: 'mixed',
  },
  'empty-failure-list': {
    says: 'the function answers that all is done, whatever is committed',
    file: 'processor/write/batch-outcome.ts',
    replacements: [['firstUncommitted === undefined ? []', 'sequenceNumbers.length > 0 ? []']],
    profile: 'mixed',
  },
  'no-quarantine': {
    says: 'rejected events are neither written nor set aside',
    file: 'processor/write/write-parameters.ts',
    replacements: [['jsonArray(rejections.map(({ row }) => row))', "'[]'"]],
    profile: 'mixed',
  },
} as const satisfies Readonly<Record<string, Mutation>>;

/** Name of one of {@link MUTATIONS}. */
export type MutationName = keyof typeof MUTATIONS;

const ROOT = join(import.meta.dirname, '../..');

/**
 * Applies a mutation while the function is bundled; no file is changed.
 *
 * @returns a plugin that fails the build when the source no longer holds what the mutation takes out
 */
export function mutationPlugin(name: MutationName): Plugin {
  const { file, replacements }: Mutation = MUTATIONS[name];
  return {
    name: `mutation-${name}`,
    setup: (build) => {
      build.onLoad({ filter: new RegExp(`${file.replaceAll(/[/.]/g, '\\$&')}$`) }, async () => ({
        contents: mutate(await readFile(join(ROOT, file), 'utf8'), name, replacements),
        loader: 'ts',
      }));
    },
  };
}

function mutate(source: string, name: MutationName, replacements: Mutation['replacements']): string {
  return replacements.reduce((text, [found, placed]) => {
    if (!text.includes(found)) throw new Error(`mutation ${name}: the source no longer holds ${JSON.stringify(found)}`);
    return text.replaceAll(found, () => placed);
  }, source);
}
