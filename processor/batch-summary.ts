import type { BatchMetricName } from '../contract/metrics.ts';
import type { KinesisRecord } from './decode/item.ts';
import { arrivedAtMs } from './decode/item.ts';
import type { BatchReport } from './process-batch.ts';
import type { CrashFinding } from './quarantine/suspects.ts';

/** Ages of a batch's records when it was finished, in milliseconds. */
export interface RecordAges {
  readonly newestMs: number;
  readonly oldestMs: number;
}

/**
 * How long ago the newest and the oldest record of a batch arrived on the stream.
 *
 * @param nowMs milliseconds since 1970
 */
export function recordAges(records: readonly KinesisRecord[], nowMs: number): RecordAges {
  const arrivals = records.map(arrivedAtMs);
  const newest = arrivals.reduce((latest, ms) => Math.max(latest, ms), arrivals[0] ?? nowMs);
  const oldest = arrivals.reduce((earliest, ms) => Math.min(earliest, ms), nowMs);
  return { newestMs: Math.max(0, nowMs - newest), oldestMs: Math.max(0, nowMs - oldest) };
}

/**
 * The values of a batch's metrics document.
 *
 * @returns every batch metric once; the cache hit ratio only where something was looked up, since no traffic is
 *   neither a good cache nor a bad one
 */
export function batchMetrics(report: BatchReport, ages: RecordAges): Partial<Record<BatchMetricName, number>> {
  const { stageMs, lookups, cacheMisses, calls } = report;
  return {
    RecordsReceived: report.records,
    EventsReceived: report.events,
    EventsWritten: report.written,
    EventsSuperseded: report.superseded,
    EventsExisting: report.existing,
    EventsDuplicate: report.duplicates,
    EventsQuarantined: report.rejections.length,
    EventsSkipped: report.skipped,
    EventsWaiting: report.waiting,
    EventsHealed: report.healed,
    RecordsHeld: report.records - report.committedRecords,
    PositionHeld: report.hold === undefined ? 0 : 1,
    FuseBlown: report.hold?.reason === 'fuse' ? 1 : 0,
    CrashesFound: report.crashesFound,
    LookupKeys: lookups,
    CacheHits: lookups - cacheMisses,
    CacheMisses: cacheMisses,
    CacheEvictions: report.cacheEvictions,
    ...(lookups > 0 && { CacheHitRatio: (100 * (lookups - cacheMisses)) / lookups }),
    DataApiCalls: calls.calls,
    DataApiErrors: calls.errors,
    DecodeMs: stageMs.decode,
    LookupMs: stageMs.lookup,
    ProjectMs: stageMs.project,
    PlanMs: stageMs.plan,
    WriteMs: stageMs.write,
    BatchMs: Object.values(stageMs).reduce((total, ms) => total + ms, 0),
    NewestRecordAgeMs: ages.newestMs,
    OldestRecordAgeMs: ages.oldestMs,
  };
}

/** The values of the metrics document of an invocation without records: none that would tell of a consumer at work. */
export function retryMetrics({ healed, calls }: BatchReport): Partial<Record<BatchMetricName, number>> {
  return { EventsHealed: healed, DataApiCalls: calls.calls, DataApiErrors: calls.errors };
}

/** The fields of a batch's one summary log line: names and values a person can search for. */
export function batchSummary(
  report: BatchReport,
  records: readonly KinesisRecord[],
  buildVersion: string,
): Record<string, unknown> {
  return {
    shardId: report.shardId,
    firstSequenceNumber: records[0]?.kinesis.sequenceNumber,
    lastSequenceNumber: records.at(-1)?.kinesis.sequenceNumber,
    ...(report.hold && { holdReason: report.hold.reason }),
    ...(report.skipped > 0 && { skippedByReason: report.skippedByReason }),
    buildVersion,
  };
}

/** How many events were quarantined for which reason: the fields of the one line that every batch with rejections has. */
export function rejectionSummary({ rejections }: BatchReport): Record<string, unknown> {
  const byReason: Record<string, number> = {};
  for (const { rejection } of rejections) byReason[rejection.reason] = (byReason[rejection.reason] ?? 0) + 1;
  return { byReason };
}

/** Rejections of a batch with a log line each: the table has them all, the lines are where a search begins. */
const MAX_LISTED_REJECTIONS = 20;

/**
 * The fields of the log lines about single quarantined events: which event, where it stood, and why. Details stay in the
 * quarantine table, because they may quote the data.
 */
export function rejectionLines(
  { rejections, shardId }: BatchReport,
  buildVersion: string,
): readonly Record<string, unknown>[] {
  return rejections.slice(0, MAX_LISTED_REJECTIONS).map(({ rejection }) => ({
    eventId: rejection.eventId,
    shardId,
    sequenceNumber: rejection.origin.sequenceNumber,
    subSequenceNumber: rejection.origin.subSequenceNumber,
    reason: rejection.reason,
    sqlState: rejection.sqlState,
    buildVersion,
  }));
}

/** The fields of the log line about a held position: where it is held, and what kind of trouble it is. */
export function holdFields(
  { shardId, hold, committedRecords }: BatchReport,
  records: readonly KinesisRecord[],
  buildVersion: string,
): Record<string, unknown> {
  const sequenceNumber = records[committedRecords]?.kinesis.sequenceNumber;
  return { shardId, sequenceNumber, holdReason: hold?.reason, buildVersion };
}

/** The message of the log line about processes that died: how many, with which records, and what comes next. */
export function crashText({ first, last, records, crashes, isFound }: CrashFinding): string {
  const processes = crashes === 1 ? 'a process' : `${crashes} processes`;
  if (isFound) {
    return `${processes} died while working on record ${first}, the last one on nothing else: the record is quarantined as kills-function`;
  }
  const range = records === 1 ? `record ${first}` : `${records} records, ${first} to ${last}`;
  const next = records === 1 ? 'the record is tried alone' : 'they are tried in smaller pieces';
  return `${processes} died while working on ${range}: out of memory, out of time, or ended by the code; ${next}`;
}
