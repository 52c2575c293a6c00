import { commandOf } from '../../command-line/program-name.ts';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { queryOnce } from '../postgres/query-once.ts';
import type { RunReport } from './run-report.ts';

/** Longest example, in characters: the database has the rest. */
const MAX_EXAMPLE_CHARACTERS = 240;
/** Reasons that are told apart. */
const MAX_REASONS = 10;
/** Entries are a little older than the time that a run took, by the time it asks for them. */
const MARGIN_SECONDS = 5;

interface Example {
  readonly reason: string;
  readonly entries: number;
  readonly detail: string;
}

/**
 * Says for each reason why events were quarantined how many there are, and what is wrong with the first of them. The
 * function's log does not say it, because details may quote the data.
 *
 * @param databaseUrl of the database that the run wrote to
 */
export async function describeQuarantine(databaseUrl: string, report: RunReport): Promise<string> {
  try {
    const rows = await queryOnce<Example>(
      databaseUrl,
      // What does not fit the schema is told apart by its property, with which a detail begins.
      `SELECT reason, count(*)::integer AS entries, (array_agg(detail ORDER BY id))[1] AS detail
       FROM ${FRAMEWORK_TABLES.quarantine}
       WHERE function_name = $1 AND quarantined_at >= now() - make_interval(secs => $2)
       GROUP BY reason, CASE WHEN reason = 'schema' THEN split_part(detail, ':', 1) END
       ORDER BY entries DESC, reason LIMIT ${MAX_REASONS + 1}`,
      [report.function, report.seconds + MARGIN_SECONDS],
    );
    const lines = rows.map(({ reason, entries, detail }) => `  ${reason} (${entries}): ${summarize(detail)}`);
    const more = rows.length > MAX_REASONS ? ['  … and others'] : [];
    return [
      `Quarantined: ${report.quarantined.toLocaleString('en-US')} of ${report.events.toLocaleString('en-US')} events. By reason, with an example:`,
      ...lines.slice(0, MAX_REASONS),
      ...more,
      `  each with its payload: ${commandOf('ops')} redrive --local --payload, while a run with --keep-running is up`,
    ].join('\n');
  } catch {
    // Ctrl-C may have ended the database already.
    return `Why they were quarantined is in ${FRAMEWORK_TABLES.quarantine}, which can no longer be read.`;
  }
}

/**
 * Says of a build that is held because it rejects most events what is wrong with one of them, which the function's log
 * does not say either.
 *
 * @param databaseUrl of the database that the run wrote to
 * @param functionName whose build is held
 * @returns nothing where no event was to blame
 */
export async function describeHeldBuild(databaseUrl: string, functionName: string): Promise<readonly string[]> {
  try {
    const rows = await queryOnce<Omit<Example, 'entries'>>(
      databaseUrl,
      `SELECT reason, detail FROM ${FRAMEWORK_TABLES.fuse}
       WHERE function_name = $1 AND (allowed_at IS NULL OR allowed_at < held_since) ORDER BY held_since DESC LIMIT 1`,
      [functionName],
    );
    return rows.map(({ reason, detail }) => `Rejected, for example: ${reason}: ${summarize(detail)}`);
  } catch {
    return [];
  }
}

/** What is wrong and what to do about it; of a union the branch that the event fits best. */
function summarize(detail: string): string {
  const line = detail
    .split('\n')
    .filter((each) => !each.startsWith('or '))
    .join('; ');
  return line.length <= MAX_EXAMPLE_CHARACTERS ? line : `${line.slice(0, MAX_EXAMPLE_CHARACTERS - 1)}…`;
}
