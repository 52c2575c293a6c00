import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';

/** What has become of entries that were put back. */
export interface RedriveEffect {
  readonly inEffect: number;
  /** In the quarantine again, by reason. */
  readonly rejectedAgain: Readonly<Record<string, number>>;
  /** Neither, so far: not processed, or skipped by the build that runs now. */
  readonly open: number;
}

/** How long to wait, and who hears of it. */
export interface AwaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onLook: (effect: RedriveEffect) => void;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Milliseconds from any start. */
  readonly now: () => number;
}

/** Entries of one question. */
const MAX_IDS = 5_000;

const LOOK_EVERY_MS = 2_000;

/**
 * An entry is closed by the write that brings its event into effect. One that is rejected once more has a second entry:
 * of the same event, or, where nobody could decode it, of the same bytes.
 */
const SQL = `
SELECT again.reason, count(*)
FROM jsonb_array_elements_text(:ids::jsonb) AS put (id)
JOIN ${FRAMEWORK_TABLES.quarantine} AS entry ON entry.id = put.id::bigint AND entry.applied_at IS NULL
LEFT JOIN LATERAL (
  SELECT reason FROM ${FRAMEWORK_TABLES.quarantine} AS later
  WHERE later.function_name = entry.function_name AND later.event_id = entry.event_id AND later.applied_at IS NULL
    AND later.id > entry.id AND later.quarantined_at >= entry.redrive_began_at
  UNION ALL
  SELECT reason FROM ${FRAMEWORK_TABLES.quarantine} AS later
  WHERE later.function_name = entry.function_name AND later.payload_hash = entry.payload_hash AND later.event_id IS NULL
    AND later.applied_at IS NULL AND later.id > entry.id AND later.quarantined_at >= entry.redrive_began_at
  LIMIT 1
) AS again ON true
GROUP BY again.reason`;

/**
 * Waits until each entry that was put back is in effect, or in the quarantine again.
 *
 * @param ids of the entries
 * @returns what had become of them in the end, or when the time was up
 */
export async function awaitEffect(
  execute: Execute,
  ids: readonly string[],
  { timeoutMs, signal, onLook, sleep, now }: AwaitOptions,
): Promise<RedriveEffect> {
  const deadline = now() + timeoutMs;
  for (;;) {
    const effect = await look(execute, ids);
    onLook(effect);
    if (effect.open === 0 || signal.aborted || now() + LOOK_EVERY_MS > deadline) return effect;
    await sleep(LOOK_EVERY_MS);
  }
}

async function look(execute: Execute, ids: readonly string[]): Promise<RedriveEffect> {
  const rejectedAgain: Record<string, number> = {};
  let open = 0;
  for (let from = 0; from < ids.length; from += MAX_IDS) {
    const { rows } = await execute(SQL, { ids: JSON.stringify(ids.slice(from, from + MAX_IDS)) });
    for (const [reason, count] of rows) {
      const entries = count?.longValue ?? 0;
      if (reason?.stringValue === undefined) open += entries;
      else rejectedAgain[reason.stringValue] = (rejectedAgain[reason.stringValue] ?? 0) + entries;
    }
  }
  const rejected = Object.values(rejectedAgain).reduce((sum, one) => sum + one, 0);
  return { inEffect: ids.length - rejected - open, rejectedAgain, open };
}

/** One line for a person. */
export function describeEffect({ inEffect, rejectedAgain, open }: RedriveEffect): string {
  return [
    `${inEffect.toLocaleString('en-US')} in effect`,
    ...Object.entries(rejectedAgain).map(
      ([reason, count]) => `${count.toLocaleString('en-US')} rejected again (${reason})`,
    ),
    ...(open === 0 ? [] : [`${open.toLocaleString('en-US')} not in effect yet`]),
  ].join(', ');
}
