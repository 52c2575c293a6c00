/** The age of the oldest record that is not processed, at one moment. Both in seconds, the time since the story began. */
export interface AgePoint {
  readonly atSeconds: number;
  readonly ageSeconds: number;
}

/** One course of events. */
export interface AgeLine {
  readonly label: string;
  readonly points: readonly AgePoint[];
}

/** What the picture shows. */
export interface AgeChart {
  /** One or two. */
  readonly lines: readonly AgeLine[];
  /** Moments that are named, in seconds since the story began. */
  readonly marks: readonly { readonly atSeconds: number; readonly label: string }[];
  /** What was scaled and measured, a line each. */
  readonly notes: readonly string[];
}

const WIDTH = 860;
const HEIGHT = 430;
const LEFT = 64;
const RIGHT = 24;
const TOP = 96;
const BOTTOM = 92;
const LINE_HEIGHT = 16;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances of grid lines that read well. */
const SHORT_STEPS = [1, 5, 10, 15, 30];
const STEPS = SHORT_STEPS.map((minutes) => minutes * MINUTE);
const LONG_STEPS = [HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY];
const MOST_LINES = 6;

/** Both themes in one file: a picture follows the reader's system. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .mark { stroke: #59636e; stroke-width: 1; stroke-dasharray: 3 3; }
  .first, .second { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  .first { stroke: #0969da; }
  .second { stroke: #bc4c00; stroke-dasharray: 7 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .mark { stroke: #9198a1; }
    .first { stroke: #4493f8; }
    .second { stroke: #f0883e; }
  }`;

/** Draws how old the oldest unprocessed record is over time. */
export function drawAges(chart: AgeChart): string {
  const points = chart.lines.flatMap((line) => line.points);
  const scale = new AgeScale(
    Math.max(1, ...points.map(({ atSeconds }) => atSeconds)),
    Math.max(1, ...points.map(({ ageSeconds }) => ageSeconds)),
  );
  const height = HEIGHT + LINE_HEIGHT * chart.notes.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Age of the oldest unprocessed record over time</title>
<style>${STYLE}
</style>
${[...heading(chart.lines), ...scale.grid(), ...marks(scale, chart.marks), ...polylines(scale, chart.lines), ...notes(chart.notes)].join('\n')}
</svg>
`;
}

/** From seconds to places in the picture. */
class AgeScale {
  readonly #untilSeconds: number;
  readonly #oldestSeconds: number;

  constructor(untilSeconds: number, oldestSeconds: number) {
    this.#untilSeconds = untilSeconds;
    this.#oldestSeconds = oldestSeconds;
  }

  x(atSeconds: number): number {
    return round(LEFT + ((WIDTH - LEFT - RIGHT) * atSeconds) / this.#untilSeconds);
  }

  y(ageSeconds: number): number {
    return round(HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * ageSeconds) / this.#oldestSeconds);
  }

  grid(): string[] {
    const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM];
    return [
      ...ticks(this.#oldestSeconds).flatMap(({ seconds, label }) => [
        `<line class="grid" x1="${LEFT}" y1="${this.y(seconds)}" x2="${right}" y2="${this.y(seconds)}"/>`,
        text([LEFT - 8, this.y(seconds) + 4], label, 'class="small" text-anchor="end"'),
      ]),
      ...ticks(this.#untilSeconds).flatMap(({ seconds, label }) => [
        `<line class="grid" x1="${this.x(seconds)}" y1="${TOP}" x2="${this.x(seconds)}" y2="${bottom}"/>`,
        text([this.x(seconds), bottom + 18], label, 'class="small" text-anchor="middle"'),
      ]),
      text([(LEFT + right) / 2, bottom + 38], 'stream time', 'class="small" text-anchor="middle"'),
    ];
  }
}

/** By the place of a line in the chart. */
const CLASSES = ['first', 'second'] as const;
const LEGEND_WIDTH = 180;

function heading(lines: readonly AgeLine[]): string[] {
  return [
    text([16, 28], 'Age of the oldest unprocessed record', 'class="title"'),
    ...lines.flatMap(({ label }, index) => {
      const x = 16 + LEGEND_WIDTH * index;
      return [
        `<line class="${CLASSES[index] ?? ''}" x1="${x}" y1="50" x2="${x + 28}" y2="50"/>`,
        text([x + 36, 55], label),
      ];
    }),
  ];
}

/** The names stand one above the other where the moments are close together. */
function marks(scale: AgeScale, moments: AgeChart['marks']): string[] {
  return moments.flatMap(({ atSeconds, label }, index) => {
    const x = scale.x(atSeconds);
    const isRight = x > WIDTH / 2;
    const place: [number, number] = [isRight ? x - 5 : x + 5, TOP + 12 + LINE_HEIGHT * index];
    return [
      `<line class="mark" x1="${x}" y1="${TOP}" x2="${x}" y2="${HEIGHT - BOTTOM}"/>`,
      text(place, label, `class="small" text-anchor="${isRight ? 'end' : 'start'}"`),
    ];
  });
}

/** The first one comes on top. */
function polylines(scale: AgeScale, lines: readonly AgeLine[]): string[] {
  return lines
    .map(({ points }, index) => {
      const places = points.map(({ atSeconds, ageSeconds }) => `${scale.x(atSeconds)},${scale.y(ageSeconds)}`);
      return `<polyline class="${CLASSES[index] ?? ''}" points="${places.join(' ')}"/>`;
    })
    .toReversed();
}

function notes(texts: readonly string[]): string[] {
  return texts.map((note, index) => text([16, HEIGHT - BOTTOM + 64 + LINE_HEIGHT * index], note, 'class="small"'));
}

function ticks(untilSeconds: number): { readonly seconds: number; readonly label: string }[] {
  const steps = [...SHORT_STEPS, ...STEPS, ...LONG_STEPS];
  const step = steps.find((candidate) => untilSeconds / candidate <= MOST_LINES) ?? 30 * DAY;
  const count = Math.floor(untilSeconds / step) + 1;
  return Array.from({ length: count }, (_, index) => ({
    seconds: index * step,
    label: describeTick(index * step, step),
  }));
}

/** One unit for all of an axis: that of the distance of its lines. */
function describeTick(seconds: number, step: number): string {
  if (step >= DAY) return `${seconds / DAY} d`;
  if (step >= HOUR) return `${seconds / HOUR} h`;
  return step >= MINUTE ? `${seconds / MINUTE} min` : `${seconds} s`;
}

function text([x, baseline]: readonly [number, number], content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${baseline}"${attributes === '' ? '' : ` ${attributes}`}>${escaped}</text>`;
}

function round(pixels: number): number {
  return Number(pixels.toFixed(1));
}
