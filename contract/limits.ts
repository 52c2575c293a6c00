/**
 * Facts about AWS that both the code and its tests lean on, each with the page that states it.
 * Bytes are bytes, never characters.
 *
 * @module
 */

/**
 * Largest RDS Data API request, HTTP headers and JSON notation included.
 * {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html}
 */
export const DATA_API_MAX_REQUEST_BYTES = 4 * 1024 * 1024;

/**
 * Largest result set the RDS Data API returns, counted on the database's wire format.
 * {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html}
 */
export const DATA_API_MAX_RESULT_BYTES = 1024 * 1024;

/**
 * Longest SQL text of one RDS Data API call, in characters.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html}
 */
export const DATA_API_MAX_SQL_CHARACTERS = 65_536;

/**
 * A statement that runs longer than this is cancelled, unless the call says `continueAfterTimeout`.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html}
 */
export const DATA_API_STATEMENT_TIMEOUT_MS = 45_000;

/**
 * Largest synchronous invocation payload of a Lambda function, request and response each.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html}
 */
export const LAMBDA_MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * Records in one batch of a Kinesis event source mapping: `batchSize` lies between these.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html}
 */
export const BATCH_SIZE = { min: 1, max: 10_000 } as const;

/**
 * Batches in flight per shard: `parallelizationFactor` lies between these.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html}
 */
export const PARALLELIZATION_FACTOR = { min: 1, max: 10 } as const;

/**
 * Seconds a mapping may wait to fill a batch: `maxBatchingWindow` lies between these, in whole seconds.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html}
 */
export const MAX_BATCHING_WINDOW_SECONDS = { min: 0, max: 300 } as const;

/**
 * Records and bytes that one `PutRecords` call takes.
 * {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html}
 */
export const PUT_RECORDS = { maxRecords: 500, maxBytes: 5 * 1024 * 1024 } as const;

/**
 * What PostgreSQL keeps of a name, in bytes; the rest is cut off without a word.
 * {@link https://www.postgresql.org/docs/17/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS}
 */
export const POSTGRES_MAX_NAME_BYTES = 63;
