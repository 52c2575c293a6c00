import { describeDuration } from '../../progress/plain-words.ts';
import { drawSeries } from './draw-series.ts';
import { html, Html } from './html.ts';
import type { ChartPoint } from './page-history.ts';

/** Rows of the table below a chart. */
const TABLE_ROWS = 10;

/** A chart shows ten minutes, or more where time has been skipped. */
const LEAST_SPAN_MS = 600_000;

interface Chart {
  readonly title: string;
  readonly curves: readonly { readonly name: string; readonly of: (point: ChartPoint) => number | undefined }[];
  readonly say: (value: number) => string;
}

const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en-US')} a second`;
const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
const share = (value: number): string => `${Math.round(100 * value)} %`;
const count = (value: number): string => String(value);

/** Phases of a batch that take time, in their order. */
const PHASES = ['decode', 'lookup', 'project', 'write'] as const;

const CHARTS = {
  age: {
    title: 'Age of the oldest unprocessed record',
    curves: [{ name: 'age', of: ({ ageSeconds }) => ageSeconds }],
    say: describeDuration,
  },
  rates: {
    title: 'Records in and out',
    curves: [
      { name: 'out', of: ({ rates }) => rates.outPerSecond },
      { name: 'in', of: ({ rates }) => rates.inPerSecond },
    ],
    say: perSecond,
  },
  batch: {
    title: 'Time of a batch by phase',
    curves: PHASES.map((name) => ({ name, of: ({ batchMs }: ChartPoint) => batchMs?.[name] })),
    say: milliseconds,
  },
  cache: {
    title: 'Lookups that the cache answered',
    curves: [{ name: 'from the cache', of: ({ cacheHitRatio }) => cacheHitRatio }],
    say: share,
  },
  alarms: {
    title: 'Alarms that are on',
    curves: [{ name: 'alarms', of: ({ alarmsOn }) => alarmsOn }],
    say: count,
  },
} as const satisfies Record<string, Chart>;

/** Name of a chart. */
export type ChartName = keyof typeof CHARTS;

/** All charts, in the order in which they stand on the page. */
export const CHART_NAMES = Object.keys(CHARTS) as readonly ChartName[];

/** What a chart is called. */
export function chartTitle(name: ChartName): string {
  return CHARTS[name].title;
}

/** The curves of a chart. */
export function renderCurves(name: ChartName, points: readonly ChartPoint[]): Html {
  const { curves } = CHARTS[name];
  return new Html(
    drawSeries({
      timesMs: points.map(({ atMs }) => atMs),
      curves: curves.map(({ of }) => points.map(of)),
      leastSpanMs: LEAST_SPAN_MS,
    }),
  );
}

/** The present value, the extremes and the trend of each curve, in words. */
export function renderCaption(name: ChartName, points: readonly ChartPoint[]): Html {
  const { curves, say }: Chart = CHARTS[name];
  const isAlone = curves.length === 1;
  const sentences = curves.map((curve, index) => {
    const known = points.flatMap((point) => curve.of(point) ?? []);
    const label = isAlone ? '' : `${curve.name} `;
    const newest = points.at(-1);
    const now = newest === undefined ? undefined : curve.of(newest);
    const words = now === undefined ? `${label}unknown` : `${label}${say(now)}${trend(known)}`;
    const range = known.length > 1 ? `, ${say(Math.min(...known))} to ${say(Math.max(...known))}` : '';
    return html`<span class="key key-${index}">${words}${range}</span> `;
  });
  return html`${sentences}`;
}

/** The last points as rows of a table. */
export function renderRows(name: ChartName, points: readonly ChartPoint[]): Html {
  const { curves, say }: Chart = CHARTS[name];
  const rows = points
    .slice(-TABLE_ROWS)
    .toReversed()
    .map((point) => {
      const cells = curves.map(({ of }) => {
        const value = of(point);
        return html`<td>${value === undefined ? 'unknown' : say(value)}</td>`;
      });
      return html`<tr>
        <th scope="row">${renderTime(point.atMs)}</th>
        ${cells}
      </tr>`;
    });
  return html`${rows}`;
}

/** Heads of the columns of {@link renderRows}. */
export function chartColumns(name: ChartName): readonly string[] {
  return ['time', ...CHARTS[name].curves.map((curve) => curve.name)];
}

/** A moment of the day, with its zone in the machine-readable form. */
export function renderTime(atMs: number): Html {
  const date = new Date(atMs);
  return html`<time datetime="${date.toISOString()}">${date.toLocaleTimeString('sv-SE')}</time>`;
}

/** Whether the second half of what is known lies clearly above or below the first. */
function trend(known: readonly number[]): string {
  if (known.length < 10) return '';
  const recent = known.slice(-60);
  const half = Math.floor(recent.length / 2);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [before, after] = [mean(recent.slice(0, half)), mean(recent.slice(half))];
  const span = Math.max(Math.abs(before), Math.abs(after));
  if (span === 0 || Math.abs(after - before) < 0.05 * span) return ', steady';
  return after > before ? ', rising' : ', falling';
}
