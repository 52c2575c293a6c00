import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { SeriesResult } from './run-series.ts';
import { rateOf } from './run-series.ts';
import type { Figure, RatioName, RatioResult } from './scenario.ts';
import { TARGETS } from './scenario.ts';
import { summarize } from './statistics.ts';

/** What a bench ran on. */
export interface Surroundings {
  /** ISO 8601 day. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Load average over five minutes, at the start and at the end. */
  readonly load: readonly [number, number];
  readonly versions: Readonly<Record<string, string>>;
}

/** Everything a bench found out, as `--report` writes it. */
export interface BenchReport {
  readonly surroundings: Surroundings;
  readonly isQuick: boolean;
  /** By name; null where no ratio may be quoted. */
  readonly ratios: Readonly<Record<RatioName, number | null>>;
  /** Why a ratio is null. */
  readonly refused: Readonly<Partial<Record<RatioName, string>>>;
  readonly targets: typeof TARGETS;
  readonly series: readonly {
    readonly id: string;
    readonly says: string;
    readonly latencyMs: number;
    readonly events: number;
    /** Median over the rounds; null when a run failed. */
    readonly eventsPerSecond: number | null;
    readonly quartiles: readonly [number, number] | null;
    readonly runs: number;
    readonly callsPer1000: number | null;
    readonly failure: string | null;
    /** What ended runs that were made again and not counted. */
    readonly interruptions: readonly string[];
  }[];
  readonly figures: Readonly<Record<string, readonly Figure[]>>;
  /** Scenarios measured by themselves that failed, with the reason: they give no figures and no ratios. */
  readonly failures: Readonly<Record<string, string>>;
}

/** What the report is made of. */
export interface BenchOutcome {
  readonly surroundings: Surroundings;
  readonly isQuick: boolean;
  readonly series: readonly SeriesResult[];
  readonly ratios: Readonly<Partial<Record<RatioName, RatioResult>>>;
  readonly figures: Readonly<Record<string, readonly Figure[]>>;
  /** Scenarios measured by themselves that failed, with the reason: they give no figures and no ratios. */
  readonly failures: Readonly<Record<string, string>>;
}

const RATIO_NAMES = Object.keys(TARGETS) as readonly RatioName[];

/** Puts a bench's outcome into the form that is kept. */
export function createBenchReport(outcome: BenchOutcome): BenchReport {
  const found = RATIO_NAMES.map(
    (name) => [name, outcome.ratios[name] ?? { refused: 'its scenario was not run, or it failed' }] as const,
  );
  return {
    surroundings: outcome.surroundings,
    isQuick: outcome.isQuick,
    ratios: Object.fromEntries(
      found.map(([name, ratio]) => [name, typeof ratio === 'number' ? round(ratio) : null]),
    ) as Record<RatioName, number | null>,
    refused: Object.fromEntries(
      found.flatMap(([name, ratio]) => (typeof ratio === 'number' ? [] : [[name, ratio.refused]])),
    ),
    targets: TARGETS,
    series: outcome.series.map(describeSeries),
    figures: outcome.figures,
    failures: outcome.failures,
  };
}

function describeSeries(result: SeriesResult): BenchReport['series'][number] {
  const { id, says, latencyMs, events, rates, callsPer1000, failure, interruptions } = result;
  const rate = rateOf(result);
  return {
    id,
    says,
    latencyMs,
    events,
    eventsPerSecond: rate === undefined ? null : round(rate.median),
    quartiles: rate === undefined ? null : [round(rate.quartiles[0]), round(rate.quartiles[1])],
    runs: rates.length,
    callsPer1000: rate === undefined ? null : round(summarize(callsPer1000).median),
    failure: failure ?? null,
    interruptions,
  };
}

/** Four digits say all there is to say. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** Whether a ratio is what it should be. */
export function isMet(name: RatioName, value: number): boolean {
  const target = TARGETS[name];
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}

/** Packages whose versions a reader needs to judge the comparison. */
const PACKAGES = [
  '@aws-lambda-powertools/batch',
  '@aws-sdk/client-rds-data',
  '@middy/core',
  'pg',
  'zod',
  'esbuild',
] as const;

/** Describes machine and versions; nothing that names the machine. */
export function describeSurroundings(postgres: string, loadAtStart: number): Surroundings {
  return {
    date: new Date().toISOString().slice(0, 'YYYY-MM-DD'.length),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    load: [loadAtStart, currentLoad()].map((load) => Number(load.toFixed(1))) as [number, number],
    versions: {
      node: process.versions.node,
      postgresql: postgres,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    },
  };
}

/** Load average over five minutes. */
export function currentLoad(): number {
  return loadavg()[1] ?? 0;
}

/** Not every package exports its package.json, so it is looked for where modules are. */
function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { readonly version: string })
        .version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
