import type { BenchReport } from './bench-report.ts';
import { COMPARED, IN_REGION_LATENCY_MS } from './scenario.ts';
import { oursId } from './scenarios/ours.ts';

/** Approaches in the picture, from the slowest to the fastest, with the id of their series by latency. */
const APPROACHES: readonly (readonly [string, (latencyMs: number) => string])[] = [
  ['one event at a time', (latencyMs) => `per-event@${latencyMs}ms`],
  ['Powertools BatchProcessor', (latencyMs) => `powertools-batch@${latencyMs}ms`],
  ['BatchExecuteStatement', (latencyMs) => `batch-execute@${latencyMs}ms`],
  ['kinesis-to-aurora', (latencyMs) => oursId(COMPARED, latencyMs)],
  ['same SQL, node-postgres', (latencyMs) => `direct@${latencyMs}ms`],
];

const WIDTH = 860;
const LEFT = 220;
const RIGHT = 90;
const BAR = 18;
const GROUP = 2 * BAR + 20;
const TOP = 78;
const DECADES = [1, 10, 100, 1_000, 10_000, 100_000];

/** Both themes in one file: a picture in a README follows the reader's system. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .at-once { fill: #0969da; }
  .in-region { fill: #bc4c00; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .at-once { fill: #4493f8; }
    .in-region { fill: #f0883e; }
  }`;

/**
 * Draws events per second by approach on a logarithmic scale.
 *
 * @returns an SVG document, or `undefined` when none of the approaches was measured
 */
export function drawChart(report: BenchReport): string | undefined {
  const rates = new Map(report.series.map(({ id, eventsPerSecond }) => [id, eventsPerSecond]));
  const groups = APPROACHES.map(([name, idOf]) => ({
    name,
    atOnce: rates.get(idOf(0)) ?? undefined,
    inRegion: rates.get(idOf(IN_REGION_LATENCY_MS)) ?? undefined,
  })).filter(({ atOnce, inRegion }) => atOnce !== undefined || inRegion !== undefined);
  if (groups.length === 0) return undefined;
  const bottom = TOP + groups.length * GROUP;
  const bars = groups.flatMap(({ name, atOnce, inRegion }, index) => {
    const y = TOP + index * GROUP + 8;
    return [
      text([LEFT - 12, y + BAR + 5], name, 'text-anchor="end"'),
      ...bar(y, atOnce, 'at-once'),
      ...bar(y + BAR + 2, inRegion, 'in-region'),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 64}" viewBox="0 0 ${WIDTH} ${bottom + 64}" role="img">
<title>Events per second by approach</title>
<style>${STYLE}
</style>
${[...heading(), ...grid(bottom), ...bars, ...footer(report, bottom)].join('\n')}
</svg>
`;
}

function heading(): string[] {
  return [
    text([16, 28], 'Events per second by approach (logarithmic)', 'class="title"'),
    `<rect class="at-once" x="16" y="44" width="12" height="12"/>`,
    text([34, 55], '0 ms per Data API call'),
    `<rect class="in-region" x="196" y="44" width="12" height="12"/>`,
    text([214, 55], `${IN_REGION_LATENCY_MS} ms per call, as in region`),
  ];
}

function grid(bottom: number): string[] {
  return DECADES.flatMap((decade) => [
    `<line class="grid" x1="${x(decade)}" y1="${TOP}" x2="${x(decade)}" y2="${bottom}"/>`,
    text([x(decade), bottom + 16], decade.toLocaleString('en-US'), 'class="small" text-anchor="middle"'),
  ]);
}

function bar(y: number, rate: number | undefined, className: string): string[] {
  if (rate === undefined) return [];
  const end = x(Math.max(1, rate));
  return [
    `<rect class="${className}" x="${LEFT}" y="${y}" width="${Math.max(1, end - LEFT)}" height="${BAR}" rx="2"/>`,
    text([end + 6, y + 14], Math.round(rate).toLocaleString('en-US')),
  ];
}

function footer({ surroundings: { date, cpu, cores, versions } }: BenchReport, bottom: number): string[] {
  const { node = '', postgresql = '' } = versions;
  const peers = `Powertools batch ${versions['@aws-lambda-powertools/batch'] ?? ''}, pg ${versions['pg'] ?? ''}`;
  const setting = `batch size ${COMPARED.batchSize.toLocaleString('en-US')}, ${COMPARED.lanes} batches in flight`;
  return [
    text([16, bottom + 38], `${date} · ${cores} cores (${cpu}) for everything · ${setting}`, 'class="small"'),
    text([16, bottom + 54], `Node.js ${node}, PostgreSQL ${postgresql}, ${peers} · medians`, 'class="small"'),
  ];
}

function x(rate: number): number {
  const decades = Math.log10(DECADES.at(-1) ?? 10);
  return Math.round(LEFT + ((WIDTH - LEFT - RIGHT) * Math.log10(rate)) / decades);
}

function text([left, baseline]: readonly [number, number], content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${left}" y="${baseline}"${attributes === '' ? '' : ` ${attributes}`}>${escaped}</text>`;
}
