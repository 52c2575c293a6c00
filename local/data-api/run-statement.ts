import type { BoundStatement } from './bind-parameters.ts';
import type { ColumnMetadata } from './column-metadata.ts';
import { DataApiError } from './data-api-error.ts';
import type { ExecuteStatementRequest } from './data-api-request.ts';
import { describeColumns } from './describe-columns.ts';
import { countRowsUpdated, encodeRows } from './encode-result.ts';
import { ExtendedQuery, type RawResult } from './extended-query.ts';
import type { Session } from './session-pool.ts';

/** Limits of a result, in bytes on the database's wire. */
export interface ResultLimits {
  readonly maxResultBytes: number;
  /** Undefined where rows are not limited on their own. */
  readonly maxRowBytes?: number;
}

/** What a call runs, and how it wants the answer. */
export interface StatementCall {
  readonly statement: BoundStatement;
  readonly request: Pick<ExecuteStatementRequest, 'formatRecordsAs' | 'resultSetOptions' | 'includeResultMetadata'>;
  readonly limits: ResultLimits;
}

/**
 * Runs one statement in a session and renders the answer of `ExecuteStatement` as JSON text.
 *
 * @throws DataApiError if the result is too large or holds what cannot be returned; otherwise what the database throws.
 */
export async function runStatement(session: Session, call: StatementCall): Promise<string> {
  const result = await session.client.query(new ExtendedQuery(call.statement, call.limits)).result;
  return result.fields ? renderRows(session, { ...result, fields: result.fields }, call) : renderCount(result);
}

function renderCount({ commandTag }: RawResult): string {
  return `{"numberOfRecordsUpdated":${countRowsUpdated(commandTag)},"generatedFields":[]}`;
}

async function renderRows(
  session: Session,
  result: RawResult & Required<Pick<RawResult, 'fields'>>,
  { request, limits }: StatementCall,
): Promise<string> {
  const types = await session.types.resolve(
    result.fields.map((field) => field.dataTypeID),
    session.client,
  );
  assertWithinLimits(result, limits);
  const rows = encodeRows({ ...result, types, labels: result.fields.map((field) => field.name) }, request);
  const metadata: readonly ColumnMetadata[] | undefined =
    request.includeResultMetadata && rows.startsWith('"records"')
      ? await describeColumns(result.fields, types, session.client)
      : undefined;
  const described = metadata ? `"columnMetadata":${JSON.stringify(metadata)},` : '';
  // Rows that came back are not counted as changed, also those of INSERT ... RETURNING.
  return `{"numberOfRecordsUpdated":0,${described}${rows}}`;
}

function assertWithinLimits(result: RawResult, { maxResultBytes, maxRowBytes = Infinity }: ResultLimits): void {
  if (result.wireBytes > maxResultBytes) {
    throw new DataApiError('UnsupportedResultException', 'The result exceeds the size limit 1 MB.');
  }
  if (result.largestRowBytes > maxRowBytes) {
    throw new DataApiError('BadRequestException', 'Packet for query is too large');
  }
}
