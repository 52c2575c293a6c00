import { describe, expect, it } from 'vitest';
import type { BenchReport } from '../../../bench/bench-report.ts';
import { createBenchReport } from '../../../bench/bench-report.ts';
import { describeBench } from '../../../bench/describe-bench.ts';
import { drawChart } from '../../../bench/draw-chart.ts';
import type { SeriesResult } from '../../../bench/run-series.ts';

function report(series: readonly Partial<SeriesResult>[]): BenchReport {
  const versions = { node: '24.0.0', postgresql: '17.0', pg: '8.0.0', '@aws-lambda-powertools/batch': '2.0.0' };
  return createBenchReport({
    surroundings: { date: '2026-01-31', cpu: 'A <fast> CPU', cores: 2, memoryGiB: 8, load: [0.1, 0.2], versions },
    isQuick: false,
    ratios: { vsPerEvent0ms: 163.456, vsDirect: { refused: 'the machine is too busy' } },
    figures: {},
    failures: {},
    series: series.map((one) => ({
      id: 'per-event@0ms',
      says: '',
      latencyMs: 0,
      events: 10,
      rates: [10, 10, 10],
      callsPer1000: [3000],
      failure: undefined,
      interruptions: [],
      ...one,
    })),
  });
}

/** Widths of the bars, in the order in which they are drawn; the legend's squares have a height of 12. */
function barWidths(svg: string): number[] {
  return [...svg.matchAll(/width="(\d+)" height="18"/g)].map(([, width]) => Number(width));
}

describe('drawChart', () => {
  it('makes a bar twice as long for the square of a rate', () => {
    const svg = drawChart(report([{ rates: [10] }, { id: 'powertools-batch@0ms', rates: [100] }])) ?? '';
    const [ten = 0, hundred = 0] = barWidths(svg);
    expect(hundred).toBe(2 * ten);
  });

  it('states date, processor and versions, and has colours for the dark', () => {
    const svg = drawChart(report([{}])) ?? '';
    expect(svg).toContain('2026-01-31 · 2 cores (A &lt;fast> CPU)');
    expect(svg).toContain('Node.js 24.0.0, PostgreSQL 17.0, Powertools batch 2.0.0, pg 8.0.0');
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  it('draws no bar for a run that was wrong', () => {
    expect(drawChart(report([{ failure: 'wrong' }]))).toBeUndefined();
  });
});

describe('describeBench', () => {
  it('says of a ratio that is not given why', () => {
    expect(describeBench(report([{}]))).toMatch(/vsDirect +– +≥ 0.5 +no ratio: the machine is too busy/);
  });

  it('says of each ratio whether it is what it should be', () => {
    expect(describeBench(report([{}]))).toMatch(/vsPerEvent0ms +164 +≥ 150 +met/);
  });

  it('shows the reason in place of the rates of a failed series', () => {
    expect(describeBench(report([{ failure: 'one row too many' }]))).toMatch(/FAILED +one row too many/);
  });
});
