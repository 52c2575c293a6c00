import type { HoldReason } from '../../processor/call-with-retry.ts';
import { describeDuration, describeMoment, describeRemainingTime } from '../../progress/plain-words.ts';
import type { BatchTotals } from './batch-log.ts';
import type { Outlook } from './run-progress.ts';
import type { RunReport } from './run-report.ts';

/** A run at one moment, as its progress line shows it. */
export interface ShownProgress extends Outlook {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly put: number;
  readonly done: number;
  /** Age of the last record of the batch sent last, in milliseconds. */
  readonly iteratorAgeMs: number;
  readonly totals: BatchTotals;
}

/** Of a wide line, a bar is about a sixth. */
const BAR_SHARE = 1 / 6;
const MAX_BAR_WIDTH = 24;

const HELD_WORDS: Readonly<Record<HoldReason, string>> = {
  fuse: 'most events are rejected',
  configuration: 'something has to be fixed',
  transient: 'the database is not ready',
  deadline: 'time ran out',
};

/** Says how far a run is, in one line of at most so many characters: the parts that matter least are left out. */
export function describeProgress(shown: ShownProgress, columns: number): string {
  const { done, totals } = shown;
  // What others put on the stream, a redrive for one, is known once it is done.
  const put = Math.max(shown.put, done);
  const share = done / Math.max(put, 1);
  const width = Math.max(4, Math.min(MAX_BAR_WIDTH, Math.floor(columns * BAR_SHARE)));
  const filled = Math.round(width * share);
  let line = `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${describeOutlook(shown)}`;
  const parts = [
    `${count(done)} of ${count(put)}`,
    `${count(Math.round(shown.eventsPerSecond))}/s`,
    `iterator age ${describeDuration(shown.iteratorAgeMs / 1000)}`,
    ...(totals.LookupKeys > 0 ? [`cache hits ${percent(totals.CacheHits / totals.LookupKeys)}`] : []),
  ];
  for (const part of parts) {
    if (line.length + ' · '.length + part.length > columns) break;
    line += ` · ${part}`;
  }
  return line;
}

function describeOutlook({ remaining, atMs }: ShownProgress): string {
  if (remaining.kind !== 'held') return describeRemainingTime(remaining, { nowMs: atMs });
  return `held since ${describeMoment(remaining.sinceMs, { nowMs: atMs })}: ${HELD_WORDS[remaining.reason]}`;
}

/** The table at the end of a run. */
export function describeReport(report: RunReport): string {
  const perThousand = report.events > 0 ? (1000 * report.dataApiCalls) / report.events : 0;
  const hitRatio = report.cacheHitRatio === null ? 'no lookups' : percent(report.cacheHitRatio);
  const rows: readonly (readonly [string, string])[] = [
    ['events on the stream', count(report.events)],
    ['written', count(report.written)],
    ...(report.superseded > 0 ? [['superseded by newer versions', count(report.superseded)] as const] : []),
    ...(report.existing > 0 ? [['there already, and kept', count(report.existing)] as const] : []),
    ['duplicates, without effect', count(report.duplicates)],
    ['quarantined', count(report.quarantined)],
    ...(report.waiting > 0 ? [['waiting for a reference or parent row', count(report.waiting)] as const] : []),
    ...(report.skipped > 0
      ? [['skipped', `${count(report.skipped)}: ${describeSkips(report.skippedByReason)}`] as const]
      : []),
    ...(report.held > 0 ? [['held and delivered again', count(report.held)] as const] : []),
    ['time to catch up', duration(report.seconds)],
    ['events per second', count(report.eventsPerSecond)],
    ['maximum iterator age', duration(report.maxIteratorAgeMs / 1000)],
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

/** What was measured is told with a decimal. */
function duration(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : describeDuration(seconds);
}
