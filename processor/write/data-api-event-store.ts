import { CLOSE_UNIDENTIFIED_SQL, STORE_PART_SQL } from '../quarantine/compile-quarantine.ts';
import { FRAMEWORK_SCHEMA } from '../../contract/framework-tables.ts';
import { parameterTexts } from '../../data-api/statement-body.ts';
import type { EventStore, WriteCounts } from '../ports.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';
import { withJsonParameters } from './compile-write.ts';
import type { Field } from '@aws-sdk/client-rds-data';
import type { ExecuteStatement } from '../../data-api/execute.ts';

const MISSING_PARENTS_SQL = `
SELECT n, message FROM ${FRAMEWORK_SCHEMA}.missing_parents(:statement::text, :events::jsonb)`;

/** The statements that the store runs, compiled once per projection. */
export interface WriteStatements {
  /** Writes a chunk without rejections. */
  readonly writeSql: string;
  /** The same for a chunk that has some. */
  readonly writeWithRejectionsSql: string;
}

/**
 * Commits chunks through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param statements which return one row: `written`, `superseded`, `quarantined`, `unidentified`, `due` and `existing`
 */
export function createDataApiEventStore(
  execute: ExecuteStatement,
  { writeSql, writeWithRejectionsSql }: WriteStatements,
): EventStore {
  const explainSql = `EXPLAIN ${writeSql}`;
  const eachSql = withJsonParameters(writeSql);
  return {
    write: async (parameters, options) => {
      const sql = WRITE_PARAMETERS.quarantine in parameters ? writeWithRejectionsSql : writeSql;
      const { rows } = await execute(sql, parameters, options);
      return readCounts(rows[0] ?? []);
    },
    missingParents: async (parameters, options) => {
      const events = JSON.stringify(parameters.map(parameterTexts));
      const { rows } = await execute(MISSING_PARENTS_SQL, { statement: eachSql, events }, options);
      return new Map(rows.map(([n, message]) => [n?.longValue ?? 0, message?.stringValue ?? '']));
    },
    storePart: async (parameters, options) => {
      await execute(STORE_PART_SQL, parameters, options);
    },
    closeUnidentified: async (parameters, options) => {
      await execute(CLOSE_UNIDENTIFIED_SQL, parameters, options);
    },
    explain: async (parameters, options) => {
      await execute(explainSql, parameters, options);
    },
  };
}

function readCounts(fields: readonly Field[]): WriteCounts {
  const [written = 0, superseded = 0, quarantined = 0, , , existing = 0] = fields.map(({ longValue }) => longValue);
  const [, , , hasUnidentified = false, hasDue = false] = fields.map(({ booleanValue }) => booleanValue);
  return { written, superseded, existing, quarantined, hasUnidentified, hasDue };
}
