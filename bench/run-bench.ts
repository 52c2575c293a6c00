import { writeFile } from 'node:fs/promises';
import type { Screen } from '../command-line/screen.ts';
import type { Arena } from './arena.ts';
import { openArena } from './arena.ts';
import type { BenchOptions } from './bench-options.ts';
import { writeBenchPage } from './bench-page.ts';
import type { BenchReport } from './bench-report.ts';
import { createBenchReport, currentLoad, describeSurroundings } from './bench-report.ts';
import { describeBench } from './describe-bench.ts';
import { drawChart } from './draw-chart.ts';
import type { SeriesResult } from './run-series.ts';
import { runSeries } from './run-series.ts';
import type { Figure, RatioName, RatioResult, Scale, Scenario } from './scenario.ts';
import { DEFAULT_SETTING } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { ratiosByDefault, seriesRatios } from './series-ratios.ts';

const SCALES: Readonly<Record<'quick' | 'full', Scale>> = {
  quick: { isQuick: true, rounds: 3, events: 10_000, slowEvents: { atOnce: 200, withLatency: 40 } },
  full: { isQuick: false, rounds: 5, events: 100_000, slowEvents: { atOnce: 300, withLatency: 60 } },
};

/**
 * Measures the scenarios, says what came out, and leaves nothing running.
 *
 * @param screen to show progress on
 */
export async function runBench(options: BenchOptions, screen: Screen): Promise<BenchReport> {
  const scale = options.isQuick ? SCALES.quick : SCALES.full;
  const chosen = SCENARIOS.filter(({ name }) => options.scenarios.includes(name));
  const loadAtStart = currentLoad();
  screen.update('starting PostgreSQL and the Data API …');
  const arena = await openArena();
  try {
    const onStep = (step: string): void => {
      screen.update(step);
    };
    const throughput = chosen.filter((scenario) => scenario.kind === 'throughput');
    const series = await runSeries(throughput, { arena, scale }, onStep);
    const singles = await runSingles(chosen, { arena, scale }, onStep);
    const report = createBenchReport({
      surroundings: describeSurroundings(arena.postgres.version, loadAtStart),
      isQuick: options.isQuick,
      series,
      ratios: { ...seriesRatios(series), ...singles.ratios },
      figures: { ...figuresByDefault(series), ...singles.figures },
      failures: singles.failures,
    });
    screen.say(describeBench(report));
    await writeFiles(report, options);
    return report;
  } finally {
    await arena.close();
  }
}

function figuresByDefault(series: readonly SeriesResult[]): Singles['figures'] {
  const figures = ratiosByDefault(series);
  const { batchSize } = DEFAULT_SETTING;
  return figures.length === 0 ? {} : { [`batch size ${batchSize}: ratios for a stack that nobody has tuned`]: figures };
}

interface Singles {
  readonly ratios: Readonly<Partial<Record<RatioName, RatioResult>>>;
  readonly figures: Readonly<Record<string, readonly Figure[]>>;
  readonly failures: Readonly<Record<string, string>>;
}

async function runSingles(
  chosen: readonly Scenario[],
  { arena, scale }: { readonly arena: Arena; readonly scale: Scale },
  onStep: (step: string) => void,
): Promise<Singles> {
  const figures: Record<string, readonly Figure[]> = {};
  const failures: Record<string, string> = {};
  let ratios: Singles['ratios'] = {};
  for (const scenario of chosen) {
    if (scenario.kind !== 'single') continue;
    await arena.reset();
    onStep(`${scenario.name}: starting`);
    try {
      const finding = await scenario.run(arena, scale, (step) => {
        onStep(`${scenario.name}: ${step}`);
      });
      figures[`${scenario.name}: ${scenario.says}`] = finding.figures;
      ratios = { ...ratios, ...finding.ratios };
    } catch (error) {
      failures[scenario.name] = error instanceof Error ? error.message : String(error);
    }
  }
  return { ratios, figures, failures };
}

async function writeFiles(
  report: BenchReport,
  { report: reportFile, chart: chartFile, isComplete }: BenchOptions,
): Promise<void> {
  if (reportFile !== undefined) await writeFile(reportFile, `${JSON.stringify(report, null, 2)}\n`);
  const chart = chartFile === undefined ? undefined : drawChart(report);
  if (chartFile !== undefined && chart !== undefined) await writeFile(chartFile, chart);
  if (isComplete) await writeBenchPage(report);
}
