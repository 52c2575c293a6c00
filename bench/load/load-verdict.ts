/** What was seen of a server under load. */
export interface LoadObservation {
  readonly rounds: number;
  /** What was wrong, round by round. */
  readonly wrong: readonly string[];
  readonly rows: { readonly expected: number; readonly got: number };
  /** Database connections of the server. */
  readonly connections: {
    readonly before: number;
    readonly most: number;
    /** After the load, once idle ones had time to go. */
    readonly after: number;
    /** Most that may be open at the same time. */
    readonly bound: number;
  };
}

/** Wrong answers that are quoted; the others are alike. */
const QUOTED = 3;

/**
 * Says why a run under load was wrong.
 *
 * @returns all reasons; none when it was right
 */
export function loadProblems({ rounds, wrong, rows, connections }: LoadObservation): string[] {
  const { before, most, after, bound } = connections;
  return [
    ...(rounds > 0 ? [] : ['there must be at least 1 round, got 0']),
    ...(wrong.length === 0 ? [] : [`${wrong.length} of ${rounds} rounds were wrong: ${quote(wrong)}`]),
    ...(rows.got === rows.expected ? [] : [`the table must hold ${rows.expected} rows, got ${rows.got}`]),
    ...(most <= bound ? [] : [`at most ${bound} database connections may be open, got ${most}`]),
    ...(after <= before ? [] : [`${before} database connections must be left, got ${after}`]),
  ];
}

function quote(wrong: readonly string[]): string {
  return wrong.slice(0, QUOTED).join(' | ');
}
