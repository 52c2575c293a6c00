import type { Boost, BoostedSettings } from '../../planner/boost.ts';

/** What came of a boost, as `--json` prints it. */
export interface BoostReport {
  /**
   * - `planned`: nothing was changed, `--apply` would.
   * - `applied`, `ended`: the mapping was changed.
   * - `notNeeded`: it is over in time anyway.
   * - `refused`: it would not help, or another one is on.
   * - `none`: there is none to end.
   */
  readonly outcome: 'planned' | 'applied' | 'ended' | 'notNeeded' | 'refused' | 'none';
  /** Why it was refused. */
  readonly reason?: string;
  readonly before: BoostedSettings | null;
  readonly after: BoostedSettings | null;
  /** At the slower end; null for never. */
  readonly timeToCaughtUpSeconds: { readonly before: number | null; readonly after: number | null } | null;
  /** Whether it is over in time with it. */
  readonly isInTime: boolean | null;
  readonly binding: Boost['binding'] | null;
  readonly catchUpCostUsd: number | null;
  /** ISO 8601; when the mapping is set back. */
  readonly endsAt: string | null;
  /** What else is to be known, a sentence each. */
  readonly notes: readonly string[];
}
