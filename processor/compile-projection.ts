import { compileWrite } from './core/compile-write.ts';
import { createRowEncoder, escapedBytes } from './core/encode-rows.ts';
import type { ProjectionStep } from './core/project-items.ts';
import type { Projection } from './projection.ts';

/** A projection with everything prepared that does not depend on a batch. */
export interface CompiledProjection {
  readonly projection: Projection;
  readonly step: ProjectionStep;
  /** The statement that writes a chunk. */
  readonly writeSql: string;
  readonly tableCount: number;
  /** Bytes of a request that are there whatever the chunk holds. */
  readonly fixedRequestBytes: number;
}

/** Headers, ARNs and the names around the parameters: twice what was seen, and nothing against 4 MiB. */
const ENVELOPE_BYTES = 8 * 1024;

/** Compiles a projection once, when the function starts. */
export function compileProjection(projection: Projection): CompiledProjection {
  const { tables, ledger, lookups, project } = projection;
  const ledgerTable = ledger === undefined ? undefined : tables[ledger];
  const keyColumn = ledgerTable?.kind === 'insert' ? ledgerTable.key[0] : undefined;
  const writeSql = compileWrite({ tables, ledger });
  return {
    projection,
    step: {
      lookups,
      project,
      encoders: Object.entries(tables).map(([name, table]) => createRowEncoder(name, table)),
      ownLedger: ledger === undefined || keyColumn === undefined ? undefined : { table: ledger, keyColumn },
    },
    writeSql,
    tableCount: Object.keys(tables).length,
    fixedRequestBytes: escapedBytes(writeSql) + ENVELOPE_BYTES,
  };
}
