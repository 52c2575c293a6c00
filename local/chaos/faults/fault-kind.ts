/**
 * Everything that goes wrong on purpose, grouped by where it does.
 *
 * @module
 */

/** What can be wrong with a record, so that it can never succeed. */
export const POISON = {
  'poison-not-json': 'a record that is not JSON',
  'poison-schema': 'a field of the wrong type',
  'poison-large-integer': 'an integer beyond 2^53 in a field whose schema takes only numbers',
  'poison-beyond-64-bits': 'an integer too large for a bigint column',
  'poison-time':
    'a time with an offset where the column has no zone, a relative time such as now, or the day before the month',
  'poison-unknown-airport': 'a lookup key without a row',
  'poison-inherited-name': 'a lookup key such as constructor, which every JavaScript object appears to have',
  'poison-ambiguous-airport': 'a lookup key with two rows',
  'poison-unasked-key': 'an event that uses a reference row without asking for it',
  'poison-projection-throws': 'an event that makes the projection throw',
  'poison-late-rejection': 'a promise in place of a value, which rejects after the engine has looked at it',
  'poison-unstorable-text': 'text that PostgreSQL cannot store',
  'poison-constraint': 'a row that violates a CHECK constraint',
  'poison-own-sqlstate': 'a row that a trigger refuses with an SQLSTATE of its own',
  'poison-too-large': 'an event whose rows do not fit into a request',
  'poison-oversized': 'a payload that does not fit into a request',
} as const;

/** What a record can do to the process. */
export const KILLERS = {
  'kills-by-exit': 'a record that makes the code call process.exit',
  'kills-by-loop': 'a record that sends the code into an endless loop',
  'kills-by-heap': 'a record that makes the code fill the memory',
  'kills-by-unheard-rejection': 'a record that leaves an unhandled promise rejection behind',
} as const;

/** Records and rows that are unusual and yet valid. */
export const ODDITIES = {
  'duplicate-record': 'an event that the producer puts twice',
  'equal-versions': 'an update with the same version as another one',
  'large-integer': 'an integer beyond 2^53',
  'null-version': 'an existing row whose version is NULL',
  'null-counter': 'an existing row whose counters are NULL',
  'newer-row': 'an existing row that is newer than the updates to come',
} as const;

/** What can happen to a call of the Data API. */
export const CALL_FAULTS = {
  'call-slow': 'a slow call',
  'call-throttled': 'a throttled call',
  'call-server-error-before-commit': 'a 500 before the commit',
  'call-unavailable-before-commit': 'a 503 before the commit',
  'call-server-error-after-commit': 'a 500 after the commit',
  'call-dropped-before-commit': 'a connection lost before the commit',
  'call-dropped-after-commit': 'a connection lost after the commit',
  'call-statement-timeout': 'a statement timeout',
  'call-access-denied': 'a call denied by IAM',
  'lookup-failed': 'a lookup that fails',
  'database-resuming': 'a paused cluster that resumes',
  'database-restart': 'a database restart',
  'database-crash': 'a database crash',
  'environment-killed-mid-batch': 'an environment that dies in the middle of a batch',
} as const;

/** What can happen to an invocation. */
export const INVOCATION_FAULTS = {
  'environment-killed-before': 'an environment that dies before it handles its batch',
  'environment-killed-after': 'an environment that dies before it answers',
  'environment-out-of-memory': 'an environment that Lambda kills because it is out of memory',
  'duplicate-delivery': 'a batch that is delivered twice',
} as const;

/** What can happen to the stream while it is read. */
export const STREAM_FAULTS = {
  'shard-split': 'a shard split',
  'shard-merge': 'two shards merged',
  'iterators-expired': 'expired shard iterators',
} as const;

/** What a team does to its own stack and later undoes. */
export const INCIDENTS = {
  'bad-deploy': 'a build that rejects every event, until the next one is deployed',
  'missing-grant': 'a privilege that is revoked for a while',
} as const;

/** Every kind of fault. */
export const FAULTS = {
  ...POISON,
  ...KILLERS,
  ...ODDITIES,
  'quarantine-failed': 'a quarantine entry that the database fails to store',
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
/** One of {@link FAULTS}. */
export type FaultKind = keyof typeof FAULTS;
