import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import { compileFilter, type QuarantineFilter } from './quarantine-filter.ts';
import type { RedriveItem } from './redrive-source.ts';

/** Items that are set aside for one reason. */
export interface ReasonSummary {
  /** The reason, and with the database's word, its SQLSTATE; of on-failure objects, Lambda's condition. */
  readonly reason: string;
  readonly items: number;
  /** Among them, those that are tried again by themselves. */
  readonly waiting: number;
  /** When the first and the last one were set aside, ISO 8601 in UTC; null where nobody has noted it. */
  readonly first: string | null;
  readonly last: string | null;
  /** Builds that gave the verdict, at most three. */
  readonly builds: readonly string[];
  /** What is wrong with the last one; may quote the event. Null where nobody has said. */
  readonly example: string | null;
}

/** Builds that are named for each reason. */
const MAX_BUILDS = 3;

/** Characters of the example. */
const MAX_DETAIL_CHARACTERS = 300;

/**
 * Counts the entries of the quarantine by reason.
 *
 * @param execute with credentials that may read the quarantine
 * @returns most entries first
 */
export async function summarizeQuarantine(
  execute: Execute,
  filter: QuarantineFilter,
): Promise<readonly ReasonSummary[]> {
  const { sql, parameters } = compileFilter(filter);
  const { rows } = await execute(
    `SELECT jsonb_build_object(
       'reason', concat_ws(' ', reason, sql_state), 'items', count(*),
       'waiting', count(*) FILTER (WHERE heal_until > now()),
       'first', to_char(min(quarantined_at) AT TIME ZONE 'UTC', '${ISO_FORMAT}'),
       'last', to_char(max(quarantined_at) AT TIME ZONE 'UTC', '${ISO_FORMAT}'),
       'builds', array_agg(DISTINCT code_version),
       'example', left((array_agg(detail ORDER BY id DESC))[1], ${MAX_DETAIL_CHARACTERS}))::text
     FROM ${FRAMEWORK_TABLES.quarantine} WHERE ${sql} GROUP BY reason, sql_state ORDER BY count(*) DESC, reason`,
    parameters,
  );
  return rows.map(([field]) => {
    const summary = JSON.parse(field?.stringValue ?? '{}') as ReasonSummary;
    return { ...summary, builds: summary.builds.slice(0, MAX_BUILDS) };
  });
}

const ISO_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS"Z"';

/** Counts on-failure objects by Lambda's condition, as they are met. */
export class ObjectSummary {
  readonly #counts = new Map<string, number>();

  /** Counts objects. */
  add(items: readonly RedriveItem[]): void {
    for (const { summary } of items) {
      const condition = String(summary['condition']);
      this.#counts.set(condition, (this.#counts.get(condition) ?? 0) + 1);
    }
  }

  /** What was counted, most objects first. */
  get reasons(): readonly ReasonSummary[] {
    return [...this.#counts]
      .sort(([, one], [, other]) => other - one)
      .map(([reason, items]) => ({
        reason,
        items,
        waiting: 0,
        first: null,
        last: null,
        builds: [],
        example: null,
      }));
  }
}

/** Lines for a person, the most frequent reason first. */
export function describeReasons(reasons: readonly ReasonSummary[]): string[] {
  return reasons.flatMap(({ reason, items, waiting, first, last, builds, example }) => [
    [
      `${items.toLocaleString('en-US')} × ${reason}`,
      ...(first === null ? [] : [first === last ? `at ${first}` : `${first} to ${String(last)}`]),
      ...(builds.length === 0 ? [] : [`build ${builds.join(', ')}`]),
      ...(waiting === 0 ? [] : [`${waiting.toLocaleString('en-US')} of them are retried automatically`]),
    ].join(', '),
    ...(example === null ? [] : [`  for example: ${example.replaceAll(/\s+/g, ' ')}`]),
  ]);
}
