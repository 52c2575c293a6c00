/**
 * Everything that goes wrong on purpose, by where it does, each with what happens in words.
 *
 * @module
 */

/** What can be wrong with a record, so that it can never succeed. */
export const POISON = {
  'poison-not-json': 'a record that is no JSON',
  'poison-schema': 'a member of the wrong type',
  'poison-large-integer': 'an integer beyond 2^53 where the schema takes numbers only',
  'poison-beyond-64-bits': 'an integer that no bigint column holds',
  'poison-time': 'a time with an offset, a relative one such as now, or one with day and month exchanged',
  'poison-unknown-airport': 'a lookup key without a row',
  'poison-inherited-name': 'a lookup key such as constructor, which every object seems to have',
  'poison-ambiguous-airport': 'a lookup key with two rows',
  'poison-projection-throws': 'an event that the projection throws for',
  'poison-late-rejection': 'a promise, returned where a value belongs, that rejects later',
  'poison-unstorable-text': 'text that PostgreSQL has no form for',
  'poison-constraint': 'a row that a CHECK constraint refuses',
  'poison-own-sqlstate': 'a row that a trigger refuses with a SQLSTATE of its own',
  'poison-too-large': 'rows that exceed a request',
  'poison-oversized': 'a payload that exceeds a request',
} as const;

/** What a record can do to the process. */
export const KILLERS = {
  'kills-by-exit': 'a record that makes the code call process.exit',
  'kills-by-loop': 'a record that the code never comes back from',
  'kills-by-heap': 'a record that fills the memory',
  'kills-by-unheard-rejection': 'a record that leaves a promise behind, which rejects unheard',
} as const;

/** What is unusual about records and rows, and valid all the same. */
export const ODDITIES = {
  'duplicate-record': 'an event that the producer puts twice',
  'equal-versions': 'an update with the version of another one',
  'large-integer': 'an integer beyond 2^53',
  'null-version': 'a row that was there before, without a version',
  'null-counter': 'a row that was there before, with NULL in its counters',
  'newer-row': 'a row that was there before, newer than what comes',
} as const;

/** What can happen to a call of the Data API. */
export const CALL_FAULTS = {
  'call-slow': 'a call that takes its time',
  'call-throttled': 'a call that is throttled',
  'call-server-error-before-commit': 'a 500 before the commit',
  'call-unavailable-before-commit': 'a 503 before the commit',
  'call-server-error-after-commit': 'a 500 after the commit',
  'call-dropped-before-commit': 'a connection lost before the commit',
  'call-dropped-after-commit': 'a connection lost after the commit',
  'call-statement-timeout': 'a statement that takes too long',
  'call-access-denied': 'a call that IAM refuses',
  'lookup-failed': 'a lookup that fails',
  'database-resuming': 'a paused cluster that resumes',
  'database-restart': 'a database that restarts',
  'database-crash': 'a database that crashes',
  'environment-killed-mid-batch': 'an environment that dies in the middle of a batch',
} as const;

/** What can happen to an invocation. */
export const INVOCATION_FAULTS = {
  'environment-killed-before': 'an environment that dies before its batch',
  'environment-killed-after': 'an environment that dies before its answer gets out',
  'environment-out-of-memory': 'an environment that is killed for its memory',
  'duplicate-delivery': 'a batch that is delivered twice',
} as const;

/** What can happen to the stream while it is read. */
export const STREAM_FAULTS = {
  'shard-split': 'a shard that is split',
  'shard-merge': 'two shards that are merged',
  'iterators-expired': 'iterators that expire',
} as const;

/** What a team can do to its own stack, and takes back later. */
export const INCIDENTS = {
  'bad-deploy': 'a build that rejects every event, followed by another build',
  'missing-grant': 'a privilege that is revoked for a while',
} as const;

/** Every kind of fault, with what happens. */
export const FAULTS = {
  ...POISON,
  ...KILLERS,
  ...ODDITIES,
  'quarantine-failed': 'an entry of the quarantine that the database can not store',
  ...CALL_FAULTS,
  ...INVOCATION_FAULTS,
  ...STREAM_FAULTS,
  ...INCIDENTS,
} as const;

/** Names of an object's members, with their type. */
export function kindsOf<Kind extends string>(kinds: Readonly<Record<Kind, unknown>>): readonly Kind[] {
  return Object.keys(kinds) as Kind[];
}

/** One of {@link POISON}. */
export type PoisonKind = keyof typeof POISON;
/** One of {@link KILLERS}. */
export type KillerKind = keyof typeof KILLERS;
/** One of {@link CALL_FAULTS}. */
export type CallFaultKind = keyof typeof CALL_FAULTS;
/** One of {@link INVOCATION_FAULTS}. */
export type InvocationFaultKind = keyof typeof INVOCATION_FAULTS;
/** One of {@link STREAM_FAULTS}. */
export type StreamFaultKind = keyof typeof STREAM_FAULTS;
/** One of {@link INCIDENTS}. */
export type IncidentKind = keyof typeof INCIDENTS;
/** One of {@link FAULTS}. */
export type FaultKind = keyof typeof FAULTS;
