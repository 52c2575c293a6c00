import { escapeLiteral } from 'pg';
import type { BoundStatement } from './bind-parameters.ts';
import { describeColumns, type ColumnMetadata } from './column-metadata.ts';
import { DataApiError } from './data-api-error.ts';
import type { ExecuteStatementRequest } from './data-api-request.ts';
import { countRowsUpdated, encodeRows } from './encode-result.ts';
import type { ValueForms } from './encode-value.ts';
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
  /** Limits and forms that hold for every result of the server. */
  readonly options: ResultLimits & ValueForms;
}

/**
 * Runs one statement in a session and renders the answer of `ExecuteStatement` as JSON text.
 *
 * @throws DataApiError if the result is too large or holds what cannot be returned; otherwise what the database throws.
 */
export async function runStatement(session: Session, call: StatementCall): Promise<string> {
  const result = await session.client.query(new ExtendedQuery(call.statement, call.options)).result;
  return result.fields ? renderRows(session, { ...result, fields: result.fields }, call) : renderCount(result);
}

function renderCount({ commandTag }: RawResult): string {
  return `{"numberOfRecordsUpdated":${countRowsUpdated(commandTag)},"generatedFields":[]}`;
}

async function renderRows(
  session: Session,
  result: RawResult & Required<Pick<RawResult, 'fields'>>,
  { request, options }: StatementCall,
): Promise<string> {
  const types = await session.types.resolve(
    result.fields.map((field) => field.dataTypeID),
    session.client,
  );
  assertWithinLimits(result, options);
  const labels = result.fields.map((field) => field.name);
  const rows = encodeRows({ ...result, types, labels }, { ...request, forms: options });
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

/**
 * Runs the statements of a batch, the same text with each of its parameter sets, one after the other. Renders the
 * answer of `BatchExecuteStatement` as JSON text: on PostgreSQL it says neither which rows came back nor how many
 * were changed. The first error ends it.
 */
export async function runBatch(session: Session, statements: readonly BoundStatement[]): Promise<string> {
  let parsedTypes: string | undefined;
  for (const bound of statements) {
    const types = bound.types.join();
    const query = new ExtendedQuery(bound, { maxResultBytes: 0, alreadyParsed: types === parsedTypes });
    await session.client.query(query).result;
    parsedTypes = types;
  }
  return `{"updateResults":[${statements.map(() => '{"generatedFields":[]}').join(',')}]}`;
}

/**
 * Lifts the statement timeout for a call with `continueAfterTimeout`, and puts it back before the next call without
 * it: only then, because a savepoint that is rolled back to brings the lifted one back. A timeout that the
 * transaction's own SQL has set stays. `SHOW` and `SET` take no snapshot, so that a transaction may still choose
 * its isolation level afterwards.
 */
export async function applyStatementTimeout(session: Session, isLifted: boolean): Promise<void> {
  const { client } = session;
  // An aborted transaction takes nothing but its end, or a way back to a savepoint.
  if (client.getTransactionStatus() === 'E' || (!isLifted && session.liftedTimeout === undefined)) return;
  const { rows } = await client.query<{ statement_timeout: string }>('SHOW statement_timeout');
  const current = rows[0]?.statement_timeout ?? '';
  if ((current === '0') === isLifted) return;
  if (isLifted) session.liftedTimeout = current;
  const wanted = isLifted ? '0' : escapeLiteral(session.liftedTimeout ?? '');
  await client.query(`SET statement_timeout = ${wanted}`);
}
