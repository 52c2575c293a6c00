/**
 * Runs a projection on example events in a unit test: no database, no AWS, nothing to wait for.
 * `import { runProjection } from 'kinesis-to-aurora/testing'`.
 *
 * @module
 */
import { DATA_API_MAX_REQUEST_BYTES } from '../contract/limits.ts';
import { compileProjection } from './compile-projection.ts';
import { decodeRecords } from './decode/decode-records.ts';
import type { DecodedItem, RejectionReason } from './decode/item.ts';
import type { LookupKey, LookupRow, Lookups } from './lookup/declare-lookup.ts';
import { KeyMisfit, keyShapeOf, lookupKeyText } from './lookup/key-text.ts';
import { resolveLookups } from './lookup/resolve-lookups.ts';
import type { LookupResult, LookupSource, ReferenceRow } from './ports.ts';
import { projectItems, type EncodedItem } from './project/project-items.ts';
import type { AnyProjection, Projection } from './projection.ts';
import type { TestRecord } from './test-record.ts';
import { toKinesisRecord, TEST_SHARD_ID } from './test-record.ts';
import { Removal } from './tables/removal.ts';
import type { RowOf, Tables } from './tables/table-kind.ts';

export type { TestRecord } from './test-record.ts';

/** What a projection is run on. */
export interface ProjectionInput<L> {
  /** Rows of the reference tables: keys with their rows, by lookup. A key that is not there has no row. */
  readonly lookups?: { readonly [N in keyof L]?: readonly (readonly [key: LookupKey<L[N]>, row: LookupRow<L[N]>])[] };
  /** Events, each as the JSON of a record of its own. */
  readonly events?: readonly unknown[];
  /** Records as they are, behind the events. */
  readonly records?: readonly TestRecord[];
}

/** What became of one event. */
export type ProjectedEvent<T> =
  | {
      readonly kind: 'rows';
      readonly eventId: string;
      /** Rows by table, as the projection gave them; a table without rows is left out. */
      readonly rows: { readonly [N in keyof T]?: readonly Exclude<RowOf<T[N]>, Removal>[] };
      /** What `remove` was given, by table. */
      readonly removals: { readonly [N in keyof T]?: readonly object[] };
    }
  | { readonly kind: 'skipped'; readonly reason: string }
  | {
      readonly kind: 'rejected';
      readonly reason: RejectionReason;
      /** The sentence that the quarantine would have. */
      readonly detail: string;
    };

/**
 * Decodes, looks up and projects events as the engine does, up to the point where it would write.
 *
 * What only a database knows is not found here: keys that exist already, foreign keys, versions that lose, and rows
 * of the projection's own tables, which a lookup sees as far as they are given.
 *
 * @param projection what `defineProjection` returned
 * @param input events and the reference rows that they need
 * @returns one for each event, in the order of the stream; a record may hold several
 */
export async function runProjection<Event, L extends Lookups, T extends Tables, I>(
  projection: Projection<Event, L, T, I>,
  { lookups = {}, events = [], records = [] }: ProjectionInput<L>,
): Promise<readonly ProjectedEvent<T>[]> {
  const compiled = compileProjection(projection as unknown as AnyProjection);
  const given = [...events.map((data): TestRecord => ({ data })), ...records].map(toKinesisRecord);
  const items = await decodeRecords(given, compiled.projection);
  const reading = {
    lookups: projection.lookups,
    cache: { get: () => undefined, set: () => undefined, evictions: 0 },
    source: sourceOf(projection.lookups, lookups),
    maxKeyBytes: DATA_API_MAX_REQUEST_BYTES,
  };
  const looked = await resolveLookups(items, { plan: compiled.projection, reading }, CALLS);
  const returned: unknown[] = [];
  const step: typeof compiled.step = {
    ...compiled.step,
    project: (event, accessors, context) => {
      // What throws returns nothing.
      const place = returned.push(undefined) - 1;
      const projected = compiled.step.project(event, accessors, context);
      returned[place] = projected;
      return projected;
    },
  };
  const { keepsPlace } = compiled.projection;
  const maxItemBytes = DATA_API_MAX_REQUEST_BYTES - compiled.fixedRequestBytes;
  const encoding = { shardId: TEST_SHARD_ID, codeVersion: 'test', keepsPlace, maxItemBytes };
  const { resolved, asked } = looked;
  const projected = projectItems(looked.items, step, { resolved, asked, encoding });
  return describe(looked.items, projected.items, returned) as readonly ProjectedEvent<T>[];
}

/** Nothing here calls a database: there is no wait and no deadline. */
const CALLS = {
  clock: { now: () => Date.now(), monotonicMs: () => 0, sleep: () => Promise.resolve(), random: () => 0 },
  budgetMs: () => Infinity,
  tally: { calls: 0, errors: 0 },
};

function sourceOf(
  declared: Lookups,
  given: Readonly<Record<string, readonly (readonly [unknown, unknown])[] | undefined>>,
): LookupSource {
  const rows = new Map(
    Object.entries(declared).map(([name, lookup]) => {
      const shape = keyShapeOf(lookup);
      const entries = (given[name] ?? []).map(([key, row]): [string, ReferenceRow] => {
        const text = lookupKeyText(shape, key);
        if (typeof text === 'string') return [text, row as ReferenceRow];
        throw new TypeError(
          `lookup \`${name}\`: a key ${text instanceof KeyMisfit ? text.detail : 'must be one that a row can have'}`,
        );
      });
      return [name, new Map(entries)];
    }),
  );
  return {
    read: (request) =>
      Promise.resolve<LookupResult>(
        new Map(
          [...request].map(([name, keys]) => {
            const known = rows.get(name) ?? new Map<string, ReferenceRow>();
            return [name, new Map([...known].filter(([key]) => keys.includes(key)))];
          }),
        ),
      ),
  };
}

function describe(
  items: readonly DecodedItem[],
  encoded: readonly EncodedItem[],
  returned: readonly unknown[],
): readonly ProjectedEvent<Tables>[] {
  let next = 0;
  return encoded.map((outcome, n): ProjectedEvent<Tables> => {
    const projected = items[n]?.kind === 'event' ? returned[next++] : undefined;
    switch (outcome.kind) {
      case 'event':
        return { kind: 'rows', eventId: outcome.eventId, ...rowsOf(projected as object) };
      case 'skip':
        return { kind: 'skipped', reason: outcome.reason };
      case 'rejection': {
        const { reason, detail } = outcome.rejection;
        return { kind: 'rejected', reason, detail };
      }
    }
  });
}

function rowsOf(projected: object) {
  const given = Object.entries(projected).map(([table, rows]: [string, unknown]) => {
    return [table, Array.isArray(rows) ? (rows as unknown[]) : [rows]] as const;
  });
  const pick = (isWanted: (row: unknown) => boolean, as: (row: unknown) => object) =>
    Object.fromEntries(
      given.flatMap(([table, rows]) => {
        const wanted = rows.filter((row) => row !== undefined && isWanted(row)).map(as);
        return wanted.length === 0 ? [] : [[table, wanted]];
      }),
    );
  return {
    rows: pick(
      (row) => !(row instanceof Removal),
      (row) => row as object,
    ),
    removals: pick(
      (row) => row instanceof Removal,
      (row) => (row as Removal).row,
    ),
  };
}
