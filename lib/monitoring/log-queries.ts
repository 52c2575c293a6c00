/** Functions whose logs are asked. */
export type LoggingFunction = 'processor' | 'watchdog';

/**
 * Fields of the log lines that operators search by. Each log group has an index on its own: a query that asks for one value
 * of them reads the lines that have it, and not the whole log.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing.html}
 */
export const INDEXED_FIELDS: Readonly<Record<LoggingFunction, readonly string[]>> = {
  processor: ['eventId', 'sequenceNumber', 'shardId', 'function_request_id', 'buildVersion'],
  watchdog: ['verdict'],
};

/** A Logs Insights query that operators need again and again: on the dashboard, and saved under its title. */
export interface LogQuery {
  readonly title: string;
  readonly of: LoggingFunction;
  readonly lines: readonly string[];
}

/** Queries over log groups, whose lines are JSON. */
export const LOG_QUERIES: readonly LogQuery[] = [
  {
    title: 'Verdicts',
    of: 'watchdog',
    lines: [
      "filter message = 'verdict'",
      'fields @timestamp, verdict, says, timeLeft, timeToDataLoss, isYoung',
      'sort @timestamp desc',
      'limit 60',
    ],
  },
  {
    title: 'Not seen by the watchdog',
    of: 'watchdog',
    lines: [
      'filter message like /^cannot see/',
      'fields @timestamp, message, error.name, error.message',
      'sort @timestamp desc',
      'limit 60',
    ],
  },
  {
    title: 'Errors by class',
    of: 'processor',
    lines: [
      // An error that the runtime logs. A class of up to three characters is one that minification named: its stack knows better.
      'parse message.errorType /^(?<logged>[A-Z]\\w{3,})/',
      'parse message.stackTrace.0 /^(?<thrown>[A-Z][\\w.]*)/',
      // A process that dies: Node.js writes lines that are not JSON.
      'parse @message /^\\[?(?<uncaught>\\w*Error|\\w*Exception|\\w*Rejection)\\b/',
      'parse @message /^FATAL ERROR: .*(?<exhausted>heap out of memory)/',
      // What the function logs itself, up to where the particulars begin.
      'parse message /^(?<heading>[^:\\d]*[^:\\d\\s])/',
      "filter level in ['ERROR', 'CRITICAL', 'FATAL'] or ispresent(uncaught) or ispresent(exhausted) or " +
        "(type = 'platform.report' and (record.status = 'timeout' or record.errorType = 'Runtime.ExitError'))",
      'fields coalesce(error.name, logged, thrown, errorType, heading, uncaught, exhausted, record.errorType, ' +
        'record.status, level) as class',
      'stats count(*) as times, max(@timestamp) as last by class',
      'sort times desc',
      'limit 20',
    ],
  },
  {
    title: 'Slowest batches',
    of: 'processor',
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
    of: 'processor',
    lines: [
      "filter message = 'event quarantined'",
      'fields @timestamp, reason, sqlState, eventId, shardId, sequenceNumber, function_request_id, buildVersion',
      'sort @timestamp desc',
      'limit 50',
    ],
  },
  {
    title: 'Versions running',
    of: 'processor',
    lines: [
      "filter message = 'batch'",
      'stats count(*) as batches, sum(EventsWritten) as written, min(@timestamp) as first, max(@timestamp) as last by buildVersion',
      'sort last desc',
      'limit 10',
    ],
  },
  {
    title: 'Positions held',
    of: 'processor',
    lines: [
      'filter message like /^position held/',
      'fields @timestamp, holdReason, message, shardId, sequenceNumber, function_request_id, buildVersion',
      'sort @timestamp desc',
      'limit 50',
    ],
  },
];
