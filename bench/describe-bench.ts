import type { BenchReport } from './bench-report.ts';
import { isMet } from './bench-report.ts';
import type { RatioName } from './scenario.ts';

/** What each ratio is, in words that follow its value. */
export const RATIO_WORDS: Readonly<Record<RatioName, string>> = {
  vsPerEvent0ms: 'times as fast as per event, 0 ms a call',
  vsPerEvent17ms: 'times as fast as per event, 17 ms a call',
  vsPowertools0ms: 'times as fast as Powertools BatchProcessor, 0 ms',
  vsBatchExecute0ms: 'times as fast as BatchExecuteStatement, 0 ms',
  vsDirect: 'of the speed of node-postgres, same statement',
  cpuVsFloor: 'times the CPU of base64 + JSON.parse + JSON.stringify',
  bundleBytes: 'bytes of bundle',
  importVsSkeleton: 'times the import of a skeleton as the CDK bundles it',
  callsPer1000Warm: 'Data API calls per 1,000 events, warm',
  callsPer1000Cold: 'Data API calls per 1,000 events, cold',
  heapGrowthBytes: 'bytes of heap growth after warm-up',
  dataApiHeapGrowthBytes: 'bytes of heap grown in the Data API server, second half under load',
  batch10000vs1000: 'times the time per event, batch 10,000 against 1,000',
  remainingTimeError: 'maximum error of the time left shown, as a share of the measured time',
  mixRatio: 'times the time per event, a tenth removals and a tenth patches against whole rows only',
  hotCounterRatio: 'of the speed, one counter for ten lanes against one per partition key',
  shardLimitRatio150B: 'times the limit of a shard, records of 150 bytes',
  shardLimitRatio1KB: 'times the limit of a shard, records of 1 KB',
  shardLimitRatio10KB: 'times the limit of a shard, records of 10 KB',
  cpuVsDatabaseFloor: "times the database's CPU of COPY and one statement without JSON",
  costRatio: 'of the cost per event, 17 ms a call',
  growthRatio: 'times the time per event, 40 million rows against empty tables',
  planError: 'maximum error of a planned catch-up, as a share of the measured time',
};

/** The tables a person reads. */
export function describeBench(report: BenchReport): string {
  return [
    ...surroundings(report),
    '',
    ...series(report),
    ...interruptions(report),
    ...figures(report),
    ...failures(report),
    '',
    ...ratios(report),
  ].join('\n');
}

function surroundings({ surroundings: { date, cpu, cores, memoryGiB, load, versions } }: BenchReport): string[] {
  return [
    `${date}, ${cores} cores (${cpu}), ${memoryGiB} GiB, load ${load.join(' to ')}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ];
}

function series({ series: all }: BenchReport): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ id, events, eventsPerSecond, quartiles, runs, callsPer1000, failure }) => [
    id,
    failure ? 'FAILED' : formatNumber(eventsPerSecond),
    failure ?? `${formatNumber(quartiles?.[0])} to ${formatNumber(quartiles?.[1])}`,
    `${runs} × ${formatNumber(events)}`,
    formatNumber(callsPer1000),
  ]);
  return table([['series', 'events/s', 'quartiles', 'runs × events', 'calls/1,000'], ...rows]);
}

function interruptions({ series: all }: BenchReport): string[] {
  return all.flatMap(({ id, interruptions: reasons }) =>
    reasons.map((reason) => `${id}: a run ended early and was made again: ${reason.slice(0, MAX_REASON_CHARACTERS)}`),
  );
}

/** The verdict of a batch lists its failed records, which may be all of them. */
const MAX_REASON_CHARACTERS = 200;

function figures({ figures: byScenario }: BenchReport): string[] {
  return Object.entries(byScenario).flatMap(([scenario, found]) => [
    '',
    scenario,
    ...table(found.map(({ says, value, unit }) => [`  ${says}`, formatNumber(value), unit])),
  ]);
}

function failures({ failures: byScenario }: BenchReport): string[] {
  return Object.entries(byScenario).flatMap(([scenario, reason]) => ['', `${scenario} FAILED: ${reason}`]);
}

function ratios({ ratios: all, refused, targets }: BenchReport): string[] {
  const rows = (Object.keys(RATIO_WORDS) as RatioName[]).map((name) => {
    const value = all[name];
    const target = targets[name];
    const wanted = 'atLeast' in target ? `≥ ${formatNumber(target.atLeast)}` : `≤ ${formatNumber(target.atMost)}`;
    if (value === null) return [name, '–', wanted, `no ratio: ${refused[name] ?? 'unknown'}`];
    return [name, formatNumber(value), wanted, `${isMet(name, value) ? 'met' : 'MISSED'}  ${RATIO_WORDS[name]}`];
  });
  return table([['ratio', 'value', 'target', ''], ...rows]);
}

/** A figure as people read it: small ones with three digits, large ones without a fraction. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size > 0 && size < 1) return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
  return value.toLocaleString('en-US', { maximumFractionDigits: size >= 100 ? 0 : 2 });
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, column) => Math.max(known[column] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
