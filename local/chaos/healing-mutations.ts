/** Mutations of what waits, of lookups of the projection's own rows, and of keys that come from other rows. */
export const HEALING_MUTATIONS = {
  'nothing-is-tried-again': {
    says: 'waiting entries are not retried',
    edits: { 'processor/retry-entries.ts': [['groups < maxGroups &&', 'groups < 0 * maxGroups &&']] },
    profile: 'healing',
  },
  'healing-has-no-end': {
    says: 'waiting entries are retried even after their time is over',
    edits: {
      'processor/quarantine/data-api-waiting-entries.ts': [
        ['retry_at <= now() AND heal_until > now()', 'retry_at <= now()'],
      ],
    },
    profile: 'healing',
  },
  'a-vain-try-ends-it': {
    says: 'an entry is open after one failed retry',
    edits: {
      'processor/quarantine/data-api-waiting-entries.ts': [['v->>1 IS NULL OR (v->>4)::boolean', 'v->>1 IS NULL']],
    },
    profile: 'healing',
  },
  'orphans-are-final': {
    says: 'an event whose parent row is missing does not wait',
    edits: {
      'processor/write/write-items.ts': [['const mayHeal = sqlState === MISSING_PARENT;', 'const mayHeal = false;']],
    },
    profile: 'healing',
  },
  'batches-have-one-round': {
    says: 'an event does not wait for the rows that the events before it write',
    edits: { 'processor/lookup/own-rows.ts': [['this.#follows(item) || this.#looksAtChanges(item, n)', 'false']] },
    profile: 'healing',
  },
  'later-events-overtake': {
    says: 'an event does not wait for one of its partition key that waits',
    edits: {
      'processor/lookup/own-rows.ts': [
        ["(item.kind === 'event' && this.#partitionKeys.has(", "(item.kind !== 'event' && this.#partitionKeys.has("],
      ],
    },
    profile: 'healing',
  },
  'absent-rows-are-kept': {
    says: 'what waits is tried with what the cache knows of rows that were not there',
    edits: { 'processor/batch-rounds.ts': [['isRetry ? withoutAbsent(engine.lookupCache) :', '']] },
    profile: 'healing',
  },
  'chains-have-one-link': {
    says: 'keys that come from the rows of other lookups are not read',
    edits: { 'processor/lookup/resolve-lookups.ts': [['if (!isUnfinished) return', 'if (level > 0) return']] },
    profile: 'healing',
  },
  'large-payloads-are-cut': {
    says: 'of a payload that is read in slices only the first is tried',
    edits: {
      'processor/quarantine/data-api-waiting-entries.ts': [['from < bytes; from +=', 'from < 1; from +=']],
    },
    profile: 'healing',
  },
} as const;
