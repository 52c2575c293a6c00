/** Names of the parameters of the compiled statement; all are strings, and all but the first hold JSON. */
export const WRITE_PARAMETERS = {
  functionName: 'function_name',
  /** `[n, eventId]` per event; only with the framework's ledger. */
  events: 'events',
  /** `[n, column, …]` per row of the table at this index among those that events give rows for. */
  rows: (tableIndex: number) => `rows_${tableIndex}`,
  /** One array per quarantined item, in the order of the quarantine's columns; only of a chunk that has some. */
  quarantine: 'quarantine',
  /** One array, in the order of the batch log's columns. */
  log: 'log',
} as const;

/** SQL of the name of the function, in every statement that is about its own rows. */
export const FUNCTION_NAME = `:${WRITE_PARAMETERS.functionName}::text`;

/** Names of the parameters of the statement that stores one part of a payload, beside the function's name; all are strings. */
export const PART_PARAMETERS = {
  /** One array: shard, sequence number, sub-sequence number, number of parts, and which of them from 0. */
  part: 'part',
  /** The bytes in base64. */
  bytes: 'bytes',
} as const;

/** Names of the parameters of the statement that closes entries without an event id, beside the function's name. */
export const CLOSE_PARAMETERS = {
  /** One array: the SHA-256 of each payload in base64. */
  payloadHashes: 'payload_hashes',
} as const;
