/** A Logs Insights query that operators need again and again: on the dashboard, and saved under its title. */
export interface LogQuery {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Queries over the log group of the processor, whose lines are JSON. */
export const LOG_QUERIES: readonly LogQuery[] = [
  {
    title: 'Errors by class',
    lines: [
      'fields coalesce(error.name, message) as class',
      "filter level in ['ERROR', 'CRITICAL'] or @message like /Task timed out|Runtime exited/",
      'stats count(*) as times, max(@timestamp) as last by class',
      'sort times desc',
      'limit 20',
    ],
  },
  {
    title: 'Slowest batches',
    lines: [
      "filter message = 'batch'",
      'fields @timestamp, BatchMs, RecordsReceived, EventsReceived, LookupMs, WriteMs, DataApiCalls, DataApiErrors, ' +
        'shardId, firstSequenceNumber, function_request_id',
      'sort BatchMs desc',
      'limit 20',
    ],
  },
  {
    title: 'Quarantined events',
    lines: ["filter message = 'events quarantined'", 'sort @timestamp desc', 'limit 50'],
  },
  {
    title: 'Versions running',
    lines: [
      "filter message = 'batch'",
      'stats count(*) as batches, sum(EventsWritten) as written, min(@timestamp) as first, max(@timestamp) as last by ' +
        'buildVersion, codeCommit',
      'sort last desc',
      'limit 10',
    ],
  },
  {
    title: 'Positions held',
    lines: ['filter message like /^position held/', 'fields @timestamp, message', 'sort @timestamp desc', 'limit 50'],
  },
];
