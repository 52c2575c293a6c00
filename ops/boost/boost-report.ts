import type { Boost } from '../../planner/boost.ts';
import type { PartSettings } from './boost-parts.ts';

/** What came of a boost, as `--json` prints it. */
export interface BoostReport {
  /**
   * - `planned`: nothing was changed, `--apply` would.
   * - `applied`, `ended`: the stack was changed.
   * - `notNeeded`: it is over in time anyway.
   * - `refused`: it would not help, or another one is on.
   * - `none`: there is none to end.
   */
  readonly outcome: 'planned' | 'applied' | 'ended' | 'notNeeded' | 'refused' | 'none';
  /** Why it was refused. */
  readonly reason?: string;
  /** Only settings that the stack has: no concurrency where none is reserved, no capacity where the cluster is not its own. */
  readonly before: PartSettings | null;
  readonly after: PartSettings | null;
  /** At the slower end; null for never. */
  readonly timeToCaughtUpSeconds: { readonly before: number | null; readonly after: number | null } | null;
  /** Whether it is over in time with it. */
  readonly isInTime: boolean | null;
  readonly binding: Boost['binding'] | null;
  readonly catchUpCostUsd: number | null;
  /** What a raised least capacity of the database costs until the end of the boost, at most. */
  readonly capacityCostUsd: number | null;
  /** ISO 8601; when everything is set back. */
  readonly endsAt: string | null;
  /** What else is to be known, a sentence each. */
  readonly notes: readonly string[];
}
