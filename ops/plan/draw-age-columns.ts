import { describeDuration } from '../../progress/plain-words.ts';
import type { AgePoint } from '../../progress/draw-ages.ts';

const COLUMNS = 60;
const ROWS = 8;
const LABEL = 10;

/**
 * Draws the age of a backlog over time for a terminal: what is behind in any case is full, what is so only at the slower end is shaded.
 *
 * @returns no line for a backlog that is gone at once
 */
export function drawAgeColumns(low: readonly AgePoint[], high: readonly AgePoint[]): readonly string[] {
  const points = [...low, ...high];
  const until = Math.max(0, ...points.map(({ atSeconds }) => atSeconds));
  const oldest = Math.max(0, ...points.map(({ ageSeconds }) => ageSeconds));
  if (until === 0 || oldest === 0) return [];
  const columns = Array.from({ length: COLUMNS }, (_, index) => (until * (index + 0.5)) / COLUMNS);
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const age = (oldest * (ROWS - index - 0.5)) / ROWS;
    const cells = columns.map((atSeconds) =>
      ageAt(low, atSeconds) >= age ? '█' : ageAt(high, atSeconds) >= age ? '░' : ' ',
    );
    const label = index === 0 ? describeDuration(oldest) : '';
    return `${label.padStart(LABEL)} ┤${cells.join('').trimEnd()}`;
  });
  const end = describeDuration(until);
  return [
    ...rows,
    `${'0 s'.padStart(LABEL)} ┼${'─'.repeat(COLUMNS)}`,
    `${' '.repeat(LABEL + 2)}now${end.padStart(COLUMNS - 'now'.length)}`,
  ];
}

/** On the straight line between two points; 0 after the last. */
function ageAt(points: readonly AgePoint[], atSeconds: number): number {
  const index = points.findIndex((point) => point.atSeconds > atSeconds);
  const [before, after] = [points[index - 1], points[index]];
  if (before === undefined || after === undefined) return index === 0 ? (after?.ageSeconds ?? 0) : 0;
  const share = (atSeconds - before.atSeconds) / (after.atSeconds - before.atSeconds);
  return before.ageSeconds + share * (after.ageSeconds - before.ageSeconds);
}
