/**
 * Finds the known name that was most likely meant.
 *
 * @param unknown what was written
 * @param known names to choose from
 * @returns undefined when nothing is near: more than a third of the letters would have to change
 */
export function nearestName(unknown: string, known: readonly string[]): string | undefined {
  const distances = known.map((name) => ({ name, distance: editDistance(unknown, name) }));
  const nearest = distances.reduce<{ name?: string; distance: number }>(
    (best, candidate) => (candidate.distance < best.distance ? candidate : best),
    { distance: Infinity },
  );
  return nearest.distance <= Math.ceil(unknown.length / 3) ? nearest.name : undefined;
}

/** Letters to insert, delete or replace, whatever their case. */
function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
