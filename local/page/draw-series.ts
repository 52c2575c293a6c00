/** Curves over one time axis. */
export interface SeriesChart {
  /** Milliseconds since 1970, ascending. */
  readonly timesMs: readonly number[];
  /** At most four curves: a value for each moment, undefined where nothing is known. */
  readonly curves: readonly (readonly (number | undefined)[])[];
  /** From edge to edge at least, in milliseconds. */
  readonly leastSpanMs: number;
}

const WIDTH = 600;
const HEIGHT = 120;
const TOP = 6;
const BOTTOM = 6;

/** Dashes tell curves apart for whoever cannot tell their colours. */
const DASHES = ['', '6 4', '2 3', '10 3 2 3'];

/**
 * Draws curves, the newest moment at the right edge; a gap stays a gap.
 *
 * @returns an SVG element without words: its caption says what it shows
 */
export function drawSeries({ timesMs, curves, leastSpanMs }: SeriesChart): string {
  const highest = Math.max(1, ...curves.flatMap((values) => values.map((value) => value ?? 0)));
  const newestMs = timesMs.at(-1) ?? 0;
  const spanMs = Math.max(leastSpanMs, newestMs - (timesMs[0] ?? newestMs));
  const x = (index: number): string => (WIDTH * (1 - (newestMs - (timesMs[index] ?? newestMs)) / spanMs)).toFixed(1);
  const y = (value: number): string => (HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / highest).toFixed(1);
  const lines = curves.flatMap((values, index) =>
    stretches(values).map(({ from, known }) => {
      const points = known.map((value, offset) => `${x(from + offset)},${y(value)}`).join(' ');
      return `<polyline class="series-${index}" stroke-dasharray="${DASHES[index] ?? ''}" points="${points}"/>`;
    }),
  );
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><line class="grid" x1="0" y1="${y(0)}" x2="${WIDTH}" y2="${y(0)}"/>${lines.join('')}</svg>`;
}

interface Stretch {
  readonly from: number;
  readonly known: number[];
}

function stretches(values: readonly (number | undefined)[]): readonly Stretch[] {
  const found: Stretch[] = [];
  let open: Stretch | undefined;
  for (const [index, value] of values.entries()) {
    if (value === undefined) {
      open = undefined;
      continue;
    }
    if (open === undefined) found.push((open = { from: index, known: [] }));
    open.known.push(value);
  }
  return found;
}
