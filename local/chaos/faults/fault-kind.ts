/**
 * Everything that goes wrong on purpose, by where it does.
 *
 * @module
 */

/** What can be wrong with a record, so that it can never succeed. */
export const POISON_KINDS = [
  'poison-not-json',
  'poison-schema',
  'poison-unknown-airport',
  'poison-projection-throws',
  'poison-unstorable-text',
  'poison-constraint',
  'poison-too-large',
  'poison-oversized',
] as const;

/** What can happen to a call of the Data API. */
export const CALL_FAULT_KINDS = [
  'call-slow',
  'call-throttled',
  'call-server-error-before-commit',
  'call-unavailable-before-commit',
  'call-server-error-after-commit',
  'call-dropped-before-commit',
  'call-dropped-after-commit',
  'call-statement-timeout',
  'call-access-denied',
  'lookup-failed',
  'database-resuming',
  'database-restart',
  'database-crash',
  'environment-killed-mid-batch',
] as const;

/** What can happen to an invocation. */
export const INVOCATION_FAULT_KINDS = [
  'environment-killed-before',
  'environment-killed-after',
  'environment-out-of-memory',
  'duplicate-delivery',
] as const;

/** What can happen to the stream while it is read. */
export const STREAM_FAULT_KINDS = ['shard-split', 'shard-merge', 'iterators-expired'] as const;

/** Every kind of fault. */
export const FAULT_KINDS = [
  ...POISON_KINDS,
  'duplicate-record',
  'quarantine-failed',
  ...CALL_FAULT_KINDS,
  ...INVOCATION_FAULT_KINDS,
  ...STREAM_FAULT_KINDS,
] as const;

/** One of {@link POISON_KINDS}. */
export type PoisonKind = (typeof POISON_KINDS)[number];
/** One of {@link CALL_FAULT_KINDS}. */
export type CallFaultKind = (typeof CALL_FAULT_KINDS)[number];
/** One of {@link INVOCATION_FAULT_KINDS}. */
export type InvocationFaultKind = (typeof INVOCATION_FAULT_KINDS)[number];
/** One of {@link STREAM_FAULT_KINDS}. */
export type StreamFaultKind = (typeof STREAM_FAULT_KINDS)[number];
/** One of {@link FAULT_KINDS}. */
export type FaultKind = (typeof FAULT_KINDS)[number];
