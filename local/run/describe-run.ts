import type { BatchTotals } from './batch-log.ts';
import type { CatchUp, Pace } from './catch-up.ts';
import type { RunReport } from './run-report.ts';

const BAR_WIDTH = 24;

/** One line that says how far a run is. */
export function describeProgress({ put, done, iteratorAgeMs }: CatchUp, pace: Pace, totals: BatchTotals): string {
  const filled = Math.round((BAR_WIDTH * Math.min(done, put)) / Math.max(put, 1));
  const hits = totals.LookupKeys > 0 ? ` · cache hits ${percent(totals.CacheHits / totals.LookupKeys)}` : '';
  return (
    `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${count(done)} of ${count(put)} events · ` +
    `${count(Math.round(pace.eventsPerSecond))}/s · iterator age ${duration(iteratorAgeMs / 1000)}${hits} · ` +
    describeTimeLeft(pace.secondsLeft)
  );
}

function describeTimeLeft(secondsLeft: number | undefined): string {
  if (secondsLeft === undefined) return 'measuring';
  if (secondsLeft === 0) return 'caught up';
  return Number.isFinite(secondsLeft) ? `${duration(secondsLeft)} left` : 'never done at this rate';
}

/** The table at the end of a run. */
export function describeReport(report: RunReport): string {
  const perThousand = report.events > 0 ? (1000 * report.dataApiCalls) / report.events : 0;
  const hitRatio = report.cacheHitRatio === null ? 'nothing looked up' : percent(report.cacheHitRatio);
  const rows: readonly (readonly [string, string])[] = [
    ['events on the stream', count(report.events)],
    ['written', count(report.written)],
    ...(report.superseded > 0 ? [['superseded by newer versions', count(report.superseded)] as const] : []),
    ['duplicates, without effect', count(report.duplicates)],
    ['quarantined', count(report.quarantined)],
    ...(report.skipped > 0
      ? [['skipped', `${count(report.skipped)}: ${describeSkips(report.skippedByReason)}`] as const]
      : []),
    ...(report.held > 0 ? [['held and delivered again', count(report.held)] as const] : []),
    ['time to catch up', duration(report.seconds)],
    ['events per second', count(report.eventsPerSecond)],
    ['greatest iterator age', duration(report.maxIteratorAgeMs / 1000)],
    ['batches', `${count(report.batches)} of ${count(report.averageBatchSize)} records on average`],
    ['Data API calls', `${count(report.dataApiCalls)}, ${perThousand.toFixed(2)} per 1,000 events`],
    ['lookups', `${count(report.lookups)}, ${hitRatio} from the cache`],
    ['execution environments', count(report.environments)],
    [
      'stream',
      `${report.shards} shards, batch size ${count(report.batchSize)}, parallelization factor ${report.parallelizationFactor}`,
    ],
    ['on', `Node.js ${report.node}, PostgreSQL ${report.postgres}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return [report.caughtUp ? 'Caught up.' : 'Not caught up.', ...table].join('\n');
}

/** Reasons listed in the table; the report has them all. */
const MAX_LISTED_SKIPS = 5;

function describeSkips(byReason: RunReport['skippedByReason']): string {
  const sorted = Object.entries(byReason).sort(([, a], [, b]) => b - a);
  const listed = sorted.slice(0, MAX_LISTED_SKIPS).map(([reason, events]) => `${reason} ${count(events)}`);
  return [...listed, ...(sorted.length > listed.length ? [`${sorted.length - listed.length} more`] : [])].join(', ');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
