import { DATA_API_MAX_SQL_CHARACTERS } from '../contract/limits.ts';
import type { Decoding } from './decode/decode-event.ts';
import { compileLookup } from './lookup/compile-lookup.ts';
import { compileWrite } from './write/compile-write.ts';
import { createRowEncoder } from './project/encode-rows.ts';
import { healForSeconds } from './quarantine/heal-for.ts';
import type { Lookups } from './lookup/declare-lookup.ts';
import type { OwnLookup } from './lookup/own-rows.ts';
import { ownLookupsOf } from './lookup/own-rows.ts';
import type { LookupPlan } from './lookup/lookup-keys.ts';
import type { ProjectionStep } from './project/project-items.ts';
import { givenTables, rowSourcesOf } from './tables/table-kind.ts';
import { ownLedgerOf } from './tables/inserts.ts';
import type { AnyProjection } from './projection.ts';
import { ProjectionError } from './projection.ts';
import { memberName } from './user-values.ts';

/** A projection as the engine sees it, with its types erased. */
export interface ErasedProjection extends Omit<AnyProjection, 'eventId' | 'lookupKeys' | 'project'> {
  readonly eventId: Decoding['eventId'];
  readonly lookupKeys: LookupPlan['lookupKeys'];
  readonly project: ProjectionStep['project'];
}

/** A projection with everything prepared that does not depend on a batch. */
export interface CompiledProjection {
  readonly projection: ErasedProjection;
  readonly step: ProjectionStep;
  /** The statement that writes a chunk without rejections, as nearly all are. */
  readonly writeSql: string;
  /** The same for a chunk that has rejections. */
  readonly writeWithRejectionsSql: string;
  /** Number of tables that events give rows for. */
  readonly tableCount: number;
  /** Tables that refuse a row whose key is there already. */
  readonly refusingTables: readonly string[];
  /** The statement that reads all lookups; `undefined` when there are none. */
  readonly lookupSql: string | undefined;
  /** Lookups on tables that the projection writes. */
  readonly ownLookups: readonly OwnLookup[];
  /** How long an event that may heal is tried again; 0 for not at all. */
  readonly healForSeconds: number;
  /** Bytes of a request, of either statement, that are there whatever it carries. */
  readonly fixedRequestBytes: number;
}

/** Headers, ARNs and the batch log entry: what was measured, plus the longest possible list of skip reasons. */
const ENVELOPE_BYTES = 8 * 1024;
/** Name and notation of one parameter. */
const PARAMETER_BYTES = 64;

/**
 * Compiles a projection once, when the function starts.
 *
 * @throws {@link ProjectionError} when a statement is longer than the Data API takes
 */
export function compileProjection(declared: AnyProjection): CompiledProjection {
  const { tables, ledger, project } = declared as ErasedProjection;
  const ownLookups = ownLookupsOf(tables, declared.lookups);
  const lookups = withFresh(declared.lookups, ownLookups);
  const projection = { ...declared, lookups } as ErasedProjection;
  const writeWithRejectionsSql = compileWrite({ tables, ledger }, { withRejections: true });
  const lookupSql = compileLookup(lookups);
  const problems = [...lengthProblems('tables', writeWithRejectionsSql), ...lengthProblems('lookups', lookupSql ?? '')];
  if (problems.length > 0) throw new ProjectionError(problems);
  const given = givenTables(tables);
  const tableCount = given.length;
  const parameters = tableCount + Object.keys(lookups).length;
  const ownLedger = ownLedgerOf(tables, ledger);
  return {
    projection,
    step: {
      lookups,
      project,
      encoders: given.map(([name, table]) => createRowEncoder(name, table)),
      rowSources: rowSourcesOf(tables),
      ownLedger: ownLedger && {
        table: memberName(ownLedger.table),
        keyColumn: memberName(ownLedger.keyColumn),
      },
    },
    writeSql: compileWrite({ tables, ledger }),
    writeWithRejectionsSql,
    lookupSql,
    ownLookups,
    healForSeconds: healForSeconds(declared.healFor) ?? 0,
    tableCount,
    refusingTables: given
      .filter(([name, { uniqueKey }]) => uniqueKey.length === 0 && name !== ledger)
      .map(([name]) => name),
    fixedRequestBytes:
      Math.max(bytesInRequest(writeWithRejectionsSql), bytesInRequest(lookupSql ?? '')) +
      ENVELOPE_BYTES +
      parameters * PARAMETER_BYTES,
  };
}

/** Rows of a table that the projection writes are never cached: other environments write it too. */
function withFresh(lookups: Lookups, ownLookups: readonly OwnLookup[]): Lookups {
  const own = new Set(ownLookups.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(lookups).map(([name, lookup]) => [name, own.has(name) ? { ...lookup, fresh: true } : lookup]),
  );
}

function lengthProblems(part: string, sql: string): string[] {
  return sql.length <= DATA_API_MAX_SQL_CHARACTERS
    ? []
    : [
        `\`${part}\` must compile to at most ${DATA_API_MAX_SQL_CHARACTERS} characters of SQL, got ${sql.length}; split the projection`,
      ];
}

/** SQL has line ends, which take two bytes in JSON as quotes do. */
function bytesInRequest(sql: string): number {
  return Buffer.byteLength(JSON.stringify(sql));
}
