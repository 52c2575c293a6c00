/** One curve of a chart: values by time, undefined where nothing is known. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

const WIDTH = 600;
const HEIGHT = 120;
const TOP = 6;
const BOTTOM = 6;

/** Dashes tell curves apart for whoever cannot tell their colours. */
const DASHES = ['', '6 4', '2 3', '10 3 2 3'];

/**
 * Draws curves over one time axis, the newest value at the right; a gap stays a gap.
 *
 * @param series at most four; all have the same number of values
 * @param slots values from edge to edge; with fewer, the curves begin further to the right
 * @returns an SVG element without words: its caption says what it shows
 */
export function drawSeries(series: readonly Series[], slots: number): string {
  const highest = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const y = (value: number): string => (HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / highest).toFixed(1);
  const lines = series.flatMap(({ values }, index) =>
    stretches(values).map(({ from, known }) => {
      const x = (offset: number): string =>
        ((WIDTH * (slots - values.length + from + offset)) / (slots - 1)).toFixed(1);
      const points = known.map((value, offset) => `${x(offset)},${y(value)}`).join(' ');
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
