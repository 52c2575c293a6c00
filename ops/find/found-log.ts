import { commandOf } from '../../command-line/program-name.ts';
import type { Found } from './fate.ts';
import { logLink } from './log-link.ts';

/** Lines about the log: its query, and where that can be run. */
export function describeLog(found: Found): readonly string[] {
  const query = logQuery(found);
  if (found.isLocal) {
    return [`log         on the terminal of the world, where it was started with \`${commandOf('start')} --verbose\``];
  }
  if (query === undefined) return [`log         ${found.logGroupName}: nothing to search by`];
  return [`log         ${found.logGroupName}: ${query}`, `            ${logLinkOf(found) ?? ''}`];
}

/**
 * Address of the query in the console.
 *
 * @returns undefined in a world on this machine, or where there is nothing to search by
 */
export function logLinkOf(found: Found): string | undefined {
  const { region, logGroupName, isLocal } = found;
  const query = logQuery(found);
  return isLocal || query === undefined
    ? undefined
    : logLink({ region, logGroupName, query, aroundMs: momentOf(found) });
}

/** When something of it was logged for the last time, as far as is known. */
function momentOf({ database: { batch, entries } }: Found): number | undefined {
  const at = entries[0]?.quarantinedAt ?? batch?.committedAt;
  return at === undefined ? undefined : Date.parse(at);
}

/** For Logs Insights, over fields that are indexed. */
function logQuery({ wanted, database: { batch, entries } }: Found): string | undefined {
  const [entry] = entries;
  const fields = {
    eventId: wanted.eventId,
    sequenceNumber: wanted.sequence ?? entry?.sequenceNumber,
    shardId: wanted.shard ?? (entry ?? batch)?.shardId,
  };
  const filters = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${JSON.stringify(value)}`],
  );
  return filters.length === 0 ? undefined : `filter ${filters.join(' or ')} | sort @timestamp desc`;
}
