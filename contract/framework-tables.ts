/**
 * Names of the tables that the framework keeps beside the user's own: the migrations create them, the processor
 * writes them, the watchdog and the operator commands read them.
 *
 * @module
 */

/** Schema that holds all framework tables. */
export const FRAMEWORK_SCHEMA = 'event_processor';

/** Framework tables, qualified and ready for SQL text. */
export const FRAMEWORK_TABLES = {
  /** One row per event in effect: the reason why a second delivery changes nothing. */
  ledger: `${FRAMEWORK_SCHEMA}.ledger`,
  /** One row per event set aside, with its full payload and the reason. */
  quarantine: `${FRAMEWORK_SCHEMA}.quarantine`,
  /** Parts of payloads too large for one request, for as long as the write that needs them is under way. */
  quarantinePart: `${FRAMEWORK_SCHEMA}.quarantine_part`,
  /** Append-only: one row per committed write, with the stretch of the shard it covers. */
  batchLog: `${FRAMEWORK_SCHEMA}.batch_log`,
  /** One row per build whose rejections are held: why, since when, and what an operator has allowed. */
  fuse: `${FRAMEWORK_SCHEMA}.fuse`,
  /** Records that are being worked on by an environment's first invocation: what is left behind tells of a crash. */
  inFlight: `${FRAMEWORK_SCHEMA}.in_flight`,
  /** One row per key whose row was removed, or created lately: what keeps older events from bringing a row back. */
  tombstone: `${FRAMEWORK_SCHEMA}.tombstone`,
  /** One row per position that the processor holds: where a lane stands, since when, and why. */
  heldPosition: `${FRAMEWORK_SCHEMA}.held_position`,
  /** One row per function: the deployment that writes its rows in this database. */
  deployment: `${FRAMEWORK_SCHEMA}.deployment`,
  /** One row per privilege that the migrations step has granted on a table of a projection. */
  tableGrant: `${FRAMEWORK_SCHEMA}.table_grant`,
  /** One row per applied migration, with its checksum. */
  migrations: `${FRAMEWORK_SCHEMA}.migrations`,
} as const;
