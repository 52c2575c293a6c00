import { DataApiError } from './data-api-error.ts';
import type { ExecuteStatementRequest } from './data-api-request.ts';
import { createValueEncoder, type ValueEncoder, type ValueForms } from './encode-value.ts';
import type { RawResult } from './extended-query.ts';
import type { PgType } from './pg-type.ts';

/** What shapes an answer: the wishes of the call and the forms that the server gives values. */
export type ResultShape = Pick<ExecuteStatementRequest, 'formatRecordsAs' | 'resultSetOptions'> & {
  readonly forms: ValueForms;
};

/** A row-returning result with the type of each column. */
export interface TypedResult extends RawResult {
  readonly labels: readonly string[];
  readonly types: readonly PgType[];
}

/** Largest `formattedRecords`, in bytes. {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html} */
const MAX_FORMATTED_BYTES = 10 * 1024 * 1024;

/** The number at the end of a command tag: `INSERT 0 3`, `UPDATE 3`, `SELECT 3`. */
const TAG_COUNT = / (\d+)$/;

/** Rows a statement without a result set changed; 0 for one that changes none, such as DDL. */
export function countRowsUpdated(commandTag: string): number {
  return Number(TAG_COUNT.exec(commandTag)?.[1] ?? 0);
}

/**
 * The members of the answer that carry rows, as JSON text: `"records":[...]`, or `"formattedRecords":"..."` for a
 * SELECT that asked for JSON; other statements with rows ignore that wish.
 *
 * @throws DataApiError for a type or value that cannot be returned.
 */
export function encodeRows(result: TypedResult, shape: ResultShape): string {
  const json = shape.formatRecordsAs === 'JSON' && result.commandTag.startsWith('SELECT');
  const options = { ...shape.resultSetOptions, ...shape.forms, bareArrays: json };
  // A type that cannot be returned is only met with a row: a result without rows describes any type.
  const types = result.rows.length === 0 ? [] : result.types;
  const encoders = types.map((type) => createValueEncoder(type, options));
  return json ? formatRecords(result, encoders) : listRecords(result, encoders);
}

function listRecords({ rows }: TypedResult, encoders: readonly ValueEncoder[]): string {
  const records = rows.map((row) => {
    const fields = encoders.map((encode, column) => {
      const text = row[column] ?? null;
      if (text === null) return '{"isNull":true}';
      const { member, json } = encode(text);
      return `{"${member}":${json}}`;
    });
    return `[${fields.join(',')}]`;
  });
  return `"records":[${records.join(',')}]`;
}

function formatRecords({ rows, labels }: TypedResult, encoders: readonly ValueEncoder[]): string {
  assertDistinct(labels);
  const keys = labels.map((label) => JSON.stringify(label));
  const records = rows.map((row) => {
    const members = encoders.map((encode, column) => {
      const text = row[column] ?? null;
      return `${keys[column] ?? ''}:${text === null ? 'null' : encode(text).json}`;
    });
    return `{${members.join(',')}}`;
  });
  const formatted = `[${records.join(',')}]`;
  if (Buffer.byteLength(formatted) > MAX_FORMATTED_BYTES) {
    throw new DataApiError('BadRequestException', 'Database returned more than the allowed response size limit');
  }
  return `"formattedRecords":${JSON.stringify(formatted)}`;
}

function assertDistinct(labels: readonly string[]): void {
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice === undefined) return;
  throw new DataApiError(
    'BadRequestException',
    `The result set contains duplicate column labels: ${twice}. Use a different alias for each column to format records as JSON.`,
  );
}
