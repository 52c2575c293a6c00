/** Functions whose logs are asked. */
export type LoggingFunction = 'processor' | 'watchdog';

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
    lines: ["filter message = 'events quarantined'", 'sort @timestamp desc', 'limit 50'],
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
    // Two lines for each: what the matter is, and where.
    lines: [
      'filter message like /^position held/ or ispresent(heldFrom)',
      'fields @timestamp, function_request_id, message, shardId, heldFrom, holdReason',
      'sort @timestamp desc',
      'limit 50',
    ],
  },
];
