import type { Origin, SkippedEvent } from './item.ts';
import { describeValue } from '../user-values.ts';

/** Longest reason that is kept, in characters: it is a name to count by, no sentence about an event. */
const MAX_REASON_CHARACTERS = 64;

/** Reasons that are counted apart; what comes beyond them counts as {@link OTHER_REASONS}. */
const MAX_REASONS = 20;
const OTHER_REASONS = 'other reasons';

/** Why an event is skipped for which the projection gives no rows at all: it changes nothing, so it is not written. */
export const NO_ROWS = 'no-rows';

/** PostgreSQL cannot hold the first of them, and the others take seven bytes each in a request. */
const UNPRINTABLE = /\p{Cc}/gu;

/** What a projection returns for an event that it does not want. */
export class Skip {
  readonly #reason: string;

  constructor(reason: string) {
    this.#reason = reason;
  }

  /** Why the event is skipped: what it is counted by. */
  get reason(): string {
    return this.#reason;
  }
}

/**
 * Says that an event is not wanted: `return skip('heartbeat')`. It needs no id, leaves no row, no ledger entry and no
 * quarantine entry, and is counted by its reason.
 *
 * @param reason a name for a kind of event, cut to 64 characters; a batch counts 20 of them apart
 * @throws TypeError when it is no text, or an empty one: the event is rejected then
 */
export function skip(reason: string): Skip {
  if (typeof reason !== 'string' || reason === '') {
    throw new TypeError(`\`skip\` must be given a reason, such as the type of the event, got ${describeValue(reason)}`);
  }
  return new Skip(reason.slice(0, MAX_REASON_CHARACTERS).replaceAll(UNPRINTABLE, '\uFFFD').toWellFormed());
}

/** Puts a skipped event in its place. */
export function skippedEvent(origin: Origin, reason: string): SkippedEvent {
  return { kind: 'skip', origin, reason, bytes: 0 };
}

/** Counts skipped events by their reason, the first 20 reasons apart. */
export function countByReason(skipped: readonly Pick<SkippedEvent, 'reason'>[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) {
    const name = counts.has(reason) || counts.size < MAX_REASONS ? reason : OTHER_REASONS;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
